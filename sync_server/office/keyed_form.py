"""The form of a record from paper: what was typed becomes answers, and what is wrong is named.

Every fault stands at the field it is in; nothing typed is dropped without a word. The questions and
what calls for them are those of the phone (shared/record_forms.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, NamedTuple

import msgspec

from shared import codes, flag_reasons
from shared.codes import Code
from shared.problems import ProblemError
from shared.record_forms import body_of, field_of, missing, offered, questions_of, table_of
from shared.records.kind import Field, Known, Label, Question, RecordKind
from shared.records.registry import KINDS
from shared.records.shapes import YesNo
from shared.season import CST, Season
from sync_server.office import typed_answers
from sync_server.office.typed_answers import Person

TEACHER, DAY, TIME, REASON = "teacher", "day", "time", "correct_reason"
"""Fields of every form besides its questions; REASON only of a correction."""
SLIP = "slip"
"""The field for the number of a filed scan, where the person has one."""
ANSWER = "a-"
"""What the field of a question is called: this and the record's field."""
WHY = "why-"
"""What the field of a conduct rule's reason is called: this and the flag."""
LABELS = {
    TEACHER: Label("走访老师", "Teacher"),
    DAY: Label("日期", "Day"),
    TIME: Label("时间", "Time"),
    REASON: Label("为什么改", "Why it is corrected"),
    SLIP: Label("附哪张签收单扫描件？", "Which scanned slip goes with it?"),
}
NOON = time(12)
"""The time of a record that states only its day."""


class Setting(NamedTuple):
    """What a form is read with: the season, the school's teachers, the moment, and the photos."""

    season: Season
    people: Sequence[Person]
    now: datetime
    photos: tuple[str, ...] = ()


class Fault(NamedTuple):
    """Something typed that cannot be taken: the form's field it is in, and the problem."""

    at: str
    problem: ProblemError


@dataclass
class Read:
    """What a form says.

    Attributes:
        answers: By the names of the record's fields.
        teacher: Who wrote the sheet; None where that cannot be read.
        happened_at: ISO 8601 with offset; "" where it cannot be read.
        body: The record's fields that are asked; None while something is wrong.
        faults: What is wrong, in the order of the form.

    """

    answers: dict[str, Any] = field(default_factory=dict)
    teacher: Person | None = None
    happened_at: str = ""
    body: dict[str, Any] | None = None
    faults: list[Fault] = field(default_factory=list)

    def add(self, at: str, code: str, **values: Any) -> None:
        """Note what is wrong with a field of the form."""
        self.faults.append(Fault(at, ProblemError(code, **values)))


def forms() -> tuple[RecordKind, ...]:
    """Return the kinds of record that have a form, in the order of their numbers."""
    found = [kind for kind in KINDS.values() if kind.form]
    return tuple(sorted(found, key=lambda kind: (kind.place, kind.name)))


def kind_of(text: str) -> RecordKind | None:
    """Return the kind that a number or a name means."""
    sought = typed_answers.half_width(text)
    for kind in forms():
        if sought in (str(kind.place), kind.name, kind.label.zh, kind.label.en.lower()):
            return kind
    return None


def read(kind: RecordKind, typed: Mapping[str, str], setting: Setting) -> Read:
    """Read a form of a record.

    Args:
        kind: The kind of record.
        typed: What was typed, by the fields' names.
        setting: What it is read with.
    """
    found = Read()
    _teacher(found, typed, setting)
    _moment(found, kind, typed, setting)
    for question in questions_of(kind):
        text = typed.get(ANSWER + question.field, "").strip()
        if text or question.party:
            _answer(found, kind, question, text, setting)
        elif question.begins:
            found.answers[question.field] = question.begins
    _check(found, kind, typed, setting)
    order = [TEACHER, DAY, TIME, *(ANSWER + q.field for q in questions_of(kind)), REASON]
    found.faults.sort(key=lambda fault: order.index(fault.at))
    if not found.faults:
        made = msgspec.to_builtins(body_of(kind, found.answers, _known(found, setting)))
        found.body = {question.field: made[question.field] for question in questions_of(kind)}
    return found


