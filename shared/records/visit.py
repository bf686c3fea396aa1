"""One visit: whom the teachers met and what came of it."""

from __future__ import annotations

from shared import codes
from shared.records.base import Body, Position
from shared.records.kind import (
    FLAGS,
    NAMES,
    NOTE,
    POSITION,
    Answers,
    Field,
    Known,
    Label,
    Question,
    RecordKind,
    always,
)


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


def promised(answers: Answers, known: Known) -> bool:
    """Return whether payment was promised: a promise is of a day."""
    return answers.get("outcome") == "promised"


QUESTIONS = (
    Question(field="met", ask=Label("见到了谁？", "Whom did you meet?"), needed=always),
    Question(field="outcome", ask=Label("结果怎样？", "What was the outcome?"), needed=always),
    Question(
        field="promise_date",
        ask=Label("说好哪天还？", "Promised for which day?"),
        asked=promised,
        condition=Label("承诺还款的填", "where payment was promised"),
        needed=promised,
    ),
    Question(field="visitors", ask=Label("哪几位去的？", "Who went?"), party=True),
    Question(field="note", ask=Label("补充一句（可不填）", "A note (optional)")),
)

KIND = RecordKind(
    name="visit",
    body=Visit,
    label=Label("上门走访", "Visit"),
    action=Label("上门走访", "Record a visit"),
    form="visit",
    place=2,
    questions=QUESTIONS,
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
