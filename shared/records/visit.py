"""One visit: whom the teachers met and what came of it."""

from __future__ import annotations

from shared import codes
from shared.records.base import Body, Position
from shared.records.kind import FLAGS, NAMES, NOTE, POSITION, Field, Label, RecordKind


class Visit(Body, frozen=True, kw_only=True):
    """One visit. `visitors`: everyone who went, by name, the reporter too; `flags`: codes FLAGS."""

    met: str
    outcome: str
    visitors: tuple[str, ...] = ()
    promise_date: str = ""
    note: str = ""
    flags: tuple[str, ...] = ()
    flag_reason: str = ""
    position: Position | None = None


KIND = RecordKind(
    name="visit",
    body=Visit,
    label=Label("上门走访", "Visit"),
    action=Label("上门走访", "Record a visit"),
    form="visit",
    fields=(
        Field(name="met", label=Label("见到", "Met"), table=codes.PEOPLE),
        Field(name="outcome", label=Label("结果", "Outcome"), table=codes.REASONS, of_season=True),
        Field(name="visitors", label=Label("走访人", "Visitors"), shape=NAMES),
        Field(name="promise_date", label=Label("承诺日期", "Promised for"), day=True),
        NOTE,
        *FLAGS,
        POSITION,
    ),
    required=("met", "outcome"),
    headline="outcome",
    in_words=("met", "outcome", "promise_date"),
    own_words=("note",),
    reviewed=True,
    timed=True,
    photos=True,
    flagged=True,
)