def slip_chosen(found: Read, typed: Mapping[str, str], shown: Sequence[str]) -> str:
    """Return the filed scan that a number means, "" for none; another number is a fault.

    Args:
        found: The form, which gets the fault.
        typed: What was typed, by the fields' names.
        shown: The hashes of the scans in the order in which the form showed them.
    """
    text = typed.get(SLIP, "").strip()
    if not text:
        return ""
    numbers = tuple((n, Code(sha256, str(n), str(n))) for n, sha256 in enumerate(shown, 1))
    row = typed_answers.chosen(text, numbers)
    if row is None:
        found.add(SLIP, "keyed.choice_unread", field=_of_form(SLIP), text=text)
        return ""
    return row.code


def reasons_typed(
    flags: Sequence[str], typed: Mapping[str, str]
) -> tuple[str, list[tuple[tuple[str, ...], tuple[tuple[int, Code], ...]]]]:
    """Return the reasons given for the flags of a record, and the questions still open.

    Args:
        flags: What the conduct rules note.
        typed: What was typed, by the fields' names.

    Returns:
        The sentence for the record, complete where no question is open; each open question as its
        flags and its numbered reasons.
    """
    given, still = list[str](), list[tuple[tuple[str, ...], tuple[tuple[int, Code], ...]]]()
    for asked, reasons in flag_reasons.questions_about(flags):
        text = typed.get(WHY + asked[0], "").strip()
        numbered = numbered_reasons(reasons)
        row = typed_answers.chosen(text, numbered)
        if not text or (row is None and text.isdigit()):
            still.append((asked, numbered))
        else:
            given.append(row.zh if row else text)
    return flag_reasons.BETWEEN.join(dict.fromkeys(given)), still


def numbered_reasons(reasons: Sequence[Code]) -> tuple[tuple[int, Code], ...]:
    """Return reasons with the numbers under which the sheet prints them."""
    return tuple((flag_reasons.WORDS.index(reason) + 1, reason) for reason in reasons)


def _known(found: Read, setting: Setting) -> Known:
    teacher = found.teacher.name if found.teacher else ""
    return Known(setting.season, teacher, setting.photos)


def _teacher(found: Read, typed: Mapping[str, str], setting: Setting) -> None:
    text = typed.get(TEACHER, "").strip()
    found.teacher = typed_answers.person_of(text, setting.people)
    if not text:
        found.add(TEACHER, "keyed.needed", field=_of_form(TEACHER))
    elif found.teacher is None:
        found.add(TEACHER, "keyed.person_unread", field=_of_form(TEACHER), text=text)


def _moment(found: Read, kind: RecordKind, typed: Mapping[str, str], setting: Setting) -> None:
    """Read day and time; a kind whose form asks for none takes the day alone, or this moment."""
    now = setting.now.astimezone(CST)
    day_text, time_text = typed.get(DAY, "").strip(), typed.get(TIME, "").strip()
    day = typed_answers.day_of(day_text, now.date())
    at = typed_answers.time_of(time_text)
    if day_text and day is None:
        found.add(DAY, "keyed.day_unread", field=_of_form(DAY), text=day_text)
    if time_text and at is None:
        found.add(TIME, "keyed.time_unread", field=_of_form(TIME), text=time_text)
    if not day_text and (kind.timed or time_text):
        found.add(DAY, "keyed.needed", field=_of_form(DAY))
    if not time_text and kind.timed:
        found.add(TIME, "keyed.needed", field=_of_form(TIME))
    if found.faults and any(fault.at in (DAY, TIME) for fault in found.faults):
        return
    found.happened_at = _stated(day, at, now).isoformat()
    if _stated(day, at, now) > now:
        late = DAY if day is not None and day > now.date() else TIME
        found.add(late, "keyed.day_ahead", field=_of_form(late), text=day_text or time_text)


