"""Render blank sheets of the records: what a teacher carries where no phone is.

The questions are those of the phone's form and the office's page, with the same numbers before the
answers (shared/record_forms.py). A sheet of a person has the code, a QR and the masked name: no
sum, no ID number.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from shared import flag_reasons
from shared.cases import Case
from shared.identity import mask_name
from shared.ids import show_case_code
from shared.paper import sheet_mark
from shared.record_forms import ever_offered, field_of, questions_of
from shared.records.kind import Question, RecordKind
from shared.records.registry import named
from shared.season import Season
from sync_server.paperwork import qr_codes
from sync_server.paperwork.faces import KeptFaces
from sync_server.paperwork.typeset import Job, typeset

SHORT_LINES, LONG_LINES = 1, 9
"""Ruled lines for an answer in words: for a sentence, and for a narrative."""


def render_record_sheets(
    kinds: Sequence[RecordKind],
    cases: Sequence[Case],
    season: Season,
    school_name: str,
    made_on: date,
    fonts_dir: Path,
    *,
    demo: bool = False,
    faces: KeptFaces | None = None,
) -> bytes:
    """Render the sheets of these kinds; equal arguments give equal bytes.

    Args:
        kinds: The kinds of record, a page each.
        cases: The people; each has a page of every kind. Nobody: sheets without a name.
        season: The season, whose reasons are printed.
        school_name: The school's name.
        made_on: The day, for the file's date.
        fonts_dir: The folder with the paper fonts.
        demo: Whether every page says that its data are invented.
        faces: The county's own faces.

    Returns:
        The PDF.

    Raises:
        ProblemError: paper.not_set, case.code_invalid.
    """
    people = [_person(case) for case in cases] or [{"code": "", "name": "", "village": ""}]
    pages = [
        {**person, "form": _form(kind, season), "qr": _qr_name(person["code"], kind)}
        for person in people
        for kind in kinds
    ]
    pictures = tuple(
        (_qr_name(show_case_code(case.code), kind), qr_codes.svg(sheet_mark(case.code, kind.place)))
        for case in cases
        for kind in kinds
    )
    job = Job(
        template="record.typ",
        view={
            "title": f"{school_name}{season.id}年记录表",
            "unit": school_name,
            "season": season.id,
            "demo": demo,
            "pages": pages,
        },
        meta={},
        pictures=pictures,
        created_at=datetime(made_on.year, made_on.month, made_on.day, tzinfo=UTC),
        footnotes=False,
    )
    return typeset(job, fonts_dir, faces=faces)[0]


def render_named(kinds: Sequence[str], *given: Any, **more: Any) -> bytes:
    """Render the sheets of kinds by name: a kind holds functions, which no worker is sent."""
    return render_record_sheets([named(kind) for kind in kinds], *given, **more)


def _person(case: Case) -> dict[str, str]:
    return {
        "code": show_case_code(case.code),
        "name": mask_name(case.borrower.name),
        "village": case.village or case.township,
    }


def _qr_name(code: str, kind: RecordKind) -> str:
    return f"sheet-{code}-{kind.place}.svg" if code else ""


def _form(kind: RecordKind, season: Season) -> dict[str, Any]:
    reasons = [{"n": n, "words": row.zh} for n, row in enumerate(flag_reasons.WORDS, 1)]
    return {
        "name": kind.label.zh,
        "place": kind.place,
        "timed": kind.timed,
        "questions": [_question(kind, question, season) for question in questions_of(kind)],
        "reasons": reasons if kind.flagged else [],
    }


def _question(kind: RecordKind, question: Question, season: Season) -> dict[str, Any]:
    field = field_of(kind, question)
    answers = [{"n": n, "words": row.zh} for n, row in ever_offered(kind, question, season)]
    if question.sentences:
        answers = [{"n": n, "words": each.zh} for n, each in enumerate(question.sentences, 1)]
    return {
        "ask": question.ask.zh,
        "condition": question.condition.zh,
        "answers": answers,
        "day": field.day,
        "lines": LONG_LINES if field.name == kind.long else SHORT_LINES,
        "words": bool(question.sentences) or not answers,
    }
