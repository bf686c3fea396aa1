"""Read the bank's due list (应还名单): people with their contracts, and a report row by row.

A row that could mislead a teacher on a visit (no name, a damaged ID number, an amount that cannot
be read) is rejected by row and column; what is merely unusual is warned of, because the bank's data
win (docs/sources.md#id-numbers).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import msgspec

from shared import money
from shared.cases import Contract, Person
from shared.identity import split_address
from sync_server.intake.cells import RowReader
from sync_server.intake.choice import TableChoice
from sync_server.intake.columns import Table, find_table
from sync_server.intake.layouts import DUE_LIST
from sync_server.intake.people import (
    DueLine,
    DuePerson,
    group,
    person_key,
    refuse_two_names,
    resolve_contracts,
)
from sync_server.intake.rare_characters import warn_of_characters
from sync_server.intake.report import Findings, Progress, Report, Totals, joined, no_progress
from sync_server.intake.rows import Counted, TotalsRow, check_totals, data_rows, warn_of_file
from sync_server.intake.school_column import with_school_column
from sync_server.intake.sheet import Sheet, sheets_in

LARGE_FEN, IMPOSSIBLE_FEN = 25_000_00, 1_000_000_00
"""Above the first an amount is warned of, above the second its row is rejected.

Source: the most a contract lends in a year, docs/sources.md#loan-terms; forty times that.
"""

_KEYS = ("id_number", "contract_no")
_AMOUNTS = ("principal_due", "interest_due", "total_due")
_NOT_OVERDUE = re.compile(r"(?:未|无|没有|非|不)逾期|正常|否|无|未|n|no|false|0|-|/", re.IGNORECASE)
_OVERDUE = re.compile(r"(?:已|有|曾)?逾期.{0,8}|是|有|y|yes|true|1", re.IGNORECASE)


class DueList(msgspec.Struct, frozen=True, kw_only=True, tag="due-list", tag_field="kind"):
    """Everyone due in a season (the calendar year of its due day), in the file's order.

    `rejected_keys`: sound ID numbers and contracts of rejected rows; whose they are is on the list.
    """

    season: str
    people: tuple[DuePerson, ...]
    report: Report
    rejected_keys: tuple[str, ...] = ()


def read_due_list(
    source: Path | Sequence[Sheet],
    season: str,
    choice: TableChoice | None = None,
    *,
    known_characters: Collection[str] | None = None,
    known_schools: Collection[str] | None = None,
    progress: Progress = no_progress,
) -> DueList:
    """Read a due list of .xlsx, .xls or .csv.

    Args:
        source: the file, or its sheets.
        season: the season the list belongs to.
        choice: what somebody said of the file.
        known_characters: what the paper's font can draw; other characters are warned of. None: not
            checked.
        known_schools: names of the county's schools; others are warned of. None: not checked.
        progress: takes how many rows of how many were read.

    Returns:
        The people with their report.

    Raises:
        ProblemError: intake.* when the file as a whole cannot be read.
    """
    table, findings, totals = (
        find_table(sheets_in(source), DUE_LIST, choice),
        Findings(progress),
        list[TotalsRow](),
    )
    if "assigned_school" not in (choice.mapping if choice else {}):
        table = with_school_column(table, known_schools or (), findings)
    lines, seen, contracts = _lines(table, findings, totals)
    resolved = resolve_contracts(refuse_two_names(lines, table, findings), table, findings)
    check_totals(table, findings, totals, [_counted(line) for line in resolved])
    people = _mark_incomplete(group(resolved, table, findings), seen, table, findings)
    _warn_of_schools(people, known_schools, table, findings)
    if known_characters is not None:
        warn_of_characters(people, frozenset(known_characters), table, findings)
    warn_of_file(table, findings)
    left_out = [key for row in sorted(findings.rejected) for key in (seen[row], contracts[row])]
    return DueList(
        season=season,
        people=people,
        report=_report(people, findings),
        rejected_keys=tuple(dict.fromkeys(filter(None, left_out))),
    )


def _lines(
    table: Table, findings: Findings, totals: list[TotalsRow]
) -> tuple[list[DueLine], dict[int, str], dict[int, str]]:
    """Return the accepted rows, and of every row whose it is and its contract, where readable.

    The last two include rejected rows.
    """
    lines: list[DueLine] = []
    seen: dict[int, str] = {}
    contracts: dict[int, str] = {}
    for reader in data_rows(table, findings, keys=_KEYS, amounts=_AMOUNTS, totals=totals):
        borrower = Person(
            name=reader.name("borrower_name", missing="intake.name_missing"),
            id_number=reader.id_number("id_number", needed=True),
            phones=reader.phones("phone_student", "phone_family"),
        )
        seen[reader.number] = person_key(borrower.id_number)
        contract = _contract(reader)
        contracts[reader.number] = contract.contract_no
        line = _line(reader, borrower, contract)
        if reader.number not in findings.rejected:
            lines.append(line)
    return lines, seen, contracts


def _line(reader: RowReader, borrower: Person, contract: Contract) -> DueLine:
    address = reader.address("home_address")
    township, village = split_address(address) if address else ("", "")
    return DueLine(
        row=reader.number,
        borrower=borrower,
        co_borrower=_co_borrower(reader),
        address=address,
        township=reader.text("township") or township,
        village=reader.text("village") or village,
        college=reader.text("college"),
        graduated_on=reader.day("graduation_date"),
        overdue_prior=_overdue(reader),
        overdue_given=bool(reader.raw("overdue_flag") or reader.raw("overdue_days")),
        contract=contract,
        school_name=reader.school("assigned_school"),
        written=reader.written,
    )


def _contract(reader: RowReader) -> Contract:
    """Read the row's contract; amounts that rejected the row are 0 and not used."""
    number = reader.contract_no("contract_no")
    principal, interest = reader.amount("principal_due"), reader.amount("interest_due")
    penalty = reader.optional_amount("penalty_due") or 0
    if penalty:
        reader.warn("penalty_due", "intake.penalty_apart", penalty=money.yuan(penalty))
    for field, fen in (("principal_due", principal), ("interest_due", interest)):
        _check_size(reader, field, fen or 0)
    total = reader.optional_amount("total_due")
    if principal is not None and interest is not None:
        summed = principal + interest
        if total is not None and total not in (summed, summed + penalty):
            reader.warn(
                "total_due",
                "intake.total_differs",
                stated=money.yuan(total),
                summed=money.yuan(summed),
            )
    return Contract(
        contract_no=number,
        loan_year=reader.text("loan_year"),
        principal_fen=principal or 0,
        interest_fen=interest or 0,
        balance_fen=reader.optional_amount("loan_balance"),
    )