def _stated(day: date | None, at: time | None, now: datetime) -> datetime:
    if day is None:
        return now.replace(microsecond=0)
    if at is None and day == now.date():
        return min(datetime.combine(day, NOON, CST), now.replace(microsecond=0))
    return datetime.combine(day, at or NOON, CST)


def _answer(found: Read, kind: RecordKind, question: Question, text: str, setting: Setting) -> None:
    """Read the answer to one question."""
    of = field_of(kind, question)
    table = table_of(kind, question, setting.season)
    at, words = ANSWER + question.field, words_of(question.ask)
    value: Any = text
    if table:
        row = typed_answers.chosen(text, tuple(enumerate(table, 1)))
        if row is None:
            found.add(at, "keyed.choice_unread", field=words, text=text)
            return
        value = row.code == "yes" if isinstance(of.holds, YesNo) else row.code
    elif of.day:
        near = datetime.fromisoformat(found.happened_at) if found.happened_at else setting.now
        day = typed_answers.day_of(text, near.astimezone(CST).date())
        if day is None:
            found.add(at, "keyed.day_unread", field=words, text=text)
            return
        value = day.isoformat()
    elif question.party or _many(of):
        names, unknown = typed_answers.names_of(text, setting.people)
        if unknown:
            found.add(at, "keyed.person_unread", field=words, text=unknown[0])
            return
        first = (found.teacher.name,) if question.party and found.teacher else ()
        value = list(dict.fromkeys((*first, *names)))
    elif question.sentences:
        numbered = tuple(
            (number, Code(str(number), *sentence))
            for number, sentence in enumerate(question.sentences, 1)
        )
        row = typed_answers.chosen(text, numbered)
        if row is None and text.isdigit():
            found.add(at, "keyed.choice_unread", field=words, text=text)
            return
        value = row.zh if row else text
    found.answers[question.field] = value
    rule = of.holds.broken(value)
    if rule is not None:
        found.add(at, "fact.out_of_bounds", field=words, rule=rule)


def _many(of: Field) -> bool:
    return hasattr(of.holds, "of")


def _check(found: Read, kind: RecordKind, typed: Mapping[str, str], setting: Setting) -> None:
    """Hold the answers against each other: what cannot be chosen, what is not asked, what lacks."""
    known, wrong = _known(found, setting), {fault.at for fault in found.faults}
    language_rows = {q.field: table_of(kind, q, setting.season) for q in questions_of(kind)}
    for question in questions_of(kind):
        at, value = ANSWER + question.field, found.answers.get(question.field)
        if at in wrong:
            continue
        text = typed.get(at, "").strip()
        if text and not question.asked(found.answers, known):
            condition = words_of(question.condition)
            found.add(at, "keyed.not_asked", field=words_of(question.ask), condition=condition)
        elif value and isinstance(value, str) and language_rows[question.field]:
            allowed = offered(kind, question, found.answers, setting.season)
            if value not in allowed:
                _not_offered(found, question, value, allowed, language_rows[question.field])
    wrong = {fault.at for fault in found.faults}
    for question in missing(kind, found.answers, known):
        if ANSWER + question.field not in wrong:
            found.add(ANSWER + question.field, "keyed.needed", field=words_of(question.ask))


def _not_offered(
    found: Read, question: Question, value: str, allowed: Sequence[str], table: Sequence[Code]
) -> None:
    rows = [(number, row) for number, row in enumerate(table, 1) if row.code in allowed]
    choices = Code(
        "choices",
        "、".join(f"{number} {row.zh}" for number, row in rows),
        ", ".join(f"{number} {row.en}" for number, row in rows),
    )
    found.add(
        ANSWER + question.field,
        "keyed.choice_elsewhere",
        field=words_of(question.ask),
        choice=codes.find(tuple(table), value),
        choices=choices,
    )


def words_of(label: Label) -> Code:
    """Words of both languages as a value of a problem."""
    return Code("words", label.zh.rstrip("？"), label.en.rstrip("?"))


def _of_form(name: str) -> Code:
    return words_of(LABELS[name])
