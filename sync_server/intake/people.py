"""Group the checked lines of a due list by person, after repeated contracts are resolved.

What differs between the rows of one person is warned of and one row counts; nothing of a
contract is lost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec

from shared import spelling
from shared.cases import Contract, Person
from shared.identity import whole_id
from sync_server.intake.columns import Table
from sync_server.intake.duplicates import resolve_duplicates
from sync_server.intake.report import Findings, joined


class DuePerson(msgspec.Struct, frozen=True, kw_only=True):
    """One person of the list with all contracts.

    `graduated_on`: ISO day, or as much of it as the file gives (`2018-07`). `rows`: where in the
    file, from 1. `school_name`: as written, "" when the list names none. `rejected_rows`: further
    rows of this person that were rejected; while there are any, this person's sums are too small.
    `overdue_given`: whether a row says anything about being overdue. `written`: what normalising
    changed, as the file has it, by field; contract numbers by `contract_no:` and the number.
    """

    borrower: Person
    co_borrower: Person | None = None
    address: str = ""
    township: str = ""
    village: str = ""
    college: str = ""
    graduated_on: str = ""
    overdue_prior: bool = False
    contracts: tuple[Contract, ...]
    school_name: str = ""
    rows: tuple[int, ...]
    rejected_rows: tuple[int, ...] = ()
    overdue_given: bool = False
    written: dict[str, str] = {}


class DueLine(NamedTuple):
    """One row that read without a reason to reject it."""

    row: int
    borrower: Person
    co_borrower: Person | None
    address: str
    township: str
    village: str
    college: str
    graduated_on: str
    overdue_prior: bool
    overdue_given: bool
    contract: Contract
    school_name: str
    written: dict[str, str]

    @property
    def key(self) -> str:
        """What all rows of this person share: a sound ID number and the name, else a contract."""
        known = person_key(self.borrower.id_number)
        return "\n".join(self.who) if known else self.contract.contract_no

    @property
    def who(self) -> tuple[str, str]:
        """ID number and name, in the spelling in which they are compared."""
        number = self.borrower.id_number
        return person_key(number) or number, _name_key(self.borrower.name)


_COMPARED: tuple[tuple[str, str, str, Callable[[DueLine], object]], ...] = (
    (
        "co_borrower_name",
        "intake.person_differs",
        "co_borrower",
        lambda line: _who(line.co_borrower),
    ),
    ("home_address", "intake.person_differs", "address", lambda line: line.address),
    ("college", "intake.person_differs", "college", lambda line: line.college),
    ("assigned_school", "intake.person_differs", "school_name", lambda line: line.school_name),
)


person_key = lru_cache(maxsize=65536)(whole_id)
"""A sound ID number in its 18-digit form; "" for one that identifies nobody."""

_name_key = lru_cache(maxsize=65536)(spelling.name_key)


def refuse_two_names(
    lines: Sequence[DueLine], table: Table, findings: Findings
) -> Sequence[DueLine]:
    """Reject every line of an ID number that stands beside two names: somebody must ask.

    Args:
        lines: the accepted lines.
        table: the table they are from.
        findings: collects the problems, each naming all rows of the number.

    Returns:
        The lines of everybody else.
    """
    by_id: dict[str, list[DueLine]] = defaultdict(list)
    for line in lines:
        by_id[person_key(line.borrower.id_number)].append(line)
    by_id.pop("", None)
    for same in by_id.values():
        if len({line.who for line in same}) > 1:
            rows = joined(line.row for line in same)
            for line in same:
                label = table.label("borrower_name")
                findings.reject(line.row, label, "intake.name_differs", rows=rows)
    return [line for line in lines if line.row not in findings.rejected]


def resolve_contracts(lines: Sequence[DueLine], table: Table, findings: Findings) -> list[DueLine]:
    """Keep each contract once.

    Equal repeats are warned of and counted once; with other amounts or another person, every such
    row is rejected.

    Args:
        lines: the accepted lines.
        table: the table they are from.
        findings: collects the problems.

    Returns:
        The lines kept.
    """

    def fault(same: Sequence[DueLine]) -> str:
        if len({line.who for line in same}) > 1:
            return "intake.contract_two_people"
        amounts = {(line.contract.principal_fen, line.contract.interest_fen) for line in same}
        return "intake.contract_conflict" if len(amounts) > 1 else ""

    kept = resolve_duplicates(
        lines,
        key=lambda line: line.contract.contract_no,
        fault=fault,
        repeated="intake.contract_repeated",
        label=table.label("contract_no"),
        findings=findings,
    )
    by_contract: dict[str, list[Person]] = defaultdict(list)
    for line in lines:
        by_contract[line.contract.contract_no].append(line.borrower)
    return [
        line._replace(borrower=_with_phones(line.borrower, same))
        if len(same := by_contract[line.contract.contract_no]) > 1
        else line
        for line in kept
    ]


def group(lines: Iterable[DueLine], table: Table, findings: Findings) -> tuple[DuePerson, ...]:
    """Group lines into people, in the order they first appear.

    Where the rows of one person differ, the lowest contract number decides: the same list with its
    rows in another order says the same.
    """
    by_person: dict[str, list[DueLine]] = defaultdict(list)
    for line in lines:
        by_person[line.key].append(line)
    for own in by_person.values():
        if len(own) > 1:
            own.sort(key=lambda line: line.contract.contract_no)
            _compare(own, table, findings)
    return tuple(_person(own) for own in by_person.values())


def _compare(own: Sequence[DueLine], table: Table, findings: Findings) -> None:
    for field, code, _, value in _COMPARED:
        first = next((line for line in own if value(line)), None)
        for line in own:
            if first and value(line) and value(line) != value(first):
                findings.warn(line.row, table.label(field), code, first=first.row)


def _who(person: Person | None) -> tuple[str, str] | None:
    return (person.name, person.id_number) if person else None


def _person(own: Sequence[DueLine]) -> DuePerson:
    first = own[0]
    co_borrower = next((line.co_borrower for line in own if line.co_borrower), None)
    return DuePerson(
        borrower=_with_phones(first.borrower, (line.borrower for line in own)),
        co_borrower=co_borrower
        and _with_phones(
            co_borrower,
            (p for line in own if (p := line.co_borrower) and _who(p) == _who(co_borrower)),
        ),
        address=_first(line.address for line in own),
        township=_first(line.township for line in own),
        village=_first(line.village for line in own),
        college=_first(line.college for line in own),
        graduated_on=_first(line.graduated_on for line in own),
        overdue_prior=any(line.overdue_prior for line in own),
        overdue_given=any(line.overdue_given for line in own),
        contracts=tuple(line.contract for line in own),
        school_name=_first(line.school_name for line in own),
        rows=tuple(sorted(line.row for line in own)),
        written=_written(own),
    )


def _written(own: Sequence[DueLine]) -> dict[str, str]:
    """What normalising changed in the rows of one person; the first row counts."""
    found: dict[str, str] = {}
    for line in own:
        for field, text in line.written.items():
            number = f":{line.contract.contract_no}" if field == "contract_no" else ""
            found.setdefault(field + number, text)
    return found


def _first(texts: Iterable[str]) -> str:
    return next((text for text in texts if text), "")


def _with_phones(person: Person, everywhere: Iterable[Person]) -> Person:
    phones = tuple(dict.fromkeys(phone for same in everywhere for phone in same.phones))
    return msgspec.structs.replace(person, phones=phones)
