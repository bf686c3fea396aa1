"""Hold the rows of a repayment file against the contracts and people of the season.

Which match no contract, which are far more than is due, whose ID number or name is another, who is
off the list. Names are masked in everything that is returned.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from shared import identity, money, spelling
from shared.cases import Case, Person, Repayment
from shared.ids import show_case_code
from sync_server.intake.repayments import RepaymentLine
from sync_server.intake.report import ERROR, WARNING, RowProblem, some
from sync_server.office.importing.nearest_contract import nearest
from sync_server.store import cases, repayments
from sync_server.store.database import Connection
from sync_server.store.scope import WHOLE_COUNTY

BEYOND_PERCENT, BEYOND_FEN = 10, 100_00
"""More than a tenth and more than 100 yuan above what is due (or above the loan's whole balance,
which an early repayment settles) is far beyond. Source: docs/sources.md#far-beyond-the-sum-due.
"""
FEWEST_IN_FEN = 3
"""So many contracts, and half of a file's, repaid exactly 100 times: the amounts may be in fen."""
NEAREST_ROWS = 20
"""Rows for which the nearest contract is looked for; a wrong file has thousands."""
SHOWN = 50
"""Rows of each kind that a report lists; the counts tell all."""


class RowNote(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the file, or a contract, that somebody should look at.

    `row` counts from 1, 0 for a contract of several rows. `case`: code and masked name. `edits`: in
    how many characters the contract number differs, 0 when ID number and name tell the person.
    """

    row: int = 0
    case: str = ""
    contract: str = ""
    due_fen: int = 0
    paid_fen: int = 0
    edits: int = 0
    far: bool = False


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """The season's cases: by contract number, by ID number, and those that are off the list."""

    listed: tuple[Case, ...]
    by_contract: dict[str, Case]
    by_id: dict[str, Case]
    off_list: frozenset[str]


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What was found.

    `unknown`: places of the payments that match no contract; `nobody`: that is all of them.
    `in_fen`: the amounts are likely fen, not yuan.
    """

    problems: tuple[RowProblem, ...] = ()
    unknown: tuple[int, ...] = ()
    nearest: tuple[RowNote, ...] = ()
    overpaid: tuple[RowNote, ...] = ()
    differ: tuple[RowNote, ...] = ()
    off_list: tuple[RowNote, ...] = ()
    nobody: bool = False
    in_fen: bool = False


def load(connection: Connection, season: str) -> Known:
    """Read the cases once for all checks."""
    rows = cases.rows(connection, season, scope=WHOLE_COUNTY, off_list=None)
    found = {row["id"]: cases.case_of(row) for row in rows}
    off_list = frozenset(row["id"] for row in rows if row["off_list"])
    by_contract = {
        number: found[case_id]
        for number, case_id in repayments.contract_homes(connection, season).items()
        if case_id in found
    }
    for case in found.values():
        for contract in case.contracts:
            by_contract.setdefault(spelling.contract_no(contract.contract_no), case)
    whole = {c.id: identity.whole_id(c.borrower.id_number) for c in found.values()}
    listed = [case for case in found.values() if case.id not in off_list]
    return Known(
        listed=tuple(sorted(listed, key=lambda case: (case.school, case.code, case.id))),
        by_contract=by_contract,
        by_id={number: found[case_id] for case_id, number in whole.items() if number},
        off_list=off_list,
    )


def check(known: Known, lines: Sequence[RepaymentLine], after: Mapping[str, Repayment]) -> Checked:
    """Check a file.

    Args:
        known: The season's cases.
        lines: What each contract has paid in the file.
        after: The sums of the file's day by contract, with what was paid before.
    """
    numbers = [spelling.contract_no(line.contract_no) for line in lines]
    unknown = tuple(n for n, number in enumerate(numbers) if number not in known.by_contract)
    near, problems = _nearest(known, [lines[n] for n in unknown[:NEAREST_ROWS]])
    matched = [
        (line, known.by_contract[number], number)
        for line, number in zip(lines, numbers, strict=True)
        if number in known.by_contract
    ]
    overpaid = tuple(_overpaid(matched, after))
    differ = tuple(
        RowNote(row=line.row, case=named(case)) for line, case, _ in matched if _differs(line, case)
    )
    off_list = tuple(
        RowNote(row=line.row, case=named(case), paid_fen=after[number].total_fen)
        for line, case, number in matched
        if case.id in known.off_list and number in after and after[number].total_fen
    )
    hundredfold = [note.row for note in overpaid if _hundredfold(note)]
    in_fen = len(hundredfold) >= FEWEST_IN_FEN and 2 * len(hundredfold) >= len(matched)
    far = [note for note in overpaid if note.far and not (in_fen and _hundredfold(note))]
    nobody = bool(unknown) and len(unknown) == len(lines)
    found = [
        *([_file("intake.nobody_matches", ERROR, count=str(len(unknown)))] if nobody else []),
        *_counted("intake.amounts_in_fen", hundredfold if in_fen else [], level=ERROR),
        *_counted("intake.contract_unknown", [lines[n].row for n in unknown]),
        *problems,
        *_counted("intake.payer_differs", [note.row for note in differ], differ),
        *_counted("intake.off_list_paid", [note.row for note in off_list], off_list),
        *map(_beyond, far[:SHOWN]),
    ]
    return Checked(
        problems=tuple(found),
        unknown=unknown,
        nearest=tuple(near),
        overpaid=overpaid,
        differ=differ,
        off_list=off_list,
        nobody=nobody,
        in_fen=in_fen,
    )


def named(case: Case) -> str:
    """Return a case as reports name it: its code and the masked name."""
    return f"{show_case_code(case.code)} {identity.mask_name(case.borrower.name)}".strip()


def _nearest(
    known: Known, lines: Sequence[RepaymentLine]
) -> tuple[list[RowNote], list[RowProblem]]:
    notes, problems = list[RowNote](), list[RowProblem]()
    by_name = _by_name(known) if lines else {}
    for line in lines:
        near = nearest(spelling.contract_no(line.contract_no), known.by_contract)
        meant = _meant(line, [known.by_contract[number] for number in near.numbers])
        number = identity.whole_id(line.id_number)
        same = known.by_id.get(number) if number else by_name.get(spelling.name_key(line.name))
        if meant:
            case = "、".join(dict.fromkeys(map(named, meant)))
            note = RowNote(row=line.row, case=case, edits=near.edits)
            problems.append(_row("intake.contract_near", note, digits=str(near.edits)))
        elif same is not None and not _other_name(line.name, same.borrower):
            note = RowNote(row=line.row, case=named(same))
            problems.append(_row("intake.contract_of_person", note))
        else:
            continue
        notes.append(note)
    return notes, problems


def _by_name(known: Known) -> dict[str, Case]:
    """Return the people whose name nobody shares, by name as names are compared."""
    found: dict[str, list[Case]] = {}
    for case in known.listed:
        found.setdefault(spelling.name_key(case.borrower.name), []).append(case)
    return {name: same[0] for name, same in found.items() if name and len(same) == 1}


def _meant(line: RepaymentLine, near: Sequence[Case]) -> list[Case]:
    """Return whose contract it may be: among those as near, the person whom the row names.

    Where all are somebody else than the row says, it is nobody's; three at most are named.
    """
    fits = [case for case in near if not _differs(line, case)]
    sure = [case for case in fits if _is_payer(line, case)]
    return (sure or fits)[:3]


def _is_payer(line: RepaymentLine, case: Case) -> bool:
    mine, theirs = (identity.whole_id(x) for x in (line.id_number, case.borrower.id_number))
    if mine and theirs:
        return mine == theirs
    return bool(line.name) and not _other_name(line.name, case.borrower)


def _overpaid(
    matched: Iterable[tuple[RepaymentLine, Case, str]], after: Mapping[str, Repayment]
) -> Iterable[RowNote]:
    first = {number: (line, case) for line, case, number in reversed(list(matched))}
    for number, (line, case) in reversed(first.items()):
        contract = next(
            (c for c in case.contracts if spelling.contract_no(c.contract_no) == number), None
        )
        paid_fen = after[number].total_fen if number in after else 0
        if contract is None or paid_fen <= contract.total_fen:
            continue
        most_fen = max(contract.total_fen, (contract.balance_fen or 0) + contract.interest_fen)
        over_fen = paid_fen - most_fen
        yield RowNote(
            row=line.row,
            case=named(case),
            contract=number[-4:],
            due_fen=contract.total_fen,
            paid_fen=paid_fen,
            far=over_fen > BEYOND_FEN and over_fen * 100 > BEYOND_PERCENT * most_fen,
        )


def _hundredfold(note: RowNote) -> bool:
    return note.paid_fen == 100 * note.due_fen


def _differs(line: RepaymentLine, case: Case) -> bool:
    """Whether a row's ID number or name is neither the borrower's nor the co-borrower's."""
    people = [person for person in (case.borrower, case.co_borrower) if person is not None]
    return all(
        _other_id(line.id_number, person) or _other_name(line.name, person) for person in people
    )


def _other_id(number: str, person: Person) -> bool:
    if not number or number == person.id_number:
        return False
    mine, theirs = identity.whole_id(number), identity.whole_id(person.id_number)
    return bool(mine and theirs) and mine != theirs


def _other_name(name: str, person: Person) -> bool:
    if not name or not person.name or name == person.name:
        return False
    return spelling.name_key(name) != spelling.name_key(person.name)


def _counted(
    code: str, rows: Sequence[int], notes: Sequence[RowNote] = (), *, level: str = WARNING
) -> list[RowProblem]:
    """One line for all rows of a kind; the first ten people are named."""
    if not rows:
        return []
    people = "、".join(dict.fromkeys(note.case for note in notes[:10]))
    values = {"count": str(len(rows)), "rows": some(rows), "what": people}
    return [RowProblem(row=min(rows), column="", code=code, level=level, values=values)]


def _beyond(note: RowNote) -> RowProblem:
    paid, due = money.yuan(note.paid_fen), money.yuan(note.due_fen)
    return _row("intake.repaid_beyond", note, paid=paid, due=due)


def _row(code: str, note: RowNote, **values: str) -> RowProblem:
    return RowProblem(
        row=note.row, column="", code=code, level=WARNING, values={"case": note.case, **values}
    )


def _file(code: str, level: str, **values: str) -> RowProblem:
    return RowProblem(row=None, column="", code=code, level=level, values=values)
