"""Sums of a summary: people, fen, rates; the same struct at every level. Pure.

Rates are integer basis points (1/10,000), rounded half up; a rate over nobody is 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from sync_server.sealing.bulletin import rate_bp as rate_bp
from sync_server.sealing.summary import (
    GROUPS,
    Delivered,
    Deliveries,
    Group,
    People,
    RepaidTotals,
    Row,
    SchoolSummary,
    Summary,
    Totals,
    Unpaid,
)

S = TypeVar("S", bound=msgspec.Struct)
APART_SINCE = 3
"""The first composer that counts deliveries apart."""


def of_rows(rows: Sequence[Row]) -> Totals:
    """Return the totals of a school's rows."""
    unpaid = [r for r in rows if not r.paid]
    sums = Totals(
        people=len(rows),
        contracts=sum(r.contracts for r in rows),
        principal_fen=sum(r.principal_fen for r in rows),
        interest_fen=sum(r.interest_fen for r in rows),
        total_fen=sum(r.total_fen for r in rows),
        delivered=Delivered(
            people=sum(r.delivery in ("signed", "unsigned") for r in rows), rate_bp=0
        ),
        repaid=RepaidTotals(
            people=len(rows) - len(unpaid),
            fen=sum(r.repaid_fen for r in rows),
            rate_bp=0,
            amount_rate_bp=0,
        ),
        unpaid=_unpaid(unpaid),
        visits=sum(r.visits for r in rows),
        visited=sum(r.visits > 0 for r in rows),
        attempts=sum(r.attempts for r in rows),
        statements=sum(r.statement > 0 for r in rows),
        deliveries=_deliveries(rows),
    )
    return with_rates(sums)


def _deliveries(rows: Sequence[Row]) -> Deliveries:
    ways = Counter(delivery_of(row) for row in rows)
    return Deliveries(**{name: ways[name] for name in Deliveries.__struct_fields__})


def delivery_of(row: Row) -> str:
    """Return which field of `Deliveries` counts a row."""
    if row.delivery == "signed":
        return "acknowledged" if row.delivery_outcome == "acknowledged" else "signed"
    return "refused" if row.delivery == "unsigned" else "undelivered"


def _unpaid(rows: Sequence[Row]) -> Unpaid:
    """Sum unpaid rows in total and by group; `none` (a named exception) counts as other."""
    groups: dict[Group, list[Row]] = {group: [] for group in GROUPS}
    for row in rows:
        groups[next((group for group in GROUPS if group == row.group), "other")].append(row)
    whole = _people(rows)
    return Unpaid(
        people=whole.people,
        fen=whole.fen,
        promised=_people(groups["promised"]),
        special=_people(groups["special"]),
        unreachable=_people(groups["unreachable"]),
        other=_people(groups["other"]),
    )


def _people(rows: Sequence[Row]) -> People:
    return People(people=len(rows), fen=sum(r.unpaid_fen for r in rows))


def of_parts(parts: Iterable[Totals]) -> Totals:
    """Return the totals over totals: every number but the rates is the sum of its parts."""
    return with_rates(_added([*parts] or [of_rows([])]))


def of_summary(summary: Summary) -> Totals:
    """Return the totals that a summary's rows give, whatever its own totals say.

    A composer before 3 counted no deliveries apart.
    """
    if not isinstance(summary, SchoolSummary):
        return of_parts(row.totals for row in summary.rows)
    sums = of_rows(summary.rows)
    if summary.composer >= APART_SINCE:
        return sums
    return msgspec.structs.replace(sums, deliveries=Deliveries())


def to_add(summary: Summary) -> Totals:
    """Return a summary's totals for the level above, with deliveries apart where its rows say."""
    if isinstance(summary, SchoolSummary):
        return of_rows(summary.rows)
    return summary.totals


def with_rates(sums: Totals) -> Totals:
    """Return the sums with their rates computed again."""
    people, due = sums.people, sums.total_fen
    return msgspec.structs.replace(
        sums,
        delivered=msgspec.structs.replace(
            sums.delivered, rate_bp=rate_bp(sums.delivered.people, people)
        ),
        repaid=msgspec.structs.replace(
            sums.repaid,
            rate_bp=rate_bp(sums.repaid.people, people),
            amount_rate_bp=rate_bp(sums.repaid.fen, due),
        ),
    )


def _added(parts: Sequence[S]) -> S:
    """Sum the numbers of structs of one type, and of the structs within them."""
    shape = parts[0]
    sums: dict[str, Any] = {}
    for name in shape.__struct_fields__:
        values = [getattr(part, name) for part in parts]
        sums[name] = _added(values) if isinstance(values[0], msgspec.Struct) else sum(values)
    return type(shape)(**sums)
