"""Make names by chance, and list those that break software: rare characters, 复姓, the dot ·."""

from __future__ import annotations

from random import Random

# (name, male): 㛃 and 䶮 lie in CJK Extension A, 𬱖 in Extension E beyond the BMP; · is U+00B7.
RARE: tuple[tuple[str, bool], ...] = (
    ("王㛃", False),
    ("李䶮", True),
    ("欧阳静宜", False),
    ("陈喆", True),
    ("张𬱖", False),
    ("阿依古丽·买买提", False),
    ("司马明远", True),
    ("刘堃", True),
    ("古丽巴哈尔·阿不都热依木", False),
)

_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗" * 3
    + "梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟"
    + "汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
_COMPOUND = ("欧阳", "司马", "上官", "令狐", "诸葛", "尉迟")
_MALE = "伟强磊军勇涛斌鹏超杰辉刚波宁浩凯建飞龙宇博明远志文东海成阳旭昊轩"
_FEMALE = "芳娜敏静丽艳娟霞玲桂兰梅红玉洁雪婷颖琳佳欣雨蕾莉春菊慧怡诗涵梦萍"
_DOTTED_MOTHERS = ("帕提古丽·吐尔逊", "热娜·卡德尔", "玛依拉·艾山")
_BOTH = "晨晓子一新思嘉天安宁和平永世家国荣林江河山秀云清"


def surname(rng: Random) -> str:
    """Return a surname of one character, or rarely (1 in 150) of two."""
    return rng.choice(_COMPOUND) if rng.randrange(150) == 0 else rng.choice(_SURNAMES)


def given_name(rng: Random, male: bool) -> str:
    """Return a given name of one or two different characters."""
    own = _MALE if male else _FEMALE
    last = rng.choice(own)
    if rng.randrange(10) < 3:
        return last
    first = rng.choice((own + _BOTH).replace(last, ""))
    return first + last


def family_name(name: str) -> str:
    """Return the surname a relative would share; after a dot stands the father's name."""
    if "·" in name:
        return name.split("·")[1]
    return name[:2] if name[:2] in _COMPOUND else name[:1]


def parent_name(rng: Random, child: str, male: bool) -> str:
    """Return a parent's name: a father usually shares the child's surname, a mother rarely.

    For names with a dot the father's own name is in front of it.
    """
    if "·" in child:
        return f"{family_name(child)}·热合曼" if male else rng.choice(_DOTTED_MOTHERS)
    same = rng.randrange(20) < (19 if male else 1)
    return (family_name(child) if same else surname(rng)) + given_name(rng, male)
