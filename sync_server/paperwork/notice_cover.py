"""Render the list of a batch of notices: who is in it, in the order of the sheets, a box each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from shared.cases import Case
from shared.identity import mask_name
from shared.ids import show_case_code
from shared.season import Season
from sync_server.paperwork import words
from sync_server.paperwork.faces import KeptFaces
from sync_server.paperwork.typeset import Job, typeset


def render_cover(
    cases: Sequence[Case],
    season: Season,
    school_name: str,
    issued_on: date,
    fonts_dir: Path,
    *,
    number: int,
    whom: str = "全校",
    prints: Mapping[str, int] | None = None,
    demo: bool = False,
    faces: KeptFaces | None = None,
) -> bytes:
    """Render the list of a batch; equal arguments give equal bytes.

    Args:
        cases: The cases, in the order of the sheets.
        season: The season.
        school_name: The school's name.
        issued_on: The day of the batch.
        fonts_dir: The folder with the paper fonts.
        number: The number of the batch.
        whom: For whom it is, such as a teacher or a village.
        prints: Which print of a person's notice it is, by case id; 1 where a case is not in it.
        demo: Whether every page says that its data are invented.
        faces: The county's own faces.

    Returns:
        The PDF.

    Raises:
        ProblemError: paper.not_set.
    """
    numbers = prints or {}
    again = {case.id: n for case in cases if (n := numbers.get(case.id, 1)) > 1}
    view = {
        "title": f"{school_name}{season.id}年第{number}批送达清单",
        "unit": school_name,
        "season": season.id,
        "number": number,
        "issued_on": words.day(issued_on.isoformat()),
        "whom": whom,
        "reprints": len(again),
        "demo": demo,
        "people": [
            {
                "code": show_case_code(case.code),
                "name": mask_name(case.borrower.name),
                "village": case.village or case.township,
                "reprint": f"第{again[case.id]}次" if case.id in again else "",
            }
            for case in cases
        ],
    }
    job = Job(
        template="notice_cover.typ",
        view=view,
        meta={},
        created_at=datetime(issued_on.year, issued_on.month, issued_on.day, tzinfo=UTC),
        footnotes=False,
    )
    return typeset(job, fonts_dir, faces=faces)[0]
