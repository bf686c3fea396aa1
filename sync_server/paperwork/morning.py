"""Render morning sheets: a school's people to visit, by teacher, and what is to be chased first.

Names are masked and reasons that say something of a person's health or freedom are not named: the
sheet lies on desks and goes along. There is no telephone, number or sum on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from shared.season import Season
from sync_server.paperwork import words
from sync_server.paperwork.faces import KeptFaces
from sync_server.paperwork.typeset import Job, typeset


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A table of a sheet: a title with its number, headings, and rows of texts.

    `note`: a sentence below the title, "" for none.
    """

    title: str
    count: int
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


class SheetView(msgspec.Struct, frozen=True, kw_only=True):
    """A school's sheet as it is printed.

    Attributes:
        school: The school's name.
        sub: Since when things are new, and of which day the repayments are.
        first: What comes first, in words; "" where there is nothing.
        more: What comes after that.
        figures: Numbers with their names.
        sections: The tables, in order; empty ones are left out.
    """

    school: str
    sub: str
    first: str
    more: tuple[str, ...]
    figures: tuple[tuple[str, int], ...]
    sections: tuple[Section, ...]


def render_morning(
    sheets: Sequence[SheetView],
    season: Season,
    made_at: datetime,
    fonts_dir: Path,
    demo: bool = False,
    faces: KeptFaces | None = None,
) -> bytes:
    """Render the sheets as one PDF; equal arguments give equal bytes.

    Args:
        sheets: The schools' sheets, each on pages of its own.
        season: Its letterhead is printed.
        made_at: The moment of the sheets.
        fonts_dir: The folder with the program's fonts.
        demo: Whether the clock is a demonstration's.
        faces: The county's own faces.

    Raises:
        ProblemError: paper.not_set.
    """
    day = words.moment(made_at.isoformat())
    view: dict[str, Any] = {
        "title": f"{season.id}年走访今日清单",
        "unit": season.letterhead.centre,
        "day": day,
        "sheets": [msgspec.to_builtins(one) for one in sheets],
        "demo": demo,
    }
    job = Job(template="morning.typ", view=view, meta={}, created_at=made_at, footnotes=False)
    return typeset(job, fonts_dir, faces=faces)[0]
