"""How numbers, days and codes read on paper: Chinese official style, one place for all templates. Pure."""

from __future__ import annotations

import re
from datetime import date, datetime

from shared.season import CST

FULL = {",": "，", ";": "；", ":": "：", "?": "？", "!": "！", "(": "（", ")": "）"}
_HAN = r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f“”‘’\U00020000-\U000323af]"
_HALF = re.compile(rf"(?<={_HAN})[,;:?!()]|[,;:?!()](?={_HAN})")


def prose(text: str) -> str:
    """Half-width punctuation beside Chinese characters as full-width, for print only; the data keep what was typed."""
    done = text
    for _ in range(2):  # a mark beside one that has just become full-width
        done = _HALF.sub(lambda hit: FULL[hit[0]], done)
    opened = done.count("（") - done.count("）")
    if opened > 0:
        return re.sub(r"\)", "）", done, count=opened)
    return done if opened == 0 else re.sub(r"\(", "（", done, count=-opened)


def stars(masked: str) -> str:
    """A masked number with its run of stars shortened to four: paper is narrow, the last digits are what tells."""
    return re.sub(r"\*{5,}", "****", masked)


def day(iso: str) -> str:
    """`2019-12-01` -> `2019年12月1日`: Arabic numerals, no padding. Empty stays empty.

    Source: docs/sources.md#stamp-on-the-page.
    """
    if not iso:
        return ""
    when = date.fromisoformat(iso[:10])
    return f"{when.year}年{when.month}月{when.day}日"


def month_day(iso: str) -> str:
    """`2019-12-01` -> `12月1日`, for places where the year is plain from the heading."""
    return day(iso).partition("年")[2]


def short_day(iso: str) -> str:
    """`2019-12-01` -> `12-01`, for narrow columns where digits must stand under each other."""
    return iso[5:10]


def moment(iso: str) -> str:
    """`2019-12-18T17:00:00+08:00` -> `2019年12月18日17时00分`, the clock of China whatever the offset."""
    when = datetime.fromisoformat(iso).astimezone(CST)
    return f"{when.year}年{when.month}月{when.day}日{when.hour}时{when.minute:02d}分"


def china_day(iso: str) -> str:
    """The day in China of an ISO moment, ISO."""
    return datetime.fromisoformat(iso).astimezone(CST).date().isoformat()


def percent(basis_points: int) -> str:
    """9655 -> `96.55%`."""
    return f"{basis_points // 100}.{basis_points % 100:02d}%"


def grouped(hex_digest: str, shown: int = 32) -> str:
    """The head of a digest in groups of four, as people compare digits by eye."""
    return " ".join(hex_digest[i : i + 4] for i in range(0, min(shown, len(hex_digest)), 4))
