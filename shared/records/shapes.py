"""What a field of a record may hold: the shapes that phone and office check alike.

A shape answers None for a value within its bounds, otherwise the rule that the value breaks, in
both languages. The bounds are far above what a form asks for: they keep out what no page, paper or
database could show, and refuse no record that a teacher has made.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Protocol

from shared.codes import Code
from shared.ids import is_uuid

RECORD_YEARS = range(1901, 2200)
"""Years of every day and moment: a phone's clock may be years off, but stays within these.

A spreadsheet knows no day before 1900, and the last years of a calendar cannot be moved to another
time zone.
"""
MOST_DEPTH = 12
"""How deep lists and objects may stand in each other; our deepest record has four levels."""
MOST_KEYS = 100
MOST_WHOLE = 2**53
"""The largest whole number that every reader of JSON keeps exactly."""
MOST_KEY = 100

Rule = Code
"""A broken rule, in both languages. A `Code`, so that a problem shows it in the reader's."""

_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Control characters but tab and line ends, lone surrogates, and what XML refuses.
_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_LINE_END = re.compile(r"[\t\n\r]")

NOT_TEXT = Code("not_text", "应是文字", "must be text")
HIDDEN = Code("hidden", "不能有看不见的控制字符", "may hold no control characters")
ONE_LINE = Code("one_line", "要写成一行", "must stand on one line")
NO_CODE = Code("no_code", "不是有效的代码", "is not a valid code")
NO_ID = Code("no_id", "不是有效的编号", "is not a valid id")
NO_HASH = Code("no_hash", "不是有效的照片编号", "is not a photo's hash")
NO_DAY = Code("no_day", "不是真实的日子", "is not a real day")
NO_CHOICE = Code("no_choice", "应是“是”或“否”", "must be yes or no")
NO_LIST = Code("no_list", "应是列表", "must be a list")
NO_PLACE = Code("no_place", "不是有效的位置", "is not a valid position")
NO_NUMBER = Code("no_number", "数字太大", "holds a number that is too large")
TOO_DEEP = Code("too_deep", "层次太多", "is nested too deeply")
TOO_MANY_KEYS = Code(
    "too_many_keys", f"最多 {MOST_KEYS} 项", f"may have at most {MOST_KEYS} members"
)


class Shape(Protocol):
    """What a field may hold."""

    def broken(self, value: Any) -> Rule | None:
        """Return the rule that a value breaks, None when it is within the bounds."""
        ...


def hidden(text: str) -> bool:
    """Return whether a text has a character that nobody sees and a database may refuse."""
    return not text.isprintable() and _HIDDEN.search(text) is not None


def shown(text: str) -> str:
    """Return a text without the characters nobody sees, as when somebody pastes it."""
    return _HIDDEN.sub("", text)


def is_token(text: str) -> bool:
    """Return whether a text is short and of letters, digits, `_`, `.` and `-`."""
    return _TOKEN.fullmatch(text) is not None


def is_sha256(text: str) -> bool:
    """Return whether a text is a sha256 in lower-case hex."""
    return _SHA256.fullmatch(text) is not None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Text:
    """Free text of at most `most` characters; `lines`: whether it may have several lines."""

    most: int
    lines: bool = True

    def broken(self, value: Any) -> Rule | None:
        """Return the rule that a value breaks."""
        if not isinstance(value, str):
            return NOT_TEXT
        if len(value) > self.most:
            return too_long(self.most)
        if hidden(value):
            return HIDDEN
        return ONE_LINE if not self.lines and _LINE_END.search(value) else None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Token:
    """A code, "" for none. One that no `table` knows may be of a later version."""

    table: tuple[Code, ...] = ()

    def broken(self, value: Any) -> Rule | None:
        """Return the rule that a value breaks."""
        if not isinstance(value, str):
            return NO_CODE
        sound = value == "" or is_token(value) or any(value == row.code for row in self.table)
        return None if sound else NO_CODE


