"""Names, ID numbers, phones and addresses of the bank's list: normalised, checked, masked.

Never guessed.

Rules and their sources: docs/sources.md#masking and docs/sources.md#id-numbers. A failed check is a
warning with a code of `shared.problems`, not a refusal: the bank's data wins.
"""

from __future__ import annotations

import re
from datetime import date
from operator import mul

_WIDE = {0xFF01 + i: 0x21 + i for i in range(94)}
_BLANKS = r"[\s\u200b-\u200d\u2060\ufeff]+"
_BLANK = re.compile(_BLANKS)
_EDGES = re.compile(rf"^{_BLANKS}|{_BLANKS}$")
# Han with every extension; the private use area too, where old GBK fonts keep rare characters.
_HAN = r"[\u3007\u3400-\u4dbf\u4e00-\u9fff\ue000-\uf8ff\uf900-\ufaff\U00020000-\U000323af]"
_DOT = re.compile(rf"(?<={_HAN})[\s]*[·•‧・．.∙⋅･][\s]*(?={_HAN})")

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # docs/sources.md#id-numbers
_CHECKS = "10X98765432"

_MOBILE = re.compile(r"1[3-9][0-9]{9}")
# Numbers in use (docs/sources.md#mobile-numbers): a warning only, ranges grow.
_STRICT = re.compile(r"1(?:3[0-9]|4[0145-9]|5[0-35-9]|6[2567]|7[0-8]|8[0-9]|9[0-35-9])[0-9]{8}")
# 010 and 02x are the three-digit area codes.
_LANDLINE = re.compile(r"(010|02[0-9]|0[3-9][0-9]{2})-?([0-9]{7,8})(?:-([0-9]{1,6}))?")
_NUMBERS = re.compile(r"(?<![0-9])(?:[0-9]{17}[0-9Xx]|[0-9]{15}|1[3-9][0-9]{9})(?![0-9Xx])")
_PHONE_SPLIT = re.compile(r"[、/;,\n|]+")

COMPOUND_SURNAMES = frozenset(
    re.findall(
        "..",
        "欧阳太史端木上官司马东方独孤南宫万俟闻人夏侯诸葛尉迟公羊赫连澹台皇甫宗政濮阳公冶太叔申屠公孙慕容"
        "仲孙钟离长孙宇文司徒鲜于司空闾丘子车亓官司寇巫马公西颛孙壤驷公良漆雕乐正宰父谷梁拓跋夹谷轩辕令狐"
        "段干百里呼延东郭南门羊舌微生梁丘左丘东门西门第五公户公玉公仪贺兰纳兰完颜耶律叱干歐陽司馬諸葛",
    )
)

# 省/市/县 before the township. 镇 and 乡 belong to a county's name only at its start or before
# 市县区 (镇安县, 萍乡市).
_PART = r"镇?(?:[^镇乡村街社\s\d]|[镇乡](?=[市县区])){1,9}?"
_ADDRESS = re.compile(
    rf"(?P<county>(?:{_PART}(?:省|自治区))?(?:{_PART}(?:自治州|市|地区))?(?:{_PART}(?:县|(?<!小)区|旗(?!镇)|市))?)"
    r"(?:(?P<township>(?:[^\s\d村]|村(?=[镇乡街])){1,12}?(?:镇|乡|街道|苏木))(?:办事处|办)?)?"
    r"(?:(?P<village>[^\s\d]{1,15}?(?:村社区|村{1,2}|社区|嘎查))|(?P<street>[^\s\d]{1,10}?(?:大道|路|街|巷)))?"
)


def normalise_name(text: str) -> str:
    """Return a name without blanks at its ends and with U+00B7 between its Han parts.

    Rare characters stay as they are: no Unicode normalisation, which would change some.
    """
    return _DOT.sub("·", _EDGES.sub("", text))


def normalise_id(text: str) -> str:
    """Return an ID number half-width, without blanks and Excel's leading apostrophe, x as X."""
    if text.isascii() and text.isalnum():
        return text.replace("x", "X")
    return _BLANK.sub("", text.translate(_WIDE)).lstrip("'‘’`").replace("x", "X")


def check_id(text: str) -> tuple[str, ...]:
    """Return the problem codes of an ID number, none when it is valid.

    They are `id.length` (neither 18 nor 15), `id.characters`, `id.date_invalid`, `id.checksum`. The
    area code is never judged: people move and codes change.
    """
    number = normalise_id(text)
    if len(number) not in (15, 18):
        return ("id.length",)
    if not re.fullmatch(r"[0-9]{15}(?:[0-9]{2}[0-9X])?", number):
        return ("id.characters",)
    born = f"19{number[6:12]}" if len(number) == 15 else number[6:14]
    found = [] if _is_day(born) else ["id.date_invalid"]
    if len(number) == 18 and id_check_digit(number[:17]) != number[17]:
        found.append("id.checksum")
    return tuple(found)


def identifies(text: str) -> bool:
    """Return whether an ID number tells one person from all others.

    It passes every check and is not a placeholder, such as `111111111111111`, which passes as a
    number of the first generation.
    """
    return not check_id(text) and len(set(normalise_id(text))) > 2


def whole_id(text: str) -> str:
    """Return an ID number that identifies in its 18-digit form, "" for any other text."""
    if not identifies(text):
        return ""
    number = normalise_id(text)
    return to_18(number) if len(number) == 15 else number


