"""What the text of a cell means, whatever its row: plain text, a day, a name, a phone in use."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache

from shared import identity, spelling
from sync_server.intake.sheet import Cell
from sync_server.intake.written_days import in_digits

BLANKS = (
    " \t\r\n\v\f\x1c\x1d\x1e\x1f\x85\xa0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\u200b\u200c\u200d\u2060\ufeff"
)
TEXT_MARKS = "'‘’`"
_LINE_ENDS = re.compile(r"\s*[\r\n]+\s*")

_DATE = re.compile(
    r"(?P<y>(?:19|20)[0-9]{2})(?:[-/.年](?P<m>[0-9]{1,2})(?:[-/.月](?P<d>[0-9]{1,2})日?|月)?|年|"
    r"(?P<m2>[0-9]{2})(?P<d2>[0-9]{2})?)?(?:[\sT]+[0-9]{1,2}:[0-9:.]+)?"
)

_DITTO = frozenset({"同上", "同前", "同上行", "同左"})
_DITTO_MARKS = frozenset('〃″〞"')
_SILENT = frozenset(
    re.split(
        " ",
        "无 没有 不详 不祥 未知 不知 不清楚 空 空白 暂无 暂无信息 无信息 信息不详 暂缺 缺失 "
        "待查 待核实 待补 待补充 未填 未填写 未提供 未登记 无名 无身份证 无证件 null none "
        "n/a na nil",
    )
)
"""What people write where they know nothing, beside zeros, dashes and stars."""

REMEMBERED = 65536
"""How many texts a reader remembers: a person's rows repeat most of theirs."""


def cell_text(cell: Cell) -> str:
    """Return a cell as text: whole numbers without `.0`, ISO days, edges trimmed, no line ends."""
    if isinstance(cell, str):
        return _trimmed(cell) if cell else ""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e22:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, date) else str(cell)


@lru_cache(REMEMBERED)
def _trimmed(cell: str) -> str:
    text = spelling.clean(cell).strip(BLANKS).lstrip(TEXT_MARKS).lstrip(BLANKS)
    return _LINE_ENDS.sub("", text) if "\n" in text or "\r" in text else text


@lru_cache(REMEMBERED)
def is_ditto(text: str) -> bool:
    """Return whether a text only says "as above": 同上, 〃."""
    bare = "".join(spelling.fold(text).split())
    return bare in _DITTO or (bool(bare) and _DITTO_MARKS.issuperset(bare))


@lru_cache(REMEMBERED)
def is_silent(text: str) -> bool:
    """Return whether a text only says that nothing is known: 无, 暂无, N/A, 0, a dash, stars."""
    bare = "".join(spelling.fold(text).split()).casefold()
    return bare in _SILENT or (bool(bare) and not any(c.isalnum() and c != "0" for c in bare))


def read_day(text: str) -> str | None:
    """Read a day, month or year from text.

    Args:
        text: such as `2026-12-9`, `2026/12/09 10:22`, `20261209` or `2026年12月9日`.

    Returns:
        An ISO day, `2018-07` for a month, `2018` for a year; None when it is not a date. A number
        of days since 1900 is not interpreted.
    """
    match = _DATE.fullmatch(in_digits(text))
    if match is None:
        return None
    month, day = match["m"] or match["m2"], match["d"] or match["d2"]
    try:
        found = date(int(match["y"]), int(month or 1), int(day or 1)).isoformat()
    except ValueError:
        return None
    return found if day else found[:7] if month else found[:4]


def is_name(text: str) -> bool:
    """Return whether a text has letters, but neither digits nor Latin letters."""
    return any(map(str.isalpha, text)) and not any(
        c.isdigit() or (c.isascii() and c.isalpha()) for c in text
    )


def in_use(phone: str) -> bool:
    """Return whether a text is a mobile number, or a landline with its area code."""
    return (
        identity.is_strict_mobile(phone)
        or re.fullmatch(r"0[0-9]{2,3}-[0-9]{7,8}(-[0-9]+)?", phone) is not None
    )


def zeros_for_digits(number: str, faults: tuple[str, ...]) -> bool:
    """Return whether a text is a damaged number: three final zeros and a wrong check digit."""
    return bool(faults) and len(number) == 18 and number.endswith("000")


def is_masked(number: str) -> bool:
    """Return whether digits of an ID number are hidden, as in `110101********0012`."""
    return re.search(r"[*＊•●■□?？…]|[xX]{2,}", number) is not None


def money_cell(cell: Cell) -> str | int:
    """Return a cell as `shared.money` reads it: a whole number as it is, all else as text."""
    return cell if isinstance(cell, int) and not isinstance(cell, bool) else cell_text(cell)
