"""Format a county's summary for its template: schools, missing units, special cases. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared import codes
from shared.ids import show_case_code
from shared.money import yuan
from sync_server.paperwork import words
from sync_server.sealing.making.school_view import cover
from sync_server.sealing.summary import COUNTY, CountyRow, CountySummary, SpecialCase, Totals


def county_view(summary: CountySummary, data_hash: str) -> dict[str, Any]:
    """Return the template's data for a county's or a region's summary.

    Args:
        summary: the rolled-up summary.
        data_hash: sha256 of summary.json, hex.

    Returns:
        A JSON value in which every text is formatted as printed.
    """
    reasons = {r.code: r.words for r in summary.reasons}
    return {
        **cover(summary, data_hash),
        "rows": [_row(row) for row in summary.rows],
        "totals_row": _numbers(summary.totals),
        "missing": [m.name for m in summary.missing],
        "registered": len(summary.rows) + len(summary.missing),
        "scope": "全县" if summary.kind == COUNTY else "",
        "exceptions_by_unit": _exceptions(summary),
        "special_cases": [_special(s, reasons) for s in summary.special],
        "short_codes": any(s.reason not in reasons for s in summary.special),
    }


def _exceptions(summary: CountySummary) -> str:
    """List the units whose own page 1 names exceptions, with how many."""
    units = [e.unit for e in summary.exceptions]
    return "、".join(f"{unit}（{units.count(unit)}项）" for unit in dict.fromkeys(units))


def _row(row: CountyRow) -> dict[str, Any]:
    return {
        "row": row.row,
        "name": row.name,
        "document": f"{row.document} 第{row.version}版",
        "hash": words.grouped(row.data_hash, 16),
        **_numbers(row.totals),
    }


def _numbers(sums: Totals) -> dict[str, str]:
    unpaid = sums.unpaid
    return {
        "people": f"{sums.people:,}",
        "total": yuan(sums.total_fen),
        "delivered": words.percent(sums.delivered.rate_bp),
        "repaid_people": f"{sums.repaid.people:,}",
        "repaid": yuan(sums.repaid.fen),
        "repaid_rate": words.percent(sums.repaid.rate_bp),
        "unpaid": yuan(unpaid.fen),
        "promised": str(unpaid.promised.people),
        "special": str(unpaid.special.people),
        "unreachable": str(unpaid.unreachable.people),
        "other": str(unpaid.other.people),
        "visits": f"{sums.visits:,}",
    }


def _special(item: SpecialCase, reasons: Mapping[str, str]) -> dict[str, str]:
    return {
        "unit": item.unit,
        "code": show_case_code(item.case),
        "name": item.name,
        "unpaid": yuan(item.unpaid_fen),
        "reason": reasons.get(item.reason, item.reason),
        "handling": codes.label(codes.HANDLINGS, item.handling),
    }
