"""Read a repayment file ("截至…"): what each contract has paid, and up to which day.

The newest snapshot by its day wins (docs/sources.md#repayment-snapshots), so the day is read with
care: from a title that says 截至, else from the file's name, else the newest payment, and then it
is warned of and asked about. What the amounts are, sums or payments, is asked where the file does
not make it plain (repayment_signs.py).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import msgspec

from shared import money, spelling
from shared.cases import RepaymentKind
from shared.problems import ProblemError, Where
from sync_server.intake import repayment_signs
from sync_server.intake.cell_text import read_day
from sync_server.intake.cells import RowReader
from sync_server.intake.choice import TableChoice
from sync_server.intake.columns import Table, find_table
from sync_server.intake.duplicates import resolve_duplicates
from sync_server.intake.layouts import REPAYMENTS
from sync_server.intake.repayment_signs import Sign
from sync_server.intake.report import Findings, Progress, Report, Totals, no_progress
from sync_server.intake.rows import Counted, TotalsRow, check_totals, data_rows, warn_of_file
from sync_server.intake.sheet import Sheet, sheets_in
from sync_server.intake.written_days import in_digits

_KEYS = ("contract_no", "id_number")
_AMOUNTS = ("principal_paid", "interest_paid", "total_paid")
_DAY = r"((?:19|20)[0-9]{2})\s*[-年./]\s*([0-9]{1,2})\s*[-月./]\s*([0-9]{1,2})(?![0-9])"
_TITLE_DAY = re.compile(rf"截[至止到]?[^0-9]{{0,4}}{_DAY}")
_PAYMENTS_OF_DAY = re.compile(rf"{_DAY}\s*日?[^0-9,;。()]{{0,6}}(?:还款|还贷|回收|入账)")
"""A title such as 2026年12月11日新增还款; a day elsewhere in a title may be that of printing."""

# Eight digits only in a file name: on pages that lost their 月 a title's digits mislead
# (docs/sources.md#dates-without-month).
_NAME_DAY = re.compile(rf"{_DAY}|(?<![0-9])(20[0-9]{{2}})([0-9]{{2}})([0-9]{{2}})(?![0-9])")
_NEGATIVE = re.compile(r"[-－−–](.*[0-9].*)|\((.*[0-9].*)\)")
"""A reversal: a minus before the amount, or the amount in brackets."""


class RepaymentLine(msgspec.Struct, frozen=True, kw_only=True):
    """What one contract has paid, fen.

    `paid_on`: ISO day, "" when the file gives none; `payment_no`: the bank's number of the payment,
    by which two equal ones of a day are distinguished; `row` counts from 1.
    """

    contract_no: str
    id_number: str = ""
    name: str = ""
    principal_fen: int
    interest_fen: int
    paid_on: str = ""
    channel: str = ""
    payment_no: str = ""
    row: int


class RepaymentFile(msgspec.Struct, frozen=True, kw_only=True, tag="repayments", tag_field="kind"):
    """One file.

    Attributes:
        as_of: ISO day in China up to which it counts; "" where the file does not say.
        as_of_asked: Codes of what makes the day doubtful, until somebody confirms it.
        lines: What each contract has paid in the file, all its rows added up.
        payments: The accepted rows one by one.
        signs: What speaks for the kind of its amounts.
        report: What was found row by row.
    """

    as_of: str
    as_of_asked: tuple[str, ...] = ()
    lines: tuple[RepaymentLine, ...]
    payments: tuple[RepaymentLine, ...] = ()
    signs: tuple[Sign, ...] = ()
    report: Report


def read_repayments(
    source: Path | Sequence[Sheet],
    choice: TableChoice | None = None,
    *,
    file_name: str = "",
    today: str = "",
    kind: RepaymentKind = "",
    as_of: str = "",
    needs_day: bool = True,
    progress: Progress = no_progress,
) -> RepaymentFile:
    """Read a repayment file.

    Args:
        source: the file, or its sheets.
        choice: what somebody said of the file.
        file_name: its name as people know it, when the file's own is a temporary one.
        today: ISO day in China; a file of a later day is refused. "": not checked.
        kind: what the amounts are, where somebody confirmed it.
        as_of: the day somebody gave or confirmed; it replaces what the file says.
        needs_day: whether a file of no known day is refused.
        progress: takes how many rows of how many were read.

    Returns:
        The lines with their report.

    Raises:
        ProblemError: intake.* when the file as a whole cannot be read, or its day is not known.
    """
    table, findings, totals = (
        find_table(sheets_in(source), REPAYMENTS, choice),
        Findings(progress),
        list[TotalsRow](),
    )
    name = file_name or table.sheet.file
    given = _given_day(as_of, name)
    words = repayment_signs.words_of(table, name)
    reverses = kind in ("payments", "increment") or (
        not kind and repayment_signs.may_reverse(table, words)
    )
    lines = [
        _line(r, reverses)
        for r in data_rows(table, findings, keys=_KEYS, amounts=_AMOUNTS, totals=totals)
    ]
    sound = [line for line in lines if line.row not in findings.rejected]
    parts = _in_instalments(sound, kind, repayment_signs.may_repeat(table, words))
    single = resolve_duplicates(
        sound,
        key=lambda line: _instalment(line) if line.contract_no in parts else line.contract_no,
        fault=_fault,
        repeated="intake.contract_repeated",
        label=table.label("contract_no"),
        findings=findings,
    )
    kept = _added(single, table, findings)
    day, asked = _as_of(table, name, kept, findings, given)
    if needs_day and not day:
        raise ProblemError("intake.as_of_unknown", Where(file=name))
    if today and day > today:
        raise ProblemError("intake.as_of_future", Where(file=name), day=day, today=today)
    if day:
        _warn_of_later_days(day, single, table, findings)
    check_totals(table, findings, totals, [_counted(line) for line in single])
    warn_of_file(table, findings)
    return RepaymentFile(
        as_of=day,
        as_of_asked=asked,
        lines=tuple(kept),
        payments=tuple(single),
        signs=repayment_signs.signs_of(table, words, instalments=bool(parts)),
        report=_report(kept, findings),
    )


def _line(reader: RowReader, reverses: bool) -> RepaymentLine:
    number = reader.contract_no("contract_no")
    reversed_fen = _reversal(reader) if reverses else None
    principal, interest, total = reversed_fen or _amounts(reader)
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
        payment_no=reader.text("payment_no"),
        row=reader.number,
    )


def _fault(same: Sequence[RepaymentLine]) -> str:
    paid = {(line.principal_fen, line.interest_fen, line.paid_on) for line in same}
    return "intake.contract_conflict" if len(paid) > 1 else ""


def _amounts(reader: RowReader) -> tuple[int | None, int | None, int | None]:
    return (
        reader.amount("principal_paid"),
        reader.amount("interest_paid"),
        reader.optional_amount("total_paid"),
    )


def _reversal(reader: RowReader) -> tuple[int, int, None] | None:
    """Return principal and interest, fen, of a payment that the bank took back; None for others.

    Only a list of payments or of what is new may hold one; a sum of all payments is never negative.
    """
    fields = ("principal_paid", "interest_paid")
    signs = [_NEGATIVE.fullmatch(spelling.fold(reader.raw(field))) for field in fields]
    if not any(signs):
        return None
    amounts = []
    for field, negative in zip(fields, signs, strict=True):
        if negative is None:
            amounts.append(reader.amount(field))
            continue
        try:
            amounts.append(-money.parse_fen((negative[1] or negative[2]).strip()))
        except ProblemError as error:
            reader.reject(field, error.code, **error.values)
            return 0, 0, None
    principal, interest = amounts
    if principal is None or interest is None:
        return 0, 0, None
    reader.warn("principal_paid", "intake.reversal", amount=money.yuan(principal + interest))
    return principal, interest, None


def _in_instalments(
    lines: Iterable[RepaymentLine], kind: RepaymentKind, may_repeat: bool
) -> frozenset[str]:
    """Return the contracts that were paid in several parts, which are added up.

    What was paid in all (已还本金, 累计) is one sum a contract, and two of them contradict each
    other. Otherwise each part has its day, unless somebody confirmed that the rows are payments.
    """
    confirmed = kind in ("payments", "increment")
    if kind == "cumulative" or not (confirmed or may_repeat):
        return frozenset()
    by_contract: dict[str, list[RepaymentLine]] = defaultdict(list)
    for line in lines:
        by_contract[line.contract_no].append(line)
    return frozenset(
        number
        for number, same in by_contract.items()
        if len(set(map(_instalment, same))) > 1
        and (confirmed or all(line.paid_on for line in same))
    )


def _instalment(line: RepaymentLine) -> str:
    amounts = f"{line.principal_fen} {line.interest_fen}"
    return f"{line.contract_no} {line.paid_on} {amounts} {line.payment_no}"


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


def _given_day(text: str, file_name: str) -> str:
    """Return a day that somebody wrote, as ISO. Raises: ProblemError intake.as_of_unclear."""
    day = (read_day(spelling.fold(text.strip())) or "") if text else ""
    if text and len(day) != len("2026-12-11"):
        raise ProblemError("intake.as_of_unclear", Where(file=file_name), value=text[:20])
    return day


def _as_of(
    table: Table, file_name: str, lines: Iterable[RepaymentLine], findings: Findings, given: str
) -> tuple[str, tuple[str, ...]]:
    """Return the day, and the codes of what makes it doubtful; each is warned of too."""
    found, doubts = _written_day(table, file_name, lines)
    for code, values in doubts.items():
        findings.warn(None, "", code, **values)
    if given and found and given != found:
        findings.warn(None, "", "intake.as_of_given", day=given, found=found)
    return (given, ()) if given else (found, tuple(doubts))


def _written_day(
    table: Table, file_name: str, lines: Iterable[RepaymentLine]
) -> tuple[str, dict[str, dict[str, str]]]:
    texts = [spelling.fold(text) for text in (*table.titles, table.sheet.name)]
    titled = _title_day(list(map(in_digits, texts)))
    named = _first_day(_NAME_DAY, (in_digits(spelling.fold(file_name)),))
    if titled:
        doubts: dict[str, dict[str, str]] = {}
        if not _title_day(texts):
            doubts["intake.as_of_in_words"] = {"day": titled}
        if named and named != titled:
            doubts["intake.as_of_differs"] = {"title": titled, "name": named}
        return titled, doubts
    if named:
        return named, {"intake.as_of_from_name": {"day": named}}
    newest = max((line.paid_on for line in lines), default="")
    if len(newest) != len("2026-12-11"):
        return "", {}
    return newest, {"intake.as_of_from_newest": {"day": newest}}


def _title_day(texts: Sequence[str]) -> str:
    return _first_day(_TITLE_DAY, texts) or _first_day(_PAYMENTS_OF_DAY, texts)


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
