"""The form of a record from paper as rows of a page: questions, numbered answers, what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from shared import codes
from shared.codes import Code
from shared.problems import ProblemError
from shared.record_forms import ever_offered, field_of, questions_of, table_of
from shared.records.base import Fact
from shared.records.kind import Known, Question, RecordKind
from shared.records.registry import read_as
from shared.records.shapes import YesNo
from shared.season import CST, Season
from sync_server.console.web import labels
from sync_server.console.web.formatting import Words
from sync_server.office.keyed_form import ANSWER, DAY, LABELS, REASON, SLIP, TEACHER, TIME, WHY
from sync_server.office.typed_answers import Person
from sync_server.store import units
from sync_server.store.database import Connection
from sync_server.store.initials import initials
from sync_server.store.slip_stacks import FiledSlip


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One question of the form.

    Attributes:
        name: The form's field.
        label: The question.
        hint: When it is asked, or how its answer is written.
        options: The answers, each with its number.
        value: What stands in the field.
        longest: Most characters.
        lines: Whether the answer has several lines.
        short: Whether a number or a day is typed, not words.
        needed: Whether it is asked of every record.
        fault: What is wrong with it, and the fix.
        focus: Whether the cursor begins there.

    """

    name: str
    label: str
    hint: str = ""
    options: tuple[tuple[int, str], ...] = ()
    value: str = ""
    longest: int = 200
    lines: bool = False
    short: bool = False
    needed: bool = False
    fault: str = ""
    focus: bool = False


def people_of(
    connection: Connection, season: str, unit: str, also: str = "", shown: Sequence[str] = ()
) -> list[Person]:
    """Return the teachers of a school, numbered in the order of their names; who left comes last.

    Args:
        connection: A read transaction.
        season: The season.
        unit: The school.
        also: The id of the teacher of a record; numbered 0 where the name was merged since.
        shown: The ids in the order in which a form numbered them: somebody added since takes the
            number of nobody.
    """
    known = [p for p in units.known_staff(connection, season, unit) if not p.merged_into]
    staff = sorted(known, key=lambda person: not person.is_here)
    numbers = {staff_id: number for number, staff_id in enumerate(shown, 1)}
    for person in staff:
        numbers.setdefault(person.id, len(numbers) + 1)
    found = [Person(numbers[p.id], p.id, p.name, initials(p.name)) for p in staff]
    if also and also not in {person.id for person in found}:
        name = units.staff_names(connection, season).get(also, "")
        found.append(Person(0, also, name, ""))
    return found


def rows_of(
    kind: RecordKind,
    typed: Mapping[str, str],
    season: Season,
    people: Sequence[Person],
    words: Words,
    *,
    corrects: bool = False,
) -> list[Row]:
    """Return the rows of a form.

    Args:
        kind: The kind of record.
        typed: What stands in the fields.
        season: The season, whose reasons are offered.
        people: The school's teachers.
        words: The page's language.
        corrects: Whether a record is corrected: why is asked, and not who wrote the sheet.
    """
    teachers = tuple((person.number, person.name) for person in people if person.number)
    whose = () if corrects else (_own(TEACHER, typed, words, options=teachers, needed=True),)
    first = [
        _own(DAY, typed, words, hint=words("如 12-14、1214", "such as 12-14, 1214"), needed=True),
        _own(TIME, typed, words, hint=words("如 930、15:20", "such as 930, 15:20"), needed=True),
    ]
    if not kind.timed:
        today = words("不填就是现在", "empty: now")
        first = [msgspec.structs.replace(first[0], hint=today, needed=False)]
    asked = [
        _asked(kind, question, typed, season, teachers, words) for question in questions_of(kind)
    ]
    last = [_own(REASON, typed, words, needed=True)] if corrects else []
    return [*whose, *first, *asked, *last]


def _own(name: str, typed: Mapping[str, str], words: Words, **more: Any) -> Row:
    short = name != REASON
    return Row(
        name=name, label=words(*LABELS[name]), value=typed.get(name, ""), short=short, **more
    )


def _asked(
    kind: RecordKind,
    question: Question,
    typed: Mapping[str, str],
    season: Season,
    teachers: tuple[tuple[int, str], ...],
    words: Words,
) -> Row:
    field, language = field_of(kind, question), words.language
    options = tuple((n, row.label(language)) for n, row in ever_offered(kind, question, season))
    label, hint = words(*question.ask), words(*question.condition)
    if question.sentences:
        options = tuple((n, words(*each)) for n, each in enumerate(question.sentences, 1))
        hint = words("{when};也可以照抄原话", "{when}; or copy the words", when=hint)
    if question.party:
        options, label = teachers, words("还有谁一起去？", "Who else went?")
        more = words("可填数字或姓名,几个人用空格隔开", "numbers or names, with blanks between")
        hint = words("{when};{more}", "{when}; {more}", when=hint, more=more) if hint else more
    return Row(
        name=ANSWER + question.field,
        label=label,
        hint=hint,
        options=options,
        value=typed.get(ANSWER + question.field, begins(kind, question, season)),
        longest=field.most_characters or 200,
        lines=question.field == kind.long,
        short=field.day or bool(table_of(kind, question, season)),
        needed=question.needed({}, Known(season)),
    )


