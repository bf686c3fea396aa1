"""Render a school's list on paper: masked, by village or by teacher, with the sheet to sign.

The names are masked because the sheets lie on desks and go along in bags; whoever needs a full name
looks at the phone, at the notice, or at the workbook.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

from shared.identity import mask_id, mask_name, mask_phone
from shared.ids import show_case_code
from shared.money import yuan
from shared.problems import ProblemError
from shared.season import Season
from sync_server.paperwork import list_cover, words
from sync_server.paperwork.case_list import ListLine
from sync_server.paperwork.faces import KeptFaces
from sync_server.paperwork.list_cover import NO_TEACHER, NO_VILLAGE, Cover, Group
from sync_server.paperwork.typeset import Job, typeset
from sync_server.paperwork.walking_order import place

By = Literal["village", "teacher"]
TITLES: dict[By, str] = {"village": "按村、社区", "teacher": "按走访老师"}


def in_order(lines: Sequence[ListLine], by: By) -> list[ListLine]:
    """Return people as they are walked to; by teacher, those with no teacher come last. Pure."""
    if by == "village":
        return sorted(lines, key=lambda line: place(line.case))
    return sorted(lines, key=lambda line: (line.teacher == "", line.teacher, place(line.case)))


def render_school_list(
    lines: Sequence[ListLine],
    cover: Cover,
    season: Season,
    by: By,
    fonts_dir: Path,
    *,
    demo: bool = False,
    faces: KeptFaces | None = None,
) -> bytes:
    """Render the list of a school as a PDF; equal arguments give equal bytes.

    Args:
        lines: The people, in any order.
        cover: What the first sheet shows.
        season: The season.
        by: Whether people stand by village, one after the other, or by teacher, each teacher on
            pages of the own.
        fonts_dir: The folder with the paper fonts.
        demo: Whether every page says that its data are invented.
        faces: The county's own faces.

    Raises:
        ProblemError: paper.nobody_due, paper.not_set.
    """
    if not lines:
        raise ProblemError("paper.nobody_due", school=cover.school)
    view = {
        "title": list_cover.title(cover, season),
        "unit": cover.school,
        "season": season.id,
        "by": by,
        "order": TITLES[by],
        "version": f"第 {cover.version} 版",
        "digest": words.grouped(cover.digest, list_cover.SHOWN_DIGEST),
        "facts": list_cover.facts(cover, season),
        "receipt": list_cover.receipt(cover, season),
        "signed": list_cover.SIGNED,
        "copies": list_cover.COPIES,
        "groups": [
            {"name": "村、社区", "rows": [_group(g) for g in cover.villages]},
            {"name": "走访老师", "rows": [_group(g) for g in cover.teachers]},
        ],
        "sections": _sections(lines, by),
        "demo": demo,
    }
    made = date.fromisoformat(cover.made_on)
    job = Job(
        template="school_list.typ",
        view=view,
        meta={},
        created_at=datetime(made.year, made.month, made.day, tzinfo=UTC),
        footnotes=False,
    )
    return typeset(job, fonts_dir, faces=faces)[0]


def _group(group: Group) -> list[str]:
    return [group.name, str(group.people), yuan(group.due_fen)]


def _sections(lines: Sequence[ListLine], by: By) -> list[dict[str, Any]]:
    def name(line: ListLine) -> str:
        return line.case.village or NO_VILLAGE if by == "village" else line.teacher or NO_TEACHER

    sections = []
    for heading, found in groupby(in_order(lines, by), key=name):
        people = list(found)
        due_fen = sum(line.case.total_fen for line in people)
        sections.append(
            {
                "name": heading,
                "people": [_person(line, by) for line in people],
                "count": len(people),
                "due": yuan(due_fen),
            }
        )
    return sections


def _person(line: ListLine, by: By) -> list[str]:
    """Return the cells of a person, all of them masked."""
    case = line.case
    other = case.village or NO_VILLAGE if by == "teacher" else line.teacher or NO_TEACHER
    phones = case.borrower.phones
    return [
        show_case_code(case.code),
        mask_name(case.borrower.name),
        words.short_mask(mask_id(case.borrower.id_number)),
        mask_phone(phones[0]) if phones else "",
        mask_name(case.co_borrower.name) if case.co_borrower else "",
        other,
        str(len(case.contracts)),
        yuan(case.total_fen),
    ]
