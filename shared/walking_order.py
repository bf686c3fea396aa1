"""The order in which a teacher walks: by village, then by group and house of the address.

An address is text, so 3组 comes before 12组 only where its numbers are compared as numbers, in
figures or in Chinese numerals. Pure.
"""

from __future__ import annotations

import re

from shared.cases import Case
from shared.identity import local_address

Part = tuple[int, int, str]
"""A number (0, n, "") or a text (1, 0, text): a number comes before a text."""

_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100}
_NUMBER = re.compile(
    r"(?P<figures>[0-9]{1,9})|(?P<words>[零〇一二两三四五六七八九十百]+)(?=[组队社号户排巷栋幢单室楼])"
)
_HALF_WIDTH = {0xFF10 + n: 0x30 + n for n in range(10)}


def walking_key(case: Case) -> tuple[bool, str, tuple[Part, ...], str]:
    """Return what people are sorted by: village (those without one last), house, code."""
    _, named, within = case.address.rpartition(case.village or "\n")
    address = within if named else local_address(case.address, case.township)
    address = address.translate(_HALF_WIDTH)
    return (case.village == "", case.village, _parts(address), case.code)


def _parts(address: str) -> tuple[Part, ...]:
    found: list[Part] = []
    end = 0
    for hit in _NUMBER.finditer(address):
        if hit.start() > end:
            found.append((1, 0, address[end : hit.start()]))
        figures = hit["figures"]
        found.append((0, int(figures) if figures else _number(hit["words"]), ""))
        end = hit.end()
    if end < len(address):
        found.append((1, 0, address[end:]))
    return tuple(found)


def _number(words: str) -> int:
    """Return a number up to 999 as it is spoken: 十二 is 12, 一百零三 is 103; 一二 is 12."""
    if not any(c in _UNITS for c in words):
        return int("".join(str(_DIGITS[c]) for c in words))
    total, digit = 0, 0
    for c in words:
        if c in _UNITS:
            total += (digit or 1) * _UNITS[c]
            digit = 0
        else:
            digit = _DIGITS[c]
    return total + digit
