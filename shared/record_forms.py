"""The form of a record kind: which questions it has, which are open, and the body they make.

One definition for the phone's form, the office's page and the printed sheet. A field that declares
no question of its own is asked for by its label, so that a new field stands on all three.
"""

from __future__ import annotations

from typing import Any

import msgspec

from shared.codes import Code
from shared.records.base import Body
from shared.records.kind import FLAGS, POSITION, Answers, Field, Known, Question, RecordKind, always
from shared.records.kind import never as never_needed
from shared.records.shapes import Many, RecordId, Text, YesNo
from shared.season import Season

YES_NO = (Code("yes", "是", "yes"), Code("no", "否", "no"))
NOT_ASKED = frozenset(field.name for field in (*FLAGS, POSITION))
"""What the program fills in: what the conduct rules note and the reason, and the position."""


def fields_asked(kind: RecordKind) -> tuple[Field, ...]:
    """Return the fields that a person answers."""
    left_out = {*NOT_ASKED, *kind.derived}
    return tuple(f for f in kind.fields if f.name not in left_out and f.holds != RecordId())


def questions_of(kind: RecordKind) -> tuple[Question, ...]:
    """Return the questions of a kind in order; those of fields without one come last."""
    own = {question.field for question in kind.questions}
    others = tuple(
        Question(
            field=field.name,
            ask=field.label,
            needed=always if field.name in kind.required else never_needed,
        )
        for field in fields_asked(kind)
        if field.name not in own
    )
    return (*kind.questions, *others)


def question_of(kind: RecordKind, name: str) -> Question:
    """Return the question for a field."""
    return next(question for question in questions_of(kind) if question.field == name)


def field_of(kind: RecordKind, question: Question) -> Field:
    """Return the field that a question is for."""
    return next(field for field in kind.fields if field.name == question.field)


def missing(kind: RecordKind, answers: Answers, known: Known) -> tuple[Question, ...]:
    """Return the questions that must be answered and are not."""
    return tuple(
        question
        for question in questions_of(kind)
        if question.asked(answers, known)
        and question.needed(answers, known)
        and not _given(answers.get(question.field))
    )


def table_of(kind: RecordKind, question: Question, season: Season) -> tuple[Code, ...]:
    """Return every answer that a question may ever have, "other" last; () for free ones.

    The place of an answer in it is its number, on the page and on the sheet. A question that
    offers some of them leaves the others' numbers out, so that a reason has one number everywhere.
    """
    field = field_of(kind, question)
    if isinstance(field.holds, YesNo):
        return YES_NO
    table = season.reasons if field.of_season else field.table
    return tuple(sorted(table, key=lambda row: row.code == "other"))


def offered(
    kind: RecordKind, question: Question, answers: Answers, season: Season
) -> tuple[str, ...]:
    """Return the codes that may be chosen after these answers."""
    if question.offered is not None:
        return question.offered(answers, season)
    return tuple(row.code for row in table_of(kind, question, season))


def ever_offered(
    kind: RecordKind, question: Question, season: Season
) -> tuple[tuple[int, Code], ...]:
    """Return the answers that a question can have after some answers, each with its number."""
    numbered = tuple(enumerate(table_of(kind, question, season), 1))
    if question.offered is None:
        return numbered
    before = [
        q for q in questions_of(kind) if q.field != question.field and field_of(kind, q).table
    ]
    found = set(question.offered({}, season))
    for other in before:
        for row in field_of(kind, other).table:
            found |= set(question.offered({other.field: row.code}, season))
    return tuple((number, row) for number, row in numbered if row.code in found)


def begun(kind: RecordKind, party: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the answers that a new form begins with; `party`: who usually goes."""
    found: dict[str, Any] = {q.field: q.begins for q in questions_of(kind) if q.begins}
    return found | {q.field: list(party) for q in questions_of(kind) if q.party}


def body_of(kind: RecordKind, answers: Answers, known: Known, **more: object) -> Body:
    """Return the record that the answers make; answers to questions not asked are left out.

    Args:
        kind: The kind.
        answers: The answers, more than its fields among them.
        known: What the form knows besides.
        more: Fields that the program fills in, such as the position.

    """
    values = dict(more)
    if kind.photo_field:
        values[kind.photo_field] = known.photos
    for question in questions_of(kind):
        if question.asked(answers, known):
            answer = answers.get(question.field) or question.begins
            values[question.field] = _value(field_of(kind, question), answer)
        elif question.otherwise is not None:
            values[question.field] = question.otherwise(known)
        elif any(
            f.required and f.name == question.field for f in msgspec.structs.fields(kind.body)
        ):
            values[question.field] = ""
    return kind.body(**values)


def _value(field: Field, answer: object) -> object:
    if isinstance(field.holds, Many):
        return tuple(answer) if isinstance(answer, list | tuple) else ()
    if isinstance(field.holds, YesNo):
        return bool(answer)
    text = "" if answer is None else str(answer)
    return text.strip() if isinstance(field.holds, Text) else text


def _given(answer: object) -> bool:
    return bool(answer.strip() if isinstance(answer, str) else answer)
