"""What somebody types from a sheet of paper: numbers of answers, days, times, names. Pure.

The sheet numbers the answers as the page does (shared/record_forms.py), so that a number is all
that has to be typed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date, time, timedelta
from typing import NamedTuple

from shared.codes import Code

Numbered = Sequence[tuple[int, Code]]
"""Answers, each with the number that is printed before it."""

_WORDS = {"今天": 0, "今日": 0, "today": 0, "昨天": 1, "yesterday": 1, "前天": 2}
_WHOLE_DAY = re.compile(
    r"([0-9]{4})(?:[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})[日号]?|([0-9]{2})([0-9]{2}))"
)
_SHORT_DAY = re.compile(r"([0-9]{1,2})[-/.月]([0-9]{1,2})[日号]?")
_DIGITS_DAY = re.compile(r"([0-9]{1,2})([0-9]{2})")
_TIME = re.compile(r"([0-9]{1,2})(?:[:点时.]([0-9]{1,2})分?|[:点时])?")
_DIGITS_TIME = re.compile(r"([0-9]{1,2})([0-9]{2})")
_PART = re.compile(r"上午|早上|早晨|中午|下午|傍晚|晚上|am|pm")
_AFTERNOON = ("下午", "傍晚", "晚上", "pm")
_NOON_UNTIL_HOUR = 4
"""中午1点 is 13:00, 中午11点 is 11:00."""
_BETWEEN = re.compile(r"[\s、,;/和]+")


def half_width(text: str) -> str:
    """Return a text as it is compared: half-width, lower case, trimmed."""
    return unicodedata.normalize("NFKC", text).strip().lower()


def chosen(text: str, numbered: Numbered) -> Code | None:
    """Return the answer that a number, its words or its code mean; None for none of them."""
    sought = half_width(text)
    for number, row in numbered:
        words = (half_width(row.zh), half_width(row.en), row.code)
        if sought == str(number) or sought.lstrip("0") == str(number) or sought in words:
            return row
        if any(re.fullmatch(rf"{number}[.、\s]*{re.escape(each)}", sought) for each in words):
            return row
    return None


def day_of(text: str, near: date) -> date | None:
    """Return the day that was typed: 12-14, 1214, 12月14日, 2026-12-14, 今天; None for no day.

    Args:
        text: As typed.
        near: A day without a year is the one nearest to this.
    """
    typed = re.sub(r"\s+", "", half_width(text))
    if typed in _WORDS:
        return near - timedelta(days=_WORDS[typed])
    short = _SHORT_DAY.fullmatch(typed) or _DIGITS_DAY.fullmatch(typed)
    if short is not None:
        years = (near.year - 1, near.year, near.year + 1)
        days = [_real(year, int(short[1]), int(short[2])) for year in years]
        found = [day for day in days if day is not None]
        return min(found, key=lambda day: abs(day - near), default=None)
    whole = _WHOLE_DAY.fullmatch(typed)
    if whole is None:
        return None
    return _real(int(whole[1]), int(whole[2] or whole[4]), int(whole[3] or whole[5]))


def _real(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def time_of(text: str) -> time | None:
    """Return the time that was typed: 930, 9:30, 9点半, 下午3点, 15; None for no time."""
    typed = re.sub(r"\s+", "", half_width(text)).replace("点半", "点30").replace("时半", "时30")
    part = _PART.search(typed)
    typed = _PART.sub("", typed, count=1)
    found = _TIME.fullmatch(typed) or _DIGITS_TIME.fullmatch(typed)
    if found is None:
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    later = part is not None and (
        part[0] in _AFTERNOON or (part[0] == "中午" and hour < _NOON_UNTIL_HOUR)
    )
    hour += 12 if later and hour < 12 else 0
    return time(hour, minute) if hour < 24 and minute < 60 else None


class Person(NamedTuple):
    """A teacher of the school, with the number that is printed before the name."""

    number: int
    id: str
    name: str
    initials: str


def person_of(text: str, people: Sequence[Person]) -> Person | None:
    """Return the teacher that a number, a name or initials mean; None for none or several."""
    sought = half_width(text)
    for person in people:
        if sought in (str(person.number), half_width(person.name)):
            return person
    found = [p for p in people if sought and sought in p.initials.lower().split()]
    return found[0] if len(found) == 1 else None


def names_of(text: str, people: Sequence[Person]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names typed, and what of it names nobody: a number that the list lacks.

    Several stand with blanks, commas or 、 between them; a teacher of the school may be given by
    number or initials, anybody else by name.
    """
    names, unknown = list[str](), list[str]()
    for each in filter(None, _BETWEEN.split(unicodedata.normalize("NFKC", text).strip())):
        person = person_of(each, people)
        if person is None and each.isdigit():
            unknown.append(each)
            continue
        names.append(person.name if person else each)
    return tuple(dict.fromkeys(names)), tuple(unknown)
