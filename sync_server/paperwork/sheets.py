"""Render sheets to fill in by hand: a blank 情况说明, and signatures of a village's notices.

For schools without phones, and for the visit on which the phone is flat. A sheet that several
families sign carries masked names only.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from shared import codes
from shared.cases import Case
from shared.identity import mask_name
from shared.ids import show_case_code
from shared.problems import ProblemError
from shared.season import Season
from sync_server.paperwork.faces import KeptFaces
from sync_server.paperwork.typeset import Job, typeset

NO_VILLAGE = "未写村名"


def render_statement_sheet(
    season: Season,
    school_name: str,
    made_on: date,
    fonts_dir: Path,
    *,
    demo: bool = False,
    faces: KeptFaces | None = None,
) -> bytes:
    """Render one blank 情况说明 with the season's reasons; equal arguments give equal bytes.

    Args:
        season: The season.
        school_name: The school's name.
        made_on: The day, for the file's date.
        fonts_dir: The folder with the paper fonts.
        demo: Whether the sheet says that its data are invented.
        faces: The county's own faces.

    Returns:
        A PDF of one page.

    Raises:
        ProblemError: paper.not_set.
    """
    view = {
        "sheet": "statement",
        "reasons": [reason.zh for reason in season.reasons],
        "handlings": [handling.zh for handling in codes.HANDLINGS],
    }
    return _render(view, "情况说明(空白)", season, school_name, made_on, fonts_dir, demo, faces)


def render_signing_sheets(
    cases: Sequence[Case],
    season: Season,
    school_name: str,
    made_on: date,
    fonts_dir: Path,
    *,
    demo: bool = False,
    faces: KeptFaces | None = None,
) -> bytes:
    """Render a sheet of signatures for each village; equal arguments give equal bytes.

    Args:
        cases: The cases, in any order; each village has its people in order of their codes.
        season: The season.
        school_name: The school's name.
        made_on: The day, for the file's date.
        fonts_dir: The folder with the paper fonts.
        demo: Whether every page says that its data are invented.
        faces: The county's own faces.

    Returns:
        The PDF; a village begins on a page of its own.

    Raises:
        ProblemError: paper.nobody_due, paper.not_set.
    """
    if not cases:
        raise ProblemError("paper.nobody_due", school=school_name)
    ordered = sorted(cases, key=lambda case: (case.village == "", case.village, case.code))
    villages = [
        {
            "name": village or NO_VILLAGE,
            "people": [
                {"code": show_case_code(case.code), "name": mask_name(case.borrower.name)}
                for case in people
            ],
        }
        for village, people in groupby(ordered, key=lambda case: case.village)
    ]
    view = {"sheet": "signing", "villages": villages}
    return _render(view, "书面通知签收表", season, school_name, made_on, fonts_dir, demo, faces)


def _render(
    view: dict[str, Any],
    title: str,
    season: Season,
    school_name: str,
    made_on: date,
    fonts_dir: Path,
    demo: bool,
    faces: KeptFaces | None,
) -> bytes:
    common = {
        "title": f"{school_name}{season.id}年{title}",
        "unit": school_name,
        "season": season.id,
        "demo": demo,
    }
    job = Job(
        template="sheets.typ",
        view={**common, **view},
        meta={},
        created_at=datetime(made_on.year, made_on.month, made_on.day, tzinfo=UTC),
        footnotes=False,
    )
    return typeset(job, fonts_dir, faces=faces)[0]
