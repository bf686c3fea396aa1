"""Format values for pages: money, days, moments, shares, masked identities. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from shared.identity import mask_address, mask_id, mask_name, mask_phone
from shared.ids import show_case_code
from shared.money import yuan
from shared.problems import PROBLEMS, fill
from shared.records.kind import Label
from shared.records.registry import label_of
from shared.season import (
    CST,
    ISO_DAY_CHARS,
    Season,
    china_time,
    day_in_season,
    iso_day,
    moment_of,
)
from shared.typography import full_width

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SHOWN_CHARS = 40
"""So much of a text that should be a date is shown."""


class Words:
    """`t("中文", "English", n=3)`: the sentence in the page's language, with its values."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, zh: str, en: str, **values: Any) -> str:
        """Return the sentence in the page's language, with its values."""
        sentence = full_width(zh) if self.language == "zh" else en
        return sentence.format(**values) if values else sentence

    def label(self, table: Mapping[str, Label], code: str) -> str:
        """Return the words for a code; one that the table lacks is shown as it is."""
        return self(*table[code]) if code in table else code

    def plain(self, text: str) -> str:
        """A sentence from elsewhere (a problem, a report), set like ours."""
        return full_width(text) if self.language == "zh" else text

    def problem(self, code: str, **values: Any) -> str:
        """A registered problem and what fixes it."""
        found = PROBLEMS[code]
        stop = self("。", ". ")
        text = f"{found.message(self.language)}{stop}{found.fix(self.language)}"
        return self.plain(fill(text, values))

    def left(self, until: str, now: datetime) -> str:
        """How long something is still good for, in days or hours; what has ended says so."""
        ends = _aware(until)
        if ends is None:
            return self.odd(until)
        hours = int((ends - now).total_seconds() // 3600)
        if hours < 0:
            return self("已过期", "ended")
        if hours < 47:
            return self("{n} 小时内有效", "good for {n} hours", n=max(1, hours))
        return self("{n} 天内有效", "good for {n} days", n=(hours + 1) // 24)

    def day(self, value: str | date) -> str:
        """`12月11日` or `11 Dec`; "" for ""; what is not a date as it stands, with a mark."""
        if not value:
            return ""
        found = value if isinstance(value, date) else iso_day(value)
        if found is None:
            return self.odd(str(value))
        if self.language == "zh":
            return f"{found.month}月{found.day}日"
        return f"{found.day} {MONTHS[found.month - 1]}"

    def stamp(self, value: str) -> str:
        """A moment with its year, where a page stands alone."""
        found = _aware(value)
        if found is None:
            return self.odd(value) if value else ""
        year = f"{found.astimezone(CST):%Y}"
        return self("{y}年{at}", "{at}, {y}", y=year, at=self.moment(found))

    def moment(self, value: str | datetime) -> str:
        """A moment (aware, or UTC ISO text) on China's clock: `12月11日 09:05`.

        "" for empty text; what is not a moment is shown as it stands, marked.
        """
        if not value:
            return ""
        found = _aware(value)
        if found is None:
            return self.odd(str(value))
        local = found.astimezone(CST)
        return f"{self.day(local.date())} {local:%H:%M}"

    def stated(self, text: str, season: Season) -> str:
        """A day or moment as a record states it; one that the season cannot hold is marked."""
        if not text:
            return self.odd(text)
        if not day_in_season(season, text):
            return self.odd(text)
        return self.day(text) if len(text) <= ISO_DAY_CHARS else self.moment(text)

    def odd(self, text: str) -> str:
        """What is not a date, as it stands, with a mark."""
        shown = text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}…"
        mark = self("日期不正常", "not a usable date")
        return self("{text}({mark})", "{text} ({mark})", text=shown, mark=mark) if shown else mark


def _aware(value: str | datetime) -> datetime | None:
    """A moment that China's clock can show; a text without an offset is UTC, as we store it."""
    if isinstance(value, str):
        return moment_of(value, assume=UTC)
    found = value if value.tzinfo else value.replace(tzinfo=UTC)
    return None if china_time(found) is None else found


def share(part: int, whole: int) -> str:
    """A share in per cent with one decimal, rounded half up; a dash where there is no whole."""
    if not whole:
        return "–"
    tenths = (2000 * part + whole) // (2 * whole)
    return f"{tenths // 10}.{tenths % 10}%"


def width(part: int, whole: int) -> int:
    """A bar's length of 100; something is never drawn as nothing, nor less than all as all."""
    if not whole or not part:
        return 0
    return 100 if part >= whole else min(99, max(1, round(100 * part / whole)))


def short_hash(text: str) -> str:
    """The first 8 of a hash, enough to compare by eye."""
    return text[:8]


def size(size_bytes: int) -> str:
    """`312 KB`, `1.4 MB`."""
    return (
        f"{size_bytes / 1e6:.1f} MB"
        if size_bytes >= 1_000_000
        else f"{max(1, round(size_bytes / 1000))} KB"
    )


def kind_label(kind: str, words: Words) -> str:
    """What a kind of record is called; one this version does not know is called by its own name."""
    return words(*label_of(kind))


FILTERS: dict[str, Callable[..., str | int]] = {
    "yuan": yuan,
    "share_of": share,
    "width_of": width,
    "case_code": show_case_code,
    "mask_name": mask_name,
    "mask_id": mask_id,
    "mask_phone": mask_phone,
    "mask_address": mask_address,
    "short_hash": short_hash,
    "size": size,
    "kind_label": kind_label,
}
