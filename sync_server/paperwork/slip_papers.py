"""Render what goes with a batch of signed slips: the hand-over sheet, and the receipt for them.

Both in two copies, one for the school and one for the centre. Names are masked, as on the slips.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec

from shared.identity import mask_name
from shared.ids import show_case_code
from shared.season import Season
from sync_server.paperwork import words
from sync_server.paperwork.faces import KeptFaces
from sync_server.paperwork.typeset import Job, typeset


class Slip(msgspec.Struct, frozen=True, kw_only=True):
    """A slip of a batch.

    Attributes:
        line: Its number on the sheet.
        code: The bare case code.
        name: The person's name, whole.
        on_sheet: Whether the sheet names it.
        received: Whether the centre received it.
    """

    line: int
    code: str
    name: str
    on_sheet: bool = True
    received: bool = False


class BatchPaper(msgspec.Struct, frozen=True, kw_only=True):
    """A batch as its papers show it.

    Attributes:
        unit: The school's name.
        number: The batch's number in the school.
        slips: Its slips in order of their lines.
        draft: Whether the school still prepares it.
        received_on: ISO day on which the slips were brought, "" until they are received.
        given_by: Who brought them.
        received_by: Who received them.
        late: Whether that was after the season's day for slips.
        receipts: How often a receipt was made out.
        reason: Why it was corrected for the last time.
    """

    unit: str
    number: int
    slips: tuple[Slip, ...]
    draft: bool = False
    received_on: str = ""
    given_by: str = ""
    received_by: str = ""
    late: bool = False
    receipts: int = 0
    reason: str = ""


def render_sheet(
    batch: BatchPaper,
    season: Season,
    made_on: date,
    fonts_dir: Path,
    *,
    demo: bool = False,
    faces: KeptFaces | None = None,
) -> bytes:
    """Render the hand-over sheet of a batch in two copies; equal arguments give equal bytes.

    Args:
        batch: The batch.
        season: The season.
        made_on: The day, for the file's date.
        fonts_dir: The folder with the paper fonts.
        demo: Whether every page says that its data are invented.
        faces: The county's own faces.

    Raises:
        ProblemError: paper.not_set.
    """
    view = {
        "kind": "sheet",
        "title": f"{batch.unit}{season.id}年签收单交接单第{batch.number}批",
        "centre": season.letterhead.centre,
        "draft": batch.draft,
        "lines": _lines(batch.slips),
    }
    return _render(view, batch, season, made_on, fonts_dir, demo, faces)


def render_receipt(
    batch: BatchPaper,
    season: Season,
    made_on: date,
    fonts_dir: Path,
    *,
    demo: bool = False,
    faces: KeptFaces | None = None,
) -> bytes:
    """Render the receipt (收据) of a batch in two copies; equal arguments give equal bytes.

    Args:
        batch: The batch, received.
        season: The season.
        made_on: The day, for the file's date.
        fonts_dir: The folder with the paper fonts.
        demo: Whether every page says that its data are invented.
        faces: The county's own faces.

    Raises:
        ProblemError: paper.not_set.
    """
    received = [slip for slip in batch.slips if slip.received]
    missing = [slip for slip in batch.slips if slip.on_sheet and not slip.received]
    view = {
        "kind": "receipt",
        "title": f"{batch.unit}{season.id}年签收单收据第{batch.number}批",
        "on-sheet": sum(slip.on_sheet for slip in batch.slips),
        "extra": sum(not slip.on_sheet for slip in received),
        "received": _lines(received, late=batch.late),
        "missing": _lines(missing),
        "received-on": words.day(batch.received_on),
        "given-by": batch.given_by,
        "received-by": batch.received_by,
        "late": batch.late,
        "receipts": batch.receipts,
        "reason": batch.reason,
    }
    return _render(view, batch, season, made_on, fonts_dir, demo, faces)


def _lines(slips: Sequence[Slip], *, late: bool = False) -> list[dict[str, Any]]:
    return [
        {
            "line": slip.line,
            "code": show_case_code(slip.code),
            "name": mask_name(slip.name),
            "note": "、".join(
                note for note, said in (("迟交", late), ("单外", not slip.on_sheet)) if said
            ),
        }
        for slip in slips
    ]


def _render(
    view: dict[str, Any],
    batch: BatchPaper,
    season: Season,
    made_on: date,
    fonts_dir: Path,
    demo: bool,
    faces: KeptFaces | None,
) -> bytes:
    due = season.deadlines.get("slips")
    common = {
        "unit": batch.unit,
        "season": season.id,
        "number": str(batch.number),
        "due": words.day(due.isoformat()) if due else "",
        "demo": demo,
    }
    job = Job(
        template="slip_papers.typ",
        view={**common, **view},
        meta={},
        created_at=datetime(made_on.year, made_on.month, made_on.day, tzinfo=UTC),
        footnotes=False,
    )
    return typeset(job, fonts_dir, faces=faces)[0]
