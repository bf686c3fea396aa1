"""Make loan contracts and the amounts due this year, in fen, with exact totals.

The figures follow how the loan works (docs/sources.md#loan-terms): interest at 4.9 % on the balance
since the last due day, or since 1 September for those who graduated this summer; principal in equal
parts once the years of grace are over (2 years for the graduates until 2014, 3 afterwards). Then
all rows are scaled to the notice's totals (docs/sources.md#notice-totals).
"""

from __future__ import annotations

from random import Random

import msgspec

from shared.cases import Contract
from sync_server.sample.model import AREA_CODE, share_out
from sync_server.sample.people import Borrower

PRINCIPAL_FEN = 445_601_809
"""Total principal due in the 2019 notice."""
INTEREST_FEN = 203_426_877
"""Total interest due in the 2019 notice."""
_YEAR = 2019
_DAYS_SINCE_SEPTEMBER = 110


class _Loan(msgspec.Struct, frozen=True, kw_only=True):
    contract_no: str
    loan_year: str
    balance_fen: int
    principal_weight: int
    interest_weight: int


def make_contracts(borrowers: list[Borrower], rng: Random) -> list[tuple[Contract, ...]]:
    """Make one to four contracts for each borrower, newest first.

    All principal and all interest sum to the notice's totals.
    """
    used: set[str] = set()
    loans = [_loans(borrower, used, rng) for borrower in borrowers]
    flat = [loan for own in loans for loan in own]
    principal = iter(share_out(PRINCIPAL_FEN, [loan.principal_weight for loan in flat], rng))
    interest = iter(share_out(INTEREST_FEN, [loan.interest_weight for loan in flat], rng))
    return [
        tuple(
            Contract(
                contract_no=loan.contract_no,
                loan_year=loan.loan_year,
                principal_fen=next(principal),
                interest_fen=next(interest),
                balance_fen=loan.balance_fen,
            )
            for loan in own
        )
        for own in loans
    ]


def _loans(borrower: Borrower, used: set[str], rng: Random) -> list[_Loan]:
    first = borrower.graduated - borrower.study_years
    count = min(borrower.study_years, rng.choice((1, 1, 2, 2, 2, 3, 3, 3, 4, 4)))
    years = sorted(rng.sample(range(first, borrower.graduated), count), reverse=True)
    usual = rng.randrange(50, 81) * 10_000
    return [_loan(year, usual, borrower.graduated, used, rng) for year in years]


def _loan(year: int, usual_fen: int, graduated: int, used: set[str], rng: Random) -> _Loan:
    limit = 800_000 if year >= 2014 else 600_000
    lent = min(limit, max(100_000, usual_fen + rng.randrange(-6, 13) * 10_000))
    first_due = graduated + (2 if graduated <= 2014 else 3) + 1
    repaid_parts = max(0, _YEAR - first_due)
    parts = max(rng.randrange(8, 11), repaid_parts + 2)
    part = lent // parts if first_due <= _YEAR else 0
    balance = lent - part * repaid_parts
    days = _DAYS_SINCE_SEPTEMBER if graduated == _YEAR else 365
    return _Loan(
        contract_no=_contract_no(year, used, rng),
        loan_year=f"{year}-{year + 1}",
        balance_fen=balance,
        principal_weight=part,
        interest_weight=balance * 49 * days // 365_000,
    )


def _contract_no(year: int, used: set[str], rng: Random) -> str:
    while True:
        number = f"{AREA_CODE}{year}{rng.randrange(100_000_000):08d}"
        if number not in used:
            used.add(number)
            return number