def id_check_digit(first17: str) -> str:
    """Return the last character of an 18-digit number (GB 11643-1999).

    Raises:
        ValueError: Unless given 17 digits.

    """
    if not re.fullmatch(r"[0-9]{17}", first17):
        raise ValueError("an ID number's check digit needs 17 digits")
    return _CHECKS[sum(map(mul, _WEIGHTS, map(int, first17))) % 11]


def to_18(id15: str) -> str:
    """Return the 18-digit form of a first-generation number.

    "19" before the year, check digit at the end.

    Raises:
        ValueError: Unless given 15 digits.

    """
    if not re.fullmatch(r"[0-9]{15}", id15):
        raise ValueError("a first-generation ID number has 15 digits")
    first17 = f"{id15[:6]}19{id15[6:]}"
    return first17 + id_check_digit(first17)


def parse_phones(text: str) -> tuple[str, ...]:
    """Return the numbers in a cell, each once, in order.

    Mobiles as 11 digits, landlines as `0913-1234567`.

    Split at 、 / ; ， and line ends; +86, blanks and dashes are removed. A mobile inside words
    (`(母)13…`) is taken out of them; digits that are neither stay as written; words without a digit
    are dropped.
    """
    found: list[str] = []
    for part in _PHONE_SPLIT.split(text.translate(_WIDE).replace("、", "/")):
        found += _numbers(part)
    return tuple(dict.fromkeys(found))


def is_mobile(text: str) -> bool:
    """Return whether text is a bare mobile number, leniently: 1, then 3 to 9, eleven digits."""
    return _MOBILE.fullmatch(text) is not None


def is_strict_mobile(text: str) -> bool:
    """Return whether its prefix is known to be in use; for warnings only."""
    return _STRICT.fullmatch(text) is not None


def mask_name(text: str) -> str:
    """Return the first character and `*`; both of a compound surname.

    The first part of a name with ·.

    A name of a single character becomes a star.
    """
    name = normalise_name(text)
    first, _, rest = name.partition("·")
    if first and rest:
        return f"{first}·*"
    if len(name) < 2:
        return "*" * len(name)
    return f"{name[:2]}*" if len(name) > 2 and name[:2] in COMPOUND_SURNAMES else f"{name[:1]}*"


def mask_id(text: str) -> str:
    """Return stars and the last 4; 8 or fewer characters become stars.

    First 6 and birth decade would leave about 333 candidates.
    """
    return _last4(normalise_id(text))


def mask_phone(text: str) -> str:
    """Return `138****5678`, `0913-***4567`; several numbers joined by 、.

    Anything else as `mask_id` does.
    """
    return "、".join(_mask_number(number) for number in parse_phones(text))


def mask_numbers(text: str) -> str:
    """Return a text with each sound ID number and mobile number in it masked.

    Other numbers, such as those of contracts, stay.
    """
    return _NUMBERS.sub(_masked_number, text)


def mask_address(text: str) -> str:
    """Return the address down to village, community or street.

    `***` when none of them is recognised.
    """
    compact = _BLANK.sub("", text)
    match = _ADDRESS.match(compact)
    return (match[0] if match else "") or ("***" if compact else "")


def local_address(text: str, township: str = "") -> str:
    """Return an address from its village on, as neighbours give it.

    With its township before that where it is another than `township`; whole where it names neither.
    """
    compact = _BLANK.sub("", text)
    match = _ADDRESS.match(compact)
    if match is None:
        return compact
    own, village = match["township"] or "", match["village"] or match["street"] or ""
    start = match.start("village") if match["village"] else match.start("street")
    if own and own != township:
        start = match.start("township")
    return compact[start:] if own or village else compact


def split_address(text: str) -> tuple[str, str]:
    """Return township (镇, 乡, 街道) and village (村, 社区) of an address.

    Empty where it names none.
    """
    match = _ADDRESS.match(_BLANK.sub("", text))
    return (match["township"] or "", match["village"] or "") if match else ("", "")


def _is_day(digits: str) -> bool:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).year >= 1800
    except ValueError:
        return False


def _numbers(part: str) -> list[str]:
    """The phones of one part of a cell; blanks may stand inside a number or between two."""
    words = part.split()
    whole = _one("".join(words))
    if whole:
        return [whole]
    each = [_one(word) for word in words]
    if words and all(each):
        return each
    compact = "".join(words)
    inside = re.findall(r"(?<![0-9])1[3-9][0-9]{9}(?![0-9])", compact)
    return inside or ([compact] if re.search(r"[0-9]", compact) else [])


def _one(text: str) -> str:
    """The normalised form of exactly one phone, empty when it is not one."""
    bare = re.sub(r"^(?:\+?0{0,2}86)(?=-?1)|^0(?=1[3-9])|[-()\u200b\ufeff]", "", text)
    if is_mobile(bare):
        return bare
    landline = _LANDLINE.fullmatch(re.sub(r"[()]", "", text.replace(")", "-")))
    return "-".join(piece for piece in landline.groups() if piece) if landline else ""


def _mask_number(number: str) -> str:
    if is_mobile(number):
        return f"{number[:3]}****{number[-4:]}"
    landline = _LANDLINE.fullmatch(number)
    return (
        f"{landline[1]}-{'*' * (len(landline[2]) - 4)}{landline[2][-4:]}"
        if landline
        else _last4(number)
    )


def _masked_number(found: re.Match[str]) -> str:
    if whole_id(found[0]):
        return mask_id(found[0])
    return mask_phone(found[0]) if is_mobile(found[0]) else found[0]


def _last4(text: str) -> str:
    return "*" * len(text) if len(text) <= 8 else "*" * (len(text) - 4) + text[-4:]