@dataclasses.dataclass(frozen=True, kw_only=True)
class Day:
    """A day as ISO 8601 writes it, "" for none."""

    def broken(self, value: Any) -> Rule | None:
        """Return the rule that a value breaks."""
        if value == "":
            return None
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            return NO_DAY
        try:
            day = date.fromisoformat(value)
        except ValueError:
            return NO_DAY
        return None if day.year in RECORD_YEARS else NO_DAY


@dataclasses.dataclass(frozen=True, kw_only=True)
class RecordId:
    """The id of another record, "" for none."""

    def broken(self, value: Any) -> Rule | None:
        """Return the rule that a value breaks."""
        return None if isinstance(value, str) and (not value or is_uuid(value)) else NO_ID


@dataclasses.dataclass(frozen=True, kw_only=True)
class Hash:
    """The sha256 of a photo."""

    def broken(self, value: Any) -> Rule | None:
        """Return the rule that a value breaks."""
        return None if isinstance(value, str) and is_sha256(value) else NO_HASH


@dataclasses.dataclass(frozen=True, kw_only=True)
class YesNo:
    """Yes or no."""

    def broken(self, value: Any) -> Rule | None:
        """Return the rule that a value breaks."""
        return None if isinstance(value, bool) else NO_CHOICE


@dataclasses.dataclass(frozen=True, kw_only=True)
class Many:
    """A list of at most `most` values of one shape."""

    of: Shape
    most: int

    def broken(self, value: Any) -> Rule | None:
        """Return the rule that a value breaks."""
        if not isinstance(value, list | tuple):
            return NO_LIST
        if len(value) > self.most:
            return too_many(self.most)
        return next((rule for item in value if (rule := self.of.broken(item))), None)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Place:
    """A position on earth, or None. Some phones give an unknown accuracy as -1."""

    def broken(self, value: Any) -> Rule | None:
        """Return the rule that a value breaks."""
        if value is None:
            return None
        if not isinstance(value, Mapping):
            return NO_PLACE
        accuracy = value.get("accuracy_m")
        sound = (
            _within(value.get("latitude_deg"), -90, 90)
            and _within(value.get("longitude_deg"), -180, 180)
            and (accuracy is None or _within(accuracy, -1, 1e8))
            and Token().broken(value.get("crs", "")) is None
        )
        return None if sound else NO_PLACE


@dataclasses.dataclass(frozen=True, kw_only=True)
class Anything:
    """What a later version may have added: JSON, bounded in depth, members, numbers and text."""

    def broken(self, value: Any) -> Rule | None:
        """Return the rule that a value breaks."""
        return _json_rule(value, MOST_DEPTH)


PHOTOS = Many(of=Hash(), most=100)
"""The photos of one record."""


def too_long(most: int) -> Rule:
    """Return the rule that a text longer than `most` characters breaks."""
    return Code("too_long", f"最多 {most} 个字", f"may have at most {most} characters")


def too_many(most: int) -> Rule:
    """Return the rule that a list of more than `most` breaks."""
    return Code("too_many", f"最多 {most} 个", f"may list at most {most}")


def _within(value: Any, least: float, most: float) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value) and least <= value <= most


def _json_rule(value: Any, depth: int) -> Rule | None:
    if isinstance(value, str):
        return HIDDEN if hidden(value) else None
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int):
        return None if abs(value) <= MOST_WHOLE else NO_NUMBER
    if isinstance(value, float):
        return None if math.isfinite(value) else NO_NUMBER
    if depth == 0:
        return TOO_DEEP
    if isinstance(value, dict | Mapping):  # a dict is recognised without a look at its bases
        if len(value) > MOST_KEYS:
            return TOO_MANY_KEYS
        for key in value:
            if len(key) > MOST_KEY or (not key.isprintable() and hidden(key)):
                return HIDDEN
        value = value.values()
    for item in value:
        if item.isprintable() if type(item) is str else item is None or type(item) is bool:
            continue  # most of a record is this
        rule = _json_rule(item, depth - 1)
        if rule is not None:
            return rule
    return None
