"""Invented townships, villages, schools and colleges of the sample county."""

from __future__ import annotations

from random import Random

from sync_server.sample.model import COUNTY, share_out

STREET = "槐荫街道"
TOWNSHIPS = (
    "柳泉镇",
    "枣坪镇",
    "梧井镇",
    "鹤原镇",
    "榆津镇",
    "丹谷镇",
    "麦坡镇",
    "沙堰镇",
    "青棠镇",
    "云岫镇",
    "茅岭镇",
    "望川镇",
    "荷塘镇",
    "石磨镇",
    "南桐镇",
    "竹溪镇",
)
COUNTY_SCHOOLS = (
    "第一高级中学",
    "第二高级中学",
    "第三初级中学",
    "职业技术学校",
    "东街小学",
    "槐荫小学",
    "教师进修学校",
    "特殊教育学校",
)
# The demo's phones belong to the two smallest schools, so their size and names are fixed.
SMALLEST = {f"{COUNTY}特殊教育学校": 61, f"{COUNTY}第二高级中学": 65}

COLLEGES = (
    "槐川师范学院",
    "渭原理工大学",
    "灞陵医学院",
    "岐阳农业大学",
    "雍南财经学院",
    "丹水交通职业技术学院",
    "凤原科技职业学院",
    "北塬工程大学",
    "终南语言大学",
)

_VILLAGE_HEADS = ("东", "西", "南", "北", "上", "下", "大", "小", "前", "后")
_VILLAGE_CLANS = "李王张刘陈杨赵周吴孙马郭何高罗郑梁谢宋唐许韩冯董曹袁邓田石姚"
_VILLAGE_TAILS = ("洼", "堡", "塬", "庄", "沟", "寨", "坡", "湾", "窑", "桥")


def schools() -> list[tuple[str, str]]:
    """Return (school, township) of all 24: sixteen central schools, then eight county schools."""
    central = [(f"{township}中心校", township) for township in TOWNSHIPS]
    return central + [(COUNTY + name, STREET) for name in COUNTY_SCHOOLS]


def sizes(people: int, rng: Random) -> dict[str, int]:
    """Return how many people each school has: the two smallest are fixed, the rest drawn."""
    rest = [(name, township) for name, township in schools() if name not in SMALLEST]
    floor = max(SMALLEST.values()) + 4
    weights = [
        rng.randrange(2, 14) if township == STREET else rng.randrange(45, 110)
        for _, township in rest
    ]
    shares = share_out(people - sum(SMALLEST.values()) - floor * len(rest), weights, rng)
    return SMALLEST | {name: floor + share for (name, _), share in zip(rest, shares, strict=True)}


def villages(rng: Random) -> dict[str, list[str]]:
    """Return twelve to eighteen villages for each township."""
    found: dict[str, list[str]] = {}
    for township in (*TOWNSHIPS, STREET):
        names: set[str] = set()
        while len(names) < 18:
            names.add(
                f"{rng.choice(_VILLAGE_HEADS)}{rng.choice(_VILLAGE_CLANS)}{rng.choice(_VILLAGE_TAILS)}村"
            )
        found[township] = rng.sample(sorted(names), rng.randrange(12, 19))
    found[TOWNSHIPS[0]][0] = "东李洼村"
    return found
