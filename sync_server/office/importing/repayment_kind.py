"""Recognise what the amounts of a repayment file are: sums up to its day, new ones, payments.

What a file says of itself (intake/repayment_signs.py) is held against the file before. Where the
two contradict each other nothing is taken for granted: somebody has to choose.
Rules: docs/decisions/0019-three-kinds-of-repayment-file.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from shared import spelling
from shared.cases import Repayment, RepaymentKind
from sync_server.intake.repayment_signs import Sign
from sync_server.intake.repayments import RepaymentLine

MOST_PERCENT = 80
"""A file with so many of the earlier contracts, none with less paid, holds sums of all."""
FEW_PERCENT = 50
"""A file with no more of the earlier contracts holds what is new, if its payments are later."""


class Recognised(msgspec.Struct, frozen=True, kw_only=True):
    """The likeliest kind ("" when several are as likely), whether it is sure, and why."""

    kind: RepaymentKind
    sure: bool
    reasons: tuple[str, ...] = ()


def recognise(
    signs: Sequence[Sign],
    lines: Sequence[RepaymentLine],
    before: Mapping[str, Repayment] | None,
    before_day: str,
) -> Recognised:
    """Recognise a file's kind. Pure.

    Args:
        signs: What the file says of itself.
        lines: What each contract has paid in it.
        before: The sums of the day before by contract; None where it is the first file.
        before_day: That day.
    """
    compared = None if before is None else _overlap(lines, before, before_day)
    reasons = tuple(sign.code for sign in (*signs, *([compared] if compared else ())))
    strong = {sign.kind for sign in signs if sign.strong}
    every = {sign.kind for sign in signs}
    if before is None and "" not in strong:
        kind, sure, more = _first(strong)
        return Recognised(kind=kind, sure=sure, reasons=(*reasons, *more))
    if strong:
        kind = strong.pop() if len(strong) == 1 else ""
    elif compared is not None:
        kind = compared.kind
    else:
        kind = every.pop() if len(every) == 1 else ""
    return Recognised(kind=kind, sure=bool(kind) and _agrees(kind, compared), reasons=reasons)


def _first(strong: set[RepaymentKind]) -> tuple[RepaymentKind, bool, tuple[str, ...]]:
    """The first file: with nothing to add it to, all kinds come to the same sums."""
    if len(strong) == 1:
        (kind,) = strong
        return kind, True, ()
    # instalments are rows of one contract, which a sum never has
    return ("cumulative", True, ("first",)) if "payments" not in strong else ("payments", True, ())


def _agrees(kind: RepaymentKind, compared: Sign | None) -> bool:
    """Whether the file before does not contradict a kind; payments may be old, new, or both."""
    if compared is None or kind == "payments":
        return True
    return compared.kind == kind or (kind, compared.code) == ("increment", "overlap_unclear")


def _overlap(
    lines: Sequence[RepaymentLine], before: Mapping[str, Repayment], before_day: str
) -> Sign | None:
    """What the earlier contracts in a file say of its amounts; None where they say nothing."""
    earlier = {number: line.total_fen for number, line in before.items() if line.total_fen > 0}
    if not earlier:
        return None
    here = {
        spelling.contract_no(line.contract_no): line.principal_fen + line.interest_fen
        for line in lines
    }
    held = sum(here.get(number, -1) >= fen for number, fen in earlier.items())
    if held * 100 >= MOST_PERCENT * len(earlier):
        return Sign(kind="cumulative", code="overlap_all", strong=True)
    if held * 100 > FEW_PERCENT * len(earlier):
        return None
    if all(line.paid_on > before_day for line in lines if line.paid_on):
        return Sign(kind="increment", code="overlap_new", strong=True)
    return Sign(kind="", code="overlap_unclear", strong=True)
