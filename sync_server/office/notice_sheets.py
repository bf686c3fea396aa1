"""Set the notices of a batch in portions, in a job's subprocess: progress, and two cores used."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import date
from pathlib import Path
from typing import Literal

import msgspec

from shared.assets import FONTS
from shared.cases import Case
from shared.season import Season
from sync_server.paperwork.faces import KeptFaces

Cover = Literal["", "first", "last"]
"""Where the list of who is in the batch stands; "" for none."""
PORTION = 25
"""People set at a time: a second of work, so that progress is seen and a portion's fonts, which it
brings along, stay small beside its pages. Source: docs/benchmarks.md#heavy-work."""
MOST_THREADS = 2
"""Portions set at the same time; the typesetter lets others work meanwhile. More would take the
cores of phones and pages."""


class BatchSheets(msgspec.Struct, frozen=True, kw_only=True):
    """What the sheets of a batch are made of.

    Attributes:
        cases: The people, in the order of the sheets.
        prints: Which print of a person's notice it is, by case id.
        season: The season.
        school: The school's name.
        phone: The school's telephone.
        contact: Who answers it.
        issued_on: The day on the sheets.
        number: The number of the batch.
        whom: For whom it is, for its list.
        cover: Where its list stands.
        demo: Whether the data are invented.
    """

    cases: tuple[Case, ...]
    prints: dict[str, int]
    season: Season
    school: str
    phone: str
    contact: str
    issued_on: date
    number: int
    whom: str
    cover: Cover = ""
    demo: bool = False


def set_sheets(
    progress: Callable[[int, int], None], sheets: BatchSheets, faces: KeptFaces | None, dest: Path
) -> None:
    """Set a batch and write it as one PDF.

    Args:
        progress: Takes how many people of how many are set.
        sheets: The batch.
        faces: The county's own faces.
        dest: The file to write.

    Raises:
        ProblemError: compose.no_code, paper.not_set.
    """
    from sync_server.paperwork import pdf_join

    total = len(sheets.cases)
    portions = [sheets.cases[at : at + PORTION] for at in range(0, total, PORTION)]
    progress(0, total)
    done, made = 0, dict[int, bytes]()
    with ThreadPoolExecutor(min(MOST_THREADS, os.cpu_count() or 1)) as threads:
        at_work = {
            threads.submit(_notices, sheets, portion, faces): number
            for number, portion in enumerate(portions)
        }
        for ended in as_completed(at_work):
            number = at_work[ended]
            made[number] = ended.result()
            done += len(portions[number])
            progress(done, total)
    parts = [made[number] for number in range(len(portions))]
    if sheets.cover:
        parts.insert(0 if sheets.cover == "first" else len(parts), _cover(sheets, faces))
    pdf_join.join(parts, dest)


def _notices(sheets: BatchSheets, cases: tuple[Case, ...], faces: KeptFaces | None) -> bytes:
    from sync_server.paperwork.notices import render_notices

    return render_notices(
        cases,
        sheets.season,
        sheets.school,
        sheets.issued_on,
        FONTS,
        school_phone=sheets.phone,
        school_contact=sheets.contact,
        prints=sheets.prints,
        demo=sheets.demo,
        faces=faces,
    )


def _cover(sheets: BatchSheets, faces: KeptFaces | None) -> bytes:
    from sync_server.paperwork.notice_cover import render_cover

    return render_cover(
        sheets.cases,
        sheets.season,
        sheets.school,
        sheets.issued_on,
        FONTS,
        number=sheets.number,
        whom=sheets.whom,
        prints=sheets.prints,
        demo=sheets.demo,
        faces=faces,
    )
