"""The order in which somebody walks: village by village, within one by group and house number.

Pure. Addresses are as the bank's list writes them (三组12号, 第3小组, 十二号): numbers are compared
as numbers, whether they are written in Arabic, full-width or Chinese digits.
"""

from __future__ import annotations

import re
import unicodedata

from shared.cases import Case

_DIGITS = {digit: value for value, digit in enumerate("〇一二三四五六七八九")}
_DIGITS |= {"零": 0, "两": 2}
_TENS = {"十": 10, "百": 100, "千": 1000}
_NUMBER = re.compile(
    r"[0-9]+|[〇零一二两三四五六七八九十百千]+(?=[村组号队社区排栋幢楼层室户巷弄院单])"
)
"""A number in figures, or in characters before what is counted: not the 三 of 三原."""
MOST_DIGITS = 18
"""Digits of a number that is compared as one; longer ones are no house numbers."""

Natural = tuple[tuple[int, int, str], ...]
"""What a text is compared by: its numbers as numbers, what stands between them as text."""
Place = tuple[bool, Natural, Natural, bool, Natural, str]


def natural(text: str) -> Natural:
    """Return what to compare a text by, so that 2号 comes before 10号 and 三组 before 十组."""
    plain, at = unicodedata.normalize("NFKC", text), 0
    found: list[tuple[int, int, str]] = []
    for hit in _NUMBER.finditer(plain):
        if hit.start() > at:
            found.append((1, 0, plain[at : hit.start()]))
        found.append((0, _value(hit.group()), ""))
        at = hit.end()
    if at < len(plain):
        found.append((1, 0, plain[at:]))
    return tuple(found)


def place(case: Case) -> Place:
    """Return what to sort cases by.

    Those whose village is unknown come after all villages, those without an address after the
    others of their village.
    """
    inside = case.address
    for known in (case.township, case.village):
        inside = inside.rpartition(known)[2] if known else inside
    return (
        not case.village,
        natural(case.township),
        natural(case.village),
        not case.address,
        natural(inside),
        case.code,
    )


def _value(number: str) -> int:
    """Return the value of a number; one in characters is read by its units, or digit by digit."""
    if number[0] in "0123456789":
        return int(number[:MOST_DIGITS])
    if not any(c in _TENS for c in number):
        return int("".join(str(_DIGITS[c]) for c in number)[:MOST_DIGITS])
    total, digit = 0, 0
    for c in number:
        if c in _TENS:
            total += (digit or 1) * _TENS[c]
            digit = 0
        else:
            digit = _DIGITS[c]
    return total + digit
