"""Days written in Chinese numerals (二〇一九年十二月十一日), as official papers have them."""

from __future__ import annotations

import re

_DIGITS = dict(zip("〇○零一二三四五六七八九", "000123456789", strict=True))
_TENS = {"十": 10, "廿": 20, "卅": 30}
_DAY = re.compile(
    r"([〇○零一二三四五六七八九]{4})\s*年\s*([一二三四五六七八九十]{1,3})\s*月"
    r"(?:\s*([一二三四五六七八九十廿卅]{1,4})\s*[日号])?"
)


def in_digits(text: str) -> str:
    """Return a text with every day in Chinese numerals in digits instead: 2026年12月11日."""
    return _DAY.sub(_rewritten, text)


def _rewritten(match: re.Match[str]) -> str:
    year = "".join(_DIGITS[c] for c in match[1])
    day = f"{_number(match[3])}日" if match[3] else ""
    return f"{year}年{_number(match[2])}月{day}"


def _number(words: str) -> int:
    """Read 一 to 三十一; what is no such number gives one that no month has."""
    match = re.fullmatch(r"(?:([二三])?([十廿卅]))?([一二三四五六七八九])?", words)
    if match is None or not words:
        return 99
    tens = _TENS.get(match[2], 0) * int(_DIGITS.get(match[1], "1"))
    return tens + int(_DIGITS.get(match[3], "0"))
