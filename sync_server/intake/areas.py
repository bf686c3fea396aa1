"""Read 附件2, the table of areas: the centre's officer and the townships of each school."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path

import msgspec

from sync_server.intake.cell_text import cell_text
from sync_server.intake.cells import RowReader
from sync_server.intake.choice import TableChoice
from sync_server.intake.columns import find_table
from sync_server.intake.duplicates import resolve_duplicates
from sync_server.intake.layouts import AREAS
from sync_server.intake.report import Findings, Progress, Report, Totals, no_progress
from sync_server.intake.rows import Counted, TotalsRow, check_totals, data_rows, warn_of_file
from sync_server.intake.sheet import Sheet, sheets_in

_SPLIT = re.compile(r"[、,，;；/\s]+")


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """One school's area.

    `people` and `total_fen` are what the table says, None where it says nothing; `row` counts from
    1.
    """

    officer: str
    school: str
    townships: tuple[str, ...]
    people: int | None = None
    total_fen: int | None = None
    row: int


class Areas(msgspec.Struct, frozen=True, kw_only=True, tag="areas", tag_field="kind"):
    """The whole table, in the file's order."""

    rows: tuple[Area, ...]
    report: Report


def read_areas(
    source: Path | Sequence[Sheet],
    choice: TableChoice | None = None,
    *,
    known_schools: Collection[str] | None = None,
    progress: Progress = no_progress,
) -> Areas:
    """Read 附件2.

    Args:
        source: the file, or its sheets.
        choice: what somebody said of the file.
        known_schools: rows for any other school are rejected; None: not checked.
        progress: takes how many rows of how many were read.

    Returns:
        The rows with their report.

    Raises:
        ProblemError: intake.* when the file as a whole cannot be read.
    """
    table, findings, totals = (
        find_table(sheets_in(source), AREAS, choice),
        Findings(progress),
        list[TotalsRow](),
    )
    readers = data_rows(
        table, findings, keys=("officer", "school"), amounts=("total_due",), totals=totals
    )
    rows = [_row(reader, known_schools) for reader in readers]
    kept = resolve_duplicates(
        [row for row in rows if row.row not in findings.rejected],
        key=lambda row: row.school,
        fault=_fault,
        repeated="intake.school_repeated",
        label=table.label("school"),
        findings=findings,
    )
    check_totals(
        table, findings, totals, [Counted(r.row, {"total_due": r.total_fen or 0}) for r in kept]
    )
    warn_of_file(table, findings)
    report = findings.report(
        people=sum(row.people or 0 for row in kept),
        totals=Totals(total_fen=sum(row.total_fen or 0 for row in kept)),
    )
    return Areas(rows=tuple(kept), report=report)


def _row(reader: RowReader, known_schools: Collection[str] | None) -> Area:
    school = reader.school("school")
    if not school:
        reader.reject("school", "intake.school_missing")
    elif known_schools is not None and school not in known_schools:
        reader.reject("school", "intake.school_unknown", school=school)
    officer = reader.name("officer")
    if not officer:
        reader.warn("officer", "intake.name_missing")
    return Area(
        officer=officer,
        school=school,
        townships=tuple(dict.fromkeys(filter(None, _SPLIT.split(reader.text("townships"))))),
        people=_people(reader),
        total_fen=reader.optional_amount("total_due"),
        row=reader.number,
    )


def _people(reader: RowReader) -> int | None:
    text = cell_text(reader.cell("people"))
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,7}[人名]?", text):
        reader.warn("people", "intake.count_unclear", value=text)
        return None
    return int(text.rstrip("人名"))


def _fault(same: Sequence[Area]) -> str:
    meanings = {(row.officer, row.townships, row.people, row.total_fen) for row in same}
    return "intake.school_conflict" if len(meanings) > 1 else ""
