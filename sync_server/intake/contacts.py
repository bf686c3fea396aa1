"""Read 附件1, the contact table: each school's leader in charge and liaison.

Its header has 职务 and 联系电话 twice, so a column belongs to the person named in it, above it or
last to its left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from sync_server.intake.cells import RowReader
from sync_server.intake.choice import Found, TableChoice
from sync_server.intake.columns import locate, lowest_texts
from sync_server.intake.duplicates import resolve_duplicates
from sync_server.intake.headers import normalise
from sync_server.intake.layouts import CONTACTS
from sync_server.intake.report import Findings, Progress, Report, Totals, no_progress
from sync_server.intake.rows import TotalsRow, data_rows, warn_of_file
from sync_server.intake.sheet import Sheet, sheets_in

_OWNERS = (("leader", ("分管", "主管领导", "领导")), ("liaison", ("联络员", "联系人")))
_PARTS = (("duty", ("职务", "职位")), ("phone", ("电话", "手机", "联系方式")), ("name", ("姓名",)))


class Officer(msgspec.Struct, frozen=True, kw_only=True):
    """A person of a school by office; `phone`: one or more numbers joined by 、."""

    name: str
    duty: str = ""
    phone: str = ""


class SchoolContacts(msgspec.Struct, frozen=True, kw_only=True):
    """One school's row; `row` counts from 1."""

    school: str
    leader: Officer
    liaison: Officer
    row: int


class Contacts(msgspec.Struct, frozen=True, kw_only=True, tag="contacts", tag_field="kind"):
    """The whole table, in the file's order."""

    rows: tuple[SchoolContacts, ...]
    report: Report


def read_contacts(
    source: Path | Sequence[Sheet],
    choice: TableChoice | None = None,
    *,
    progress: Progress = no_progress,
) -> Contacts:
    """Read 附件1.

    Args:
        source: the file, or its sheets.
        choice: what somebody said of the file.
        progress: takes how many rows of how many were read.

    Returns:
        The rows with their report.

    Raises:
        ProblemError: intake.* when the file as a whole cannot be read.
    """
    table, findings, totals = (
        locate(sheets_in(source), CONTACTS, recognise_contacts, choice),
        Findings(progress),
        list[TotalsRow](),
    )
    rows = [
        _row(reader)
        for reader in data_rows(
            table,
            findings,
            keys=("leader_name", "liaison_name"),
            amounts=("school",),
            totals=totals,
        )
    ]
    kept = resolve_duplicates(
        [row for row in rows if row.row not in findings.rejected],
        key=lambda row: row.school,
        fault=_fault,
        repeated="intake.school_repeated",
        label=table.label("school"),
        findings=findings,
    )
    warn_of_file(table, findings)
    return Contacts(rows=tuple(kept), report=findings.report(totals=Totals()))


def recognise_contacts(levels: Sequence[tuple[str, ...]]) -> Iterator[Found]:
    """Name the columns of a header of 附件1, one row or two."""
    schools = CONTACTS.aliases()
    owner = ""
    for column, text in enumerate(lowest_texts(levels)):
        own = [normalise(level[column]) if column < len(level) else "" for level in levels]
        named = next(
            (who for who, words in _OWNERS for word in words if any(word in t for t in own)), ""
        )
        part = next(
            (part for part, words in _PARTS for word in words if word in normalise(text)), ""
        )
        owner = named or (owner if part else "")
        if owner:
            yield column, f"{owner}_{part or 'name'}", 0
        elif schools.get(normalise(text), ("", 0))[0] == "school":
            yield column, "school", 0


def _row(reader: RowReader) -> SchoolContacts:
    school = reader.school("school")
    if not school:
        reader.reject("school", "intake.school_missing")
    return SchoolContacts(
        school=school,
        leader=_officer(reader, "leader"),
        liaison=_officer(reader, "liaison"),
        row=reader.number,
    )


def _officer(reader: RowReader, who: str) -> Officer:
    name = reader.name(f"{who}_name")
    if not name:
        reader.warn(f"{who}_name", "intake.name_missing")
    return Officer(
        name=name, duty=reader.text(f"{who}_duty"), phone="、".join(reader.phones(f"{who}_phone"))
    )


def _fault(same: Sequence[SchoolContacts]) -> str:
    return "intake.school_conflict" if len({(row.leader, row.liaison) for row in same}) > 1 else ""