def _check_size(reader: RowReader, field: str, fen: int) -> None:
    """Reject or warn of an amount that no contract owes, such as a phone number in its column."""
    if fen > IMPOSSIBLE_FEN:
        reader.reject(field, "intake.amount_impossible", stated=money.yuan(fen))
    elif fen > LARGE_FEN:
        reader.warn(field, "intake.amount_large", stated=money.yuan(fen))


def _co_borrower(reader: RowReader) -> Person | None:
    person = Person(
        name=reader.name("co_borrower_name"),
        id_number=reader.id_number("co_borrower_id"),
        phones=reader.phones("co_borrower_phone"),
    )
    if not person.name and (person.id_number or person.phones):
        reader.warn("co_borrower_name", "intake.name_missing")
    return person if person.name or person.id_number or person.phones else None


def _overdue(reader: RowReader) -> bool:
    """Return whether the loan is overdue from an earlier season; kept apart from being due now.

    Source: docs/sources.md#due-before-overdue.
    """
    flag, days = reader.text("overdue_flag"), reader.text("overdue_days")
    if flag and not _NOT_OVERDUE.fullmatch(flag) and not _OVERDUE.fullmatch(flag):
        reader.warn("overdue_flag", "intake.flag_unclear", value=flag)
    if days and not re.fullmatch(r"[0-9]{1,5}天?", days):
        reader.warn("overdue_days", "intake.flag_unclear", value=days)
    late = re.match(r"0*[1-9]", days) is not None
    return late or _OVERDUE.fullmatch(flag) is not None


def _counted(line: DueLine) -> Counted:
    contract = line.contract
    amounts = (contract.principal_fen, contract.interest_fen, contract.total_fen)
    return Counted(line.row, dict(zip(_AMOUNTS, amounts, strict=True)), line.school_name, line.key)


def _mark_incomplete(
    people: Sequence[DuePerson], seen: Mapping[int, str], table: Table, findings: Findings
) -> tuple[DuePerson, ...]:
    """Mark and warn of people of whom another row was rejected: their sum is too small."""
    lost: dict[str, list[int]] = defaultdict(list)
    for row in sorted(findings.rejected):
        if seen[row]:
            lost[seen[row]].append(row)
    return tuple(
        _incomplete(p, lost[key], table, findings) if (key := _key(p)) in lost else p
        for p in people
    )


def _incomplete(
    person: DuePerson, rows: Sequence[int], table: Table, findings: Findings
) -> DuePerson:
    findings.warn(
        person.rows[0], table.label("id_number"), "intake.person_incomplete", rows=joined(rows)
    )
    return msgspec.structs.replace(person, rejected_rows=tuple(rows))


def _key(person: DuePerson) -> str:
    return person_key(person.borrower.id_number)


def _warn_of_schools(
    people: Sequence[DuePerson], known: Collection[str] | None, table: Table, findings: Findings
) -> None:
    label = table.label("assigned_school")
    for person in people if label else ():
        if not person.school_name:
            findings.warn(person.rows[0], label, "intake.school_missing")
        elif known is not None and person.school_name not in known:
            findings.warn(person.rows[0], label, "intake.school_unknown", school=person.school_name)


def _report(people: Sequence[DuePerson], findings: Findings) -> Report:
    contracts = [contract for person in people for contract in person.contracts]
    principal, interest = (
        sum(c.principal_fen for c in contracts),
        sum(c.interest_fen for c in contracts),
    )
    return findings.report(
        people=len(people),
        contracts=len(contracts),
        totals=Totals(
            principal_fen=principal, interest_fen=interest, total_fen=principal + interest
        ),
    )