def begins(kind: RecordKind, question: Question, season: Season) -> str:
    """Return the number of the answer that a new form begins with, "" for none."""
    return _number(table_of(kind, question, season), question.begins)


def _number(table: Sequence[Code], code: str) -> str:
    return next((str(n) for n, row in enumerate(table, 1) if row.code == code), code)


def with_faults(rows: Sequence[Row], faults: Mapping[str, ProblemError], words: Words) -> list[Row]:
    """Return the rows with their faults; the cursor is in the first wrong one, else first empty."""
    wrong = [row.name for row in rows if row.name in faults]
    empty = [row.name for row in rows if not row.value]
    focus = next(iter(wrong or empty), "")
    return [
        msgspec.structs.replace(
            row,
            fault=_fault(faults[row.name], words) if row.name in faults else "",
            focus=row.name == focus,
        )
        for row in rows
    ]


def _fault(problem: ProblemError, words: Words) -> str:
    stop = words("。", ". ")
    return words.plain(f"{problem.message(words.language)}{stop}{problem.fix(words.language)}")


def slip_row(slips: Sequence[FiledSlip], typed: Mapping[str, str], words: Words) -> list[Row]:
    """Return the row that offers the filed scans of a person's slip, none where there is none.

    A new form begins with the first one that is signed.
    """
    if not slips:
        return []
    signed = [str(n) for n, slip in enumerate(slips, 1) if slip.ink == "signed"]
    return [
        Row(
            name=SLIP,
            label=words(*LABELS[SLIP]),
            hint=words("不附就清空", "empty: none"),
            options=tuple((n, _scanned(slip, words)) for n, slip in enumerate(slips, 1)),
            value=typed.get(SLIP, next(iter(signed), "")),
            short=True,
        )
    ]


def _scanned(slip: FiledSlip, words: Words) -> str:
    return words(
        "{at} 归档·{ink}",
        "filed {at}, {ink}",
        at=words.moment(slip.at),
        ink=words.label(labels.INK, slip.ink),
    )


def why_rows(
    still: Sequence[tuple[tuple[str, ...], tuple[tuple[int, Code], ...]]],
    typed: Mapping[str, str],
    words: Words,
) -> list[Row]:
    """Return a row for each reason that the conduct rules still want."""
    comma = words("、", ", ")
    return [
        Row(
            name=WHY + flags[0],
            label=words(
                "{what}:为什么？",
                "{what}: why?",
                what=comma.join(codes.label(codes.FLAGS, flag, words.language) for flag in flags),
            ),
            hint=words("照记录表填;也可以照抄原话", "from the sheet; or copy the words"),
            options=tuple((n, row.label(words.language)) for n, row in reasons),
            value=typed.get(WHY + flags[0], ""),
            longest=500,
            needed=True,
        )
        for flags, reasons in still
    ]


def typed_of(
    fact: Fact, kind: RecordKind, season: Season, people: Sequence[Person]
) -> dict[str, str]:
    """Return a record as somebody would have typed it, to be corrected."""
    at = datetime.fromisoformat(fact.happened_at).astimezone(CST)
    visited_by = fact.paper.visited_by if fact.paper else ""
    teacher = next((p for p in people if p.id == visited_by), None)
    typed = {
        TEACHER: str(teacher.number) if teacher else "",
        DAY: at.date().isoformat(),
        TIME: f"{at:%H:%M}",
    }
    scan = fact.paper.scan if fact.paper else ""
    photos = tuple(photo for photo in fact.photos if photo != scan)
    known = Known(season, teacher.name if teacher else "", photos)
    answers = msgspec.to_builtins(read_as(fact.body, kind.body))
    for question in questions_of(kind):
        if not question.asked(answers, known):
            continue
        value = answers.get(question.field, "")
        field = field_of(kind, question)
        table = table_of(kind, question, season)
        if isinstance(value, list | tuple):
            own = teacher.name if teacher and question.party else ""
            text = " ".join(str(each) for each in value if each != own)
        elif isinstance(field.holds, YesNo):
            text = "1" if value else ""
        elif table:
            text = _number(table, str(value) or question.begins)
        else:
            text = str(value)
        typed[ANSWER + question.field] = text
    return typed
