"""Who is due, and how much: a case is a person in a season with one or more contracts.

Made by the office from the bank's list (intake), brought to phones by the feed. Amounts are integer
fen (1 yuan = 100 fen); dates are ISO `YYYY-MM-DD` strings, days in China (UTC+8).
"""

from __future__ import annotations

from typing import Literal

import msgspec

from shared import spelling

RepaymentKind = Literal["", "cumulative", "increment", "payments"]
"""What the amounts of a repayment file are: everything paid up to its day, what is new since the
file before, or payments one by one; "" while nobody knows.
"""


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """A loan contract of one loan year. `contract_no` is opaque text: trimmed, never parsed."""

    contract_no: str
    loan_year: str = ""
    principal_fen: int
    interest_fen: int
    balance_fen: int | None = None

    @property
    def total_fen(self) -> int:
        """Principal and interest."""
        return self.principal_fen + self.interest_fen


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A borrower or co-borrower as the bank's list names them.

    `id_number` normalised, never guessed.
    """

    name: str
    id_number: str = ""
    phones: tuple[str, ...] = ()


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One person in one season.

    `code` (`shared.ids.case_code`) is empty until a school has the case.
    """

    id: str
    season: str
    code: str = ""
    school: str = ""
    borrower: Person
    co_borrower: Person | None = None
    address: str = ""
    township: str = ""
    village: str = ""
    college: str = ""
    graduated_on: str = ""
    contracts: tuple[Contract, ...]
    assignee: str = ""
    overdue_prior: bool = False

    @property
    def principal_fen(self) -> int:
        """The principal due on all contracts."""
        return sum(c.principal_fen for c in self.contracts)

    @property
    def interest_fen(self) -> int:
        """The interest due on all contracts."""
        return sum(c.interest_fen for c in self.contracts)

    @property
    def total_fen(self) -> int:
        """Everything due on all contracts."""
        return self.principal_fen + self.interest_fen


class Repayment(msgspec.Struct, frozen=True, kw_only=True):
    """What one contract has paid according to one snapshot ("截至…")."""

    contract_no: str
    principal_fen: int
    interest_fen: int
    paid_on: str = ""
    channel: str = ""

    @property
    def total_fen(self) -> int:
        """Principal and interest paid."""
        return self.principal_fen + self.interest_fen


class Repaid(msgspec.Struct, frozen=True, kw_only=True):
    """How a case stands in the newest snapshot.

    `as_of` is that snapshot's day, empty when none was imported.
    """

    as_of: str = ""
    repaid_fen: int = 0
    paid: bool = False
    paid_on: str = ""

    def counted_fen(self, case: Case) -> int:
        """Return what counts of it towards what was due: never more, and all of it once paid."""
        return case.total_fen if self.paid else min(self.repaid_fen, case.total_fen)


def repaid(case: Case, repayments: dict[str, Repayment], as_of: str) -> Repaid:
    """Judge a case against a snapshot: it is paid when every contract's due amount is covered.

    Args:
        case: The case.
        repayments: The snapshot's lines by contract number; contracts of other people are ignored.
        as_of: The snapshot's day (ISO).

    """
    found = {
        c.contract_no: repayments.get(c.contract_no)
        or repayments.get(spelling.contract_no(c.contract_no))
        for c in case.contracts
    }
    lines = [line for line in found.values() if line is not None]
    covered = all(
        (line := found[c.contract_no]) is not None and line.total_fen >= c.total_fen
        for c in case.contracts
        if c.total_fen > 0
    )
    paid = covered and bool(lines)
    return Repaid(
        as_of=as_of,
        repaid_fen=sum(line.total_fen for line in lines),
        paid=paid,
        paid_on=max((line.paid_on for line in lines), default="") if paid else "",
    )
