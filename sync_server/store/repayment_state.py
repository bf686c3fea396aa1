"""What each contract has paid by a day, made of sums up to a day, new payments, and both. Pure.

A cumulative file is the state itself. What is new since the file before, and single payments, are
added to the state of the day before; a payment that is known already is not counted again. The
rules and their reasons: docs/decisions/0019-three-kinds-of-repayment-file.md.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from shared import spelling
from shared.cases import Repayment, RepaymentKind


class Part(msgspec.Struct, frozen=True, array_like=True):
    """One payment, or everything that was paid up to a day.

    Attributes:
        paid_on: ISO day, "" when the file gave none.
        principal_fen: Principal; below zero where the bank took a payment back.
        interest_fen: Interest, likewise.
        as_of: The day of the file it came with.
        source: The beginning of that file's SHA-256.
        whole: Whether it is the sum of all payments up to `as_of`.
    """

    paid_on: str
    principal_fen: int
    interest_fen: int
    as_of: str = ""
    source: str = ""
    whole: bool = False

    @property
    def amounts(self) -> tuple[int, int]:
        """Principal and interest."""
        return self.principal_fen, self.interest_fen


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What one contract has paid by a day, and the parts it is made of."""

    contract_no: str
    channel: str = ""
    parts: tuple[Part, ...] = ()

    def repayment(self) -> Repayment:
        """Return the sum; what was taken back beyond it is no debt."""
        return Repayment(
            contract_no=self.contract_no,
            principal_fen=max(0, sum(p.principal_fen for p in self.parts)),
            interest_fen=max(0, sum(p.interest_fen for p in self.parts)),
            paid_on=max((p.paid_on for p in self.parts), default=""),
            channel=self.channel,
        )


State = dict[str, Line]
"""Lines by contract number, in the spelling in which numbers are compared."""


class Added(msgspec.Struct, frozen=True, kw_only=True):
    """A state with payments added; `known`: the places of those that were counted already."""

    state: State
    known: tuple[int, ...] = ()


def whole(lines: Iterable[Repayment], as_of: str) -> State:
    """Return the state that a cumulative file is."""
    return {
        spelling.contract_no(line.contract_no): Line(
            contract_no=line.contract_no,
            channel=line.channel,
            parts=(
                Part(line.paid_on, line.principal_fen, line.interest_fen, as_of=as_of, whole=True),
            ),
        )
        for line in lines
    }


def without(state: State, as_of: str, source: str) -> State:
    """Return a state without what a file brought to a day before, when it is read again."""
    kept = {}
    for number, line in state.items():
        parts = tuple(p for p in line.parts if (p.as_of, p.source) != (as_of, source))
        if parts:
            kept[number] = msgspec.structs.replace(line, parts=parts)
    return kept


def add(
    state: State, payments: Sequence[Repayment], *, kind: RepaymentKind, as_of: str, source: str
) -> Added:
    """Add payments to a state.

    Args:
        state: The state of the day before, or of the same day.
        payments: One for each row of the file.
        kind: `increment` or `payments`; a single payment may lie before the day of a sum.
        as_of: The day of the file.
        source: The beginning of the file's SHA-256.
    """
    unused: dict[str, list[Part]] = {n: list(line.parts) for n, line in state.items()}
    again = _is_known_file(state, payments)
    known, added = [], dict(state)
    for place, payment in enumerate(payments):
        number = spelling.contract_no(payment.contract_no)
        part = Part(
            payment.paid_on, payment.principal_fen, payment.interest_fen, as_of=as_of, source=source
        )
        covered = _is_covered(part, state.get(number), same_day=kind == "increment")
        if again or _is_known(part, unused.get(number, [])) or covered:
            known.append(place)
            continue
        old = added.get(number) or Line(contract_no=payment.contract_no)
        added[number] = msgspec.structs.replace(
            old, parts=(*old.parts, part), channel=payment.channel or old.channel
        )
    return Added(state=added, known=tuple(known))


def own_payments(state: Mapping[str, Line], as_of: str) -> dict[str, list[Repayment]]:
    """Return what the files of a day brought, by their source."""
    found: dict[str, list[Repayment]] = defaultdict(list)
    for line in state.values():
        for part in line.parts:
            if part.as_of == as_of and not part.whole:
                found[part.source].append(
                    Repayment(
                        contract_no=line.contract_no,
                        principal_fen=part.principal_fen,
                        interest_fen=part.interest_fen,
                        paid_on=part.paid_on,
                        channel=line.channel,
                    )
                )
    return found


def has_sums_of(state: State, as_of: str) -> bool:
    """Whether a day's own sums are in its state, with new amounts of that day added or without."""
    return any(p.whole and p.as_of == as_of for line in state.values() for p in line.parts)


def _is_known(part: Part, unused: list[Part]) -> bool:
    """Whether a payment is one of the state's parts, each of which can be it once."""
    for old in unused:
        if _same(part, old):
            unused.remove(old)
            return True
    return False


def _is_covered(part: Part, line: Line | None, *, same_day: bool) -> bool:
    """Whether a payment is in a sum of all that the contract had paid by then.

    `same_day`: only a sum of the file's own day is asked; what is new is new since the days before.
    """
    return line is not None and any(
        _covers(old, part)
        for old in line.parts
        if old.whole and (not same_day or old.as_of == part.as_of)
    )


def _same(part: Part, old: Part) -> bool:
    if part.paid_on != old.paid_on or part.amounts != old.amounts:
        return False
    # without a day, only the file tells one payment from another of the same amount
    return bool(part.paid_on) or (old.as_of, old.whole) == (part.as_of, False)


def _covers(sum_of_all: Part, part: Part) -> bool:
    """Whether a payment is in a sum: it lies before the sum's day.

    On that very day the sum may have been made before it: then the sum's own newest payment is
    older.
    """
    if not part.paid_on:
        return part.as_of <= sum_of_all.as_of
    if part.paid_on == sum_of_all.as_of and sum_of_all.paid_on:
        return sum_of_all.paid_on >= part.paid_on
    return part.paid_on <= sum_of_all.as_of


def _is_known_file(state: State, payments: Sequence[Repayment]) -> bool:
    """Whether payments without days are just those of a file that was added before."""
    if not payments or any(p.paid_on for p in payments):
        return False
    files: dict[tuple[str, str], Counter[tuple[str, int, int]]] = defaultdict(Counter)
    for number, line in state.items():
        for part in line.parts:
            if not part.whole and not part.paid_on:
                files[part.as_of, part.source][(number, *part.amounts)] += 1
    given = Counter(
        (spelling.contract_no(p.contract_no), p.principal_fen, p.interest_fen) for p in payments
    )
    return given in files.values()
