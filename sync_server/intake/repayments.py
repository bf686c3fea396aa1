"""Read a snapshot of repayments ("截至…"): what each contract has paid by a day.

The newest snapshot by its day wins (docs/sources.md#repayment-snapshots), so the day is read with
care: from a title that says 截至, else from the file's name, else the newest payment, and then it
is warned of.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

import msgspec

from shared import money
from shared.problems import ProblemError, Where
from sync_server.intake.cells import RowReader
from sync_server.intake.columns import Table, find_table
from sync_server.intake.duplicates import resolve_duplicates
from sync_server.intake.layouts import REPAYMENTS
from sync_server.intake.report import Findings, Report, Totals
from sync_server.intake.rows import Counted, TotalsRow, check_totals, data_rows, warn_of_file
from sync_server.intake.sheet import read_sheets

_KEYS = ("contract_no", "id_number")
_AMOUNTS = ("principal_paid", "interest_paid", "total_paid")
_DAY = r"((?:19|20)[0-9]{2})\s*[-年./]\s*([0-9]{1,2})\s*[-月./]\s*([0-9]{1,2})(?![0-9])"
_TITLE_DAY = re.compile(rf"截[至止到]?[^0-9]{{0,4}}{_DAY}")
# Eight digits only in a file name: on pages that lost their 月 a title's digits mislead
# (docs/sources.md#dates-without-month).
_NAME_DAY = re.compile(rf"{_DAY}|(?<![0-9])(20[0-9]{{2}})([0-9]{{2}})([0-9]{{2}})(?![0-9])")


class RepaymentLine(msgspec.Struct, frozen=True, kw_only=True):
    """What one contract has paid, fen.

    `paid_on`: ISO day, "" when the file gives none; `row` counts from 1.
    """

    contract_no: str
    id_number: str = ""
    name: str = ""
    principal_fen: int
    interest_fen: int
    paid_on: str = ""
    channel: str = ""
    row: int


class RepaymentFile(msgspec.Struct, frozen=True, kw_only=True, tag="repayments", tag_field="kind"):
    """One snapshot; `as_of`: ISO day in China up to which it counts."""

    as_of: str
    lines: tuple[RepaymentLine, ...]
    report: Report


def read_repayments(
    path: Path, mapping: Mapping[str, str] | None = None, *, file_name: str = ""
) -> RepaymentFile:
    """Read a snapshot.

    Args:
        path: the file.
        mapping: header -> field of `layouts.REPAYMENTS`, before the alias table.
        file_name: its name as people know it, when `path` is a temporary one.

    Returns:
        The lines with their report.

    Raises:
        ProblemError: intake.* when the file as a whole cannot be read, or its day is not known.
    """
    table, findings, totals = (
        find_table(read_sheets(path), REPAYMENTS, mapping),
        Findings(),
        list[TotalsRow](),
    )
    lines = [
        _line(r) for r in data_rows(table, findings, keys=_KEYS, amounts=_AMOUNTS, totals=totals)
    ]
    kept = resolve_duplicates(
        [line for line in lines if line.row not in findings.rejected],
        key=lambda line: line.contract_no,
        fault=_fault,
        repeated="intake.contract_repeated",
        label=table.label("contract_no"),
        findings=findings,
    )
    as_of = _as_of(table, file_name or path.name, kept, findings)
    _warn_of_later_days(as_of, kept, table, findings)
    check_totals(table, findings, totals, [_counted(line) for line in kept])
    warn_of_file(table, findings)
    return RepaymentFile(as_of=as_of, lines=tuple(kept), report=_report(kept, findings))


def _line(reader: RowReader) -> RepaymentLine:
    number = reader.contract_no("contract_no")
    principal, interest = reader.amount("principal_paid"), reader.amount("interest_paid")
    total = reader.optional_amount("total_paid")
    if principal is not None and interest is not None and total not in (None, principal + interest):
        reader.warn(
            "total_paid",
            "intake.total_differs",
            stated=money.yuan(total or 0),
            summed=money.yuan(principal + interest),
        )
    return RepaymentLine(
        contract_no=number,
        id_number=reader.id_number("id_number", key=False),
        name=reader.name("borrower_name"),
        principal_fen=principal or 0,
        interest_fen=interest or 0,
        paid_on=reader.day("paid_on"),
        channel=reader.text("channel"),
        row=reader.number,
    )


def _fault(same: Sequence[RepaymentLine]) -> str:
    paid = {(line.principal_fen, line.interest_fen, line.paid_on) for line in same}
    return "intake.contract_conflict" if len(paid) > 1 else ""


def _as_of(table: Table, file_name: str, lines: Iterable[RepaymentLine], findings: Findings) -> str:
    titled = _first_day(_TITLE_DAY, (*table.titles, table.sheet.name))
    named = _first_day(_NAME_DAY, (file_name,))
    if titled:
        if named and named != titled:
            findings.warn(None, "", "intake.as_of_differs", title=titled, name=named)
        return titled
    newest = max((line.paid_on for line in lines), default="")
    found, code = (
        (named, "intake.as_of_from_name") if named else (newest, "intake.as_of_from_newest")
    )
    if len(found) != len("2026-12-11"):
        raise ProblemError("intake.as_of_unknown", Where(file=file_name))
    findings.warn(None, "", code, day=found)
    return found


def _first_day(pattern: re.Pattern[str], texts: Iterable[str]) -> str:
    for match in (m for text in texts for m in pattern.finditer(text)):
        year, month, day = (int(part) for part in match.groups() if part)
        try:
            return date(year, month, day).isoformat()
        except ValueError:
            continue
    return ""


def _warn_of_later_days(
    as_of: str, lines: Iterable[RepaymentLine], table: Table, findings: Findings
) -> None:
    for line in lines:
        if line.paid_on > as_of:
            findings.warn(line.row, table.label("paid_on"), "intake.paid_later", day=as_of)


def _counted(line: RepaymentLine) -> Counted:
    amounts = (line.principal_fen, line.interest_fen, line.principal_fen + line.interest_fen)
    return Counted(line.row, dict(zip(_AMOUNTS, amounts, strict=True)))


def _report(lines: Sequence[RepaymentLine], findings: Findings) -> Report:
    principal, interest = (
        sum(line.principal_fen for line in lines),
        sum(line.interest_fen for line in lines),
    )
    return findings.report(
        people=len({line.id_number for line in lines if line.id_number}),
        contracts=len(lines),
        totals=Totals(
            principal_fen=principal, interest_fen=interest, total_fen=principal + interest
        ),
    )
