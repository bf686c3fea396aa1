"""Sums of a summary: people, fen, rates. One shape at every level, so that a county adds up its schools.

Rates are integer basis points (1/10,000), rounded half up; a rate over nobody is 0. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

GROUPS = ("promised", "special", "unreachable", "other")
"""How an unpaid person is counted; `none` (nothing recorded, a named exception) counts as other."""

Totals = dict[str, Any]


def rate_bp(part: int, whole: int) -> int:
    """part/whole in basis points, half up; 0 when there is no whole."""
    return (2 * part * 10_000 + whole) // (2 * whole) if whole else 0


def of_rows(rows: Iterable[Mapping[str, Any]]) -> Totals:
    """Totals of a school's rows (see `rows.row_of`)."""
    rows = list(rows)
    unpaid = [r for r in rows if not r["paid"]]
    sums: Totals = {
        "people": len(rows),
        "contracts": sum(r["contracts"] for r in rows),
        "principal_fen": sum(r["principal_fen"] for r in rows),
        "interest_fen": sum(r["interest_fen"] for r in rows),
        "total_fen": sum(r["total_fen"] for r in rows),
        "delivered": {"people": sum(r["delivery"] in ("signed", "unsigned") for r in rows)},
        "repaid": {"people": len(rows) - len(unpaid), "fen": sum(r["repaid_fen"] for r in rows)},
        "unpaid": {"people": len(unpaid), "fen": sum(r["unpaid_fen"] for r in unpaid)},
        "visits": sum(r["visits"] for r in rows),
        "visited": sum(r["visits"] > 0 for r in rows),
        "attempts": sum(r["attempts"] for r in rows),
        "statements": sum(r["statement"] > 0 for r in rows),
    }
    for group in GROUPS:
        members = [r for r in unpaid if group == (r["group"] if r["group"] in GROUPS else "other")]
        sums["unpaid"][group] = {
            "people": len(members),
            "fen": sum(r["unpaid_fen"] for r in members),
        }
    return with_rates(sums)


def of_parts(parts: Iterable[Totals]) -> Totals:
    """Totals over totals: every number but the rates is the sum of its parts."""
    return with_rates(_added(list(parts)))


def with_rates(sums: Totals) -> Totals:
    """Set the rates anew from the sums."""
    people, due = sums["people"], sums["total_fen"]
    return {
        **sums,
        "delivered": {**sums["delivered"], "rate_bp": rate_bp(sums["delivered"]["people"], people)},
        "repaid": {
            **sums["repaid"],
            "rate_bp": rate_bp(sums["repaid"]["people"], people),
            "amount_rate_bp": rate_bp(sums["repaid"]["fen"], due),
        },
    }


def _added(parts: list[Totals]) -> Totals:
    shape = parts[0] if parts else of_rows([])
    return {
        key: _added([p[key] for p in parts])
        if isinstance(shape[key], dict)
        else sum(p[key] for p in parts)
        for key in shape
    }
