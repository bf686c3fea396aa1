"""Whether a fact is within its bounds: asked before a phone saves it, and where it enters a ledger.

Every field of a body has a shape, declared with its kind. What a later version added is bounded in
size, depth and characters, and otherwise kept as it came.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from shared.ids import is_uuid
from shared.problems import ProblemError
from shared.records.base import Fact
from shared.records.kind import NAME, Label, RecordKind
from shared.records.registry import KINDS
from shared.records.shapes import (
    NO_CODE,
    NO_HASH,
    NO_ID,
    PHOTOS,
    RECORD_YEARS,
    Anything,
    Rule,
    is_sha256,
    is_token,
)
from shared.season import STRAY_DAYS, Season, china_day, near_season

MAX_FACT_BYTES = 64 * 1024
"""Bytes of one fact; the longest texts and all photos of a record take half of it."""

_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})"
)
_NO_MOMENT = Rule("no_moment", "不是有效的日期和时间", "is not a valid date and time")
_CLOCK = Rule(
    "clock", "手机的日期和时间不对,请先校准", "the phone's date and time are wrong; set them first"
)
_NOT_NAMED = Rule("not_named", "要有录入人的账号", "must name the account that typed it in")
_SCAN_APART = Rule(
    "scan_apart", "扫描件不在这条记录的照片里", "names a scan that is not among its photos"
)
_FAR = Rule("far", "离本年度太远", "is too far from this season")
_TOO_LARGE = Rule("too_large", "内容太多", "holds too much")

_ID = Label("记录编号", "Id")
_SEASON = Label("年度", "Season")
_KIND = Label("记录种类", "Kind")
_CASE = Label("编号", "Case code")
_CAPTURED = Label("记录时间", "Time of recording")
_HAPPENED = Label("发生时间", "Time")
_PHOTOS = Label("照片", "Photos")
_PAPER = Label("纸质录入", "From paper")
_WHOLE = Label("整条记录", "The record")


class Breach(NamedTuple):
    """A field of a fact that is out of its bounds, and the rule it breaks."""

    field: Label
    rule: Rule

    def problem(self) -> ProblemError:
        """Return it as the problem that is reported."""
        field = Rule("field", self.field.zh, self.field.en)
        return ProblemError("fact.out_of_bounds", field=field, rule=self.rule)


def breach(fact: Fact, data: bytes, season: Season | None, corrected: str = "") -> Breach | None:
    """Return what of a fact is out of bounds.

    Args:
        fact: The fact.
        data: Its bytes, members of a later version included.
        season: The season it is of; None where its settings are not at hand.
        corrected: The kind of the record that a correction is of; "" where it is not at hand.

    Returns:
        None when phone and office can show, print and store every part of it.

    """
    if len(data) > MAX_FACT_BYTES:
        return Breach(_WHOLE, _TOO_LARGE)
    try:
        whole = msgspec.json.decode(data)
    except (ValueError, RecursionError):
        return Breach(_WHOLE, _TOO_LARGE)
    # The times are judged last: a body that a form can correct is named first.
    body = _of_body(fact) or _of_correction(fact, corrected)
    return _of_envelope(fact) or body or _of_whole(whole) or _of_times(fact, season)


def body_breach(kind: RecordKind, body: Mapping[str, Any]) -> Breach | None:
    """Return what of a body is out of the bounds that its kind declares."""
    return _of_fields(kind, body) or _of_whole(body)


def _of_envelope(fact: Fact) -> Breach | None:
    if not is_uuid(fact.id):
        return Breach(_ID, NO_ID)
    for label, text in ((_SEASON, fact.season), (_KIND, fact.kind), (_CASE, fact.case)):
        if not is_token(text):
            return Breach(label, NO_CODE)
    rule = PHOTOS.broken(fact.photos)
    if rule is not None:
        return Breach(_PHOTOS, rule)
    rule = _paper_rule(fact)
    return None if rule is None else Breach(_PAPER, rule)


def _paper_rule(fact: Fact) -> Rule | None:
    """The rule that the member of a record from paper breaks."""
    paper = fact.paper
    if paper is None:
        return None
    if not paper.keyed_by.strip():
        return _NOT_NAMED
    if not is_token(paper.visited_by):
        return NO_ID
    if paper.scan and not is_sha256(paper.scan):
        return NO_HASH
    if paper.scan and paper.scan not in fact.photos:
        return _SCAN_APART
    return NAME.broken(paper.keyed_by)


def _of_body(fact: Fact) -> Breach | None:
    kind = KINDS.get(fact.kind)
    return None if kind is None else _of_fields(kind, fact.body)


def _of_correction(fact: Fact, corrected: str) -> Breach | None:
    """What of the words that a correction puts in place is out of the bounds of their kind."""
    kind, words = KINDS.get(corrected), fact.body.get("body")
    if kind is None or fact.body.get("withdraw") is True or not isinstance(words, Mapping):
        return None
    return body_breach(kind, words)


def _of_fields(kind: RecordKind, body: Mapping[str, Any]) -> Breach | None:
    for field in kind.fields:
        rule = field.holds.broken(body[field.name]) if field.name in body else None
        if rule is not None:
            return Breach(field.label, rule)
    return None


def _of_whole(whole: object) -> Breach | None:
    rule = Anything().broken(whole)
    return None if rule is None else Breach(_WHOLE, rule)


def _of_times(fact: Fact, season: Season | None) -> Breach | None:
    captured, happened = moment(fact.captured_at), moment(fact.happened_at)
    if captured is None:
        return Breach(_CAPTURED, _CLOCK)
    if happened is None:
        return Breach(_HAPPENED, _NO_MOMENT)
    return None if is_near(happened, captured, season) else Breach(_HAPPENED, _FAR)


def is_near(happened: datetime, captured: datetime, season: Season | None) -> bool:
    """Return whether something may have happened then.

    Within a year of its season, or of the moment at which the phone recorded it: a phone whose
    clock is years off gives both by that clock.
    """
    own = abs(happened - captured).days < STRAY_DAYS
    return own or (season is not None and near_season(season, china_day(happened)))


def moment(text: str) -> datetime | None:
    """Return a moment with its offset; None when it is none, or of a year no clock shows.

    Every moment returned can be given in China time and in UTC.
    """
    if not _MOMENT.fullmatch(text):
        return None
    try:
        found = datetime.fromisoformat(text)
        year = found.astimezone(UTC).year
    except (ValueError, OverflowError):
        return None
    return found if year in RECORD_YEARS else None
