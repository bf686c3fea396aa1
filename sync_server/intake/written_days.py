"""Days written in Chinese numerals (二〇一九年十二月十一日), as official papers have them.

Also as on bank papers (贰零壹玖年壹拾贰月零壹日), and a year in digits before a month in numerals.
"""

from __future__ import annotations

import re

_DIGITS = dict(zip("〇○零一二三四五六七八九", "000123456789", strict=True))
_TENS = {"十": 10, "廿": 20, "卅": 30}
_FORMAL = str.maketrans("壹贰貳叁肆伍陆陸柒捌玖拾", "一二二三四五六六七八九十")
_NUMERAL = "〇○零一二三四五六七八九十廿卅壹贰貳叁肆伍陆陸柒捌玖拾"
_DAY = re.compile(
    rf"([{_NUMERAL}]{{4}}|(?:19|20)[0-9]{{2}})\s*年\s*([{_NUMERAL}]{{1,4}})\s*月"
    rf"(?:\s*([{_NUMERAL}]{{1,5}})\s*[日号])?"
)


def in_digits(text: str) -> str:
    """Return a text with every day in Chinese numerals in digits instead: 2026年12月11日."""
    return _DAY.sub(_rewritten, text)


def _rewritten(match: re.Match[str]) -> str:
    year = "".join(_DIGITS.get(c, c) for c in match[1].translate(_FORMAL))
    day = f"{_number(match[3])}日" if match[3] else ""
    return f"{year}年{_number(match[2])}月{day}"


def _number(words: str) -> int:
    """Read 一 to 三十一; what is no such number gives one that no month has."""
    words = words.translate(_FORMAL).lstrip("零〇○")
    match = re.fullmatch(r"(?:([一二三])?([十廿卅]))?([一二三四五六七八九])?", words)
    if match is None or not words:
        return 99
    tens = _TENS.get(match[2], 0) * int(_DIGITS.get(match[1], "1"))
    return tens + int(_DIGITS.get(match[3], "0"))
