"""Read a snapshot of repayments ("截至…"): what each contract has paid by a day.

The newest snapshot by its day wins (docs/sources.md#repayment-snapshots), so the day is read with
care: from a title that says 截至, else from the file's name, else the newest payment, and then it
is warned of.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

import msgspec

from shared import money
from shared.problems import ProblemError, Where
from sync_server.intake.cells import RowReader
from sync_server.intake.columns import Table, find_table
from sync_server.intake.duplicates import resolve_duplicates
from sync_server.intake.headers import normalise
from sync_server.intake.layouts import REPAYMENTS
from sync_server.intake.report import Findings, Report, Totals
from sync_server.intake.rows import Counted, TotalsRow, check_totals, data_rows, warn_of_file
from sync_server.intake.sheet import read_sheets
from sync_server.intake.written_days import in_digits

_KEYS = ("contract_no", "id_number")
_AMOUNTS = ("principal_paid", "interest_paid", "total_paid")
_DAY = r"((?:19|20)[0-9]{2})\s*[-年./]\s*([0-9]{1,2})\s*[-月./]\s*([0-9]{1,2})(?![0-9])"
_TITLE_DAY = re.compile(rf"截[至止到]?[^0-9]{{0,4}}{_DAY}")
# Eight digits only in a file name: on pages that lost their 月 a title's digits mislead
# (docs/sources.md#dates-without-month).
_NAME_DAY = re.compile(rf"{_DAY}|(?<![0-9])(20[0-9]{{2}})([0-9]{{2}})([0-9]{{2}})(?![0-9])")


_PAYMENTS = re.compile("明细|流水|逐笔|交易")
_CUMULATIVE = re.compile("累计|汇总")


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
    path: Path,
    mapping: Mapping[str, str] | None = None,
    *,
    file_name: str = "",
    today: str = "",
) -> RepaymentFile:
    """Read a snapshot.

    Args:
        path: the file.
        mapping: header -> field of `layouts.REPAYMENTS`, before the alias table.
        file_name: its name as people know it, when `path` is a temporary one.
        today: ISO day in China; a file of a later day is refused. "": not checked.

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
    sound = [line for line in lines if line.row not in findings.rejected]
    parts = _in_instalments(sound, table, file_name or path.name)
    single = resolve_duplicates(
        sound,
        key=lambda line: _instalment(line) if line.contract_no in parts else line.contract_no,
        fault=_fault,
        repeated="intake.contract_repeated",
        label=table.label("contract_no"),
        findings=findings,
    )
    kept = _added(single, table, findings)
    as_of = _as_of(table, file_name or path.name, kept, findings)
    if today and as_of > today:
        where = Where(file=file_name or path.name)
        raise ProblemError("intake.as_of_future", where, day=as_of, today=today)
    _warn_of_later_days(as_of, kept, table, findings)
    check_totals(table, findings, totals, [_counted(line) for line in single])
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


def _in_instalments(lines: Iterable[RepaymentLine], table: Table, file_name: str) -> frozenset[str]:
    """Return the contracts that were paid in several dated parts, if this is a list of payments.

    A list of payments has a day for each and amounts of one payment (还款本金); what was paid in
    all (已还本金, 累计) is one sum a contract, and two of them contradict each other.
    """
    words = (*table.titles, table.sheet.name, file_name)
    header = normalise(table.label("principal_paid"))
    says = any(map(_PAYMENTS.search, words)) or header.startswith(("还款", "实还", "归还"))
    if not says or header.startswith(("已", "累计")) or any(map(_CUMULATIVE.search, words)):
        return frozenset()
    by_contract: dict[str, list[RepaymentLine]] = defaultdict(list)
    for line in lines:
        by_contract[line.contract_no].append(line)
    return frozenset(
        number
        for number, same in by_contract.items()
        if len(set(map(_instalment, same))) > 1 and all(line.paid_on for line in same)
    )


def _instalment(line: RepaymentLine) -> str:
    return f"{line.contract_no} {line.paid_on} {line.principal_fen} {line.interest_fen}"


def _added(lines: Iterable[RepaymentLine], table: Table, findings: Findings) -> list[RepaymentLine]:
    """Add the instalments of each contract; the newest day counts, the first row stands for all."""
    by_contract: dict[str, list[RepaymentLine]] = {}
    for line in lines:
        by_contract.setdefault(line.contract_no, []).append(line)
    for same in by_contract.values():
        for line in same if len(same) > 1 else ():
            findings.note(line.row, table.label("contract_no"), "intake.instalments_added")
    return [
        msgspec.structs.replace(
            same[0],
            principal_fen=sum(line.principal_fen for line in same),
            interest_fen=sum(line.interest_fen for line in same),
            paid_on=max(line.paid_on for line in same),
        )
        for same in by_contract.values()
    ]


def _as_of(table: Table, file_name: str, lines: Iterable[RepaymentLine], findings: Findings) -> str:
    texts = (*table.titles, table.sheet.name)
    titled = _first_day(_TITLE_DAY, map(in_digits, texts))
    named = _first_day(_NAME_DAY, (in_digits(file_name),))
    if titled and not _first_day(_TITLE_DAY, texts):
        findings.warn(None, "", "intake.as_of_in_words", day=titled)
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
