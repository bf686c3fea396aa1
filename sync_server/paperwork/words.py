"""Format numbers, days and codes for paper in Chinese official style, for all templates. Pure."""

from __future__ import annotations

import re

from shared.season import CST, iso_day, moment_of

ODD_DAY = "日期不正常"
"""Stands where a date cannot be read."""


def short_mask(masked: str) -> str:
    """Shorten a masked number's run of stars to four: its last digits identify it."""
    return re.sub(r"\*{5,}", "****", masked)


def day(iso: str) -> str:
    """Format an ISO day: `2026-12-01` -> `2026年12月1日`; "" stays "".

    Source: docs/sources.md#stamp-on-the-page.
    """
    if not iso:
        return ""
    when = iso_day(iso)
    if when is None:
        return ODD_DAY
    return f"{when.year}年{when.month}月{when.day}日"


def month_day(iso: str) -> str:
    """Format an ISO day without its year: `2026-12-01` -> `12月1日`."""
    whole = day(iso)
    return whole if whole == ODD_DAY else whole.partition("年")[2]


def short_day(iso: str) -> str:
    """Format an ISO day for narrow columns: `2026-12-01` -> `12-01`."""
    return iso[5:10] if not iso or iso_day(iso) else ODD_DAY


def moment(iso: str) -> str:
    """Format a moment in China time: `2026-12-18T17:00:00+08:00` -> `2026年12月18日17时00分`."""
    found = moment_of(iso)
    if found is None:
        return ODD_DAY
    when = found.astimezone(CST)
    return f"{when.year}年{when.month}月{when.day}日{when.hour}时{when.minute:02d}分"


def percent(basis_points: int) -> str:
    """Format basis points: 9655 -> `96.55%`."""
    return f"{basis_points // 100}.{basis_points % 100:02d}%"


def grouped(hex_digest: str, shown: int = 32) -> str:
    """Return the first `shown` digits of a digest in groups of four, to compare by eye."""
    return " ".join(hex_digest[i : i + 4] for i in range(0, min(shown, len(hex_digest)), 4))
