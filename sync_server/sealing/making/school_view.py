"""Format a school's summary for its template. Pure.

Takes a summary, returns a JSON value for summary.typ; the template lays out and formats nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared import codes
from shared.ids import show_case_code
from shared.money import in_words, yuan
from shared.season import day_of
from sync_server.paperwork import words
from sync_server.sealing.summary import (
    DeliveryLine,
    ExceptionLine,
    Group,
    Row,
    SchoolSummary,
    StatementRow,
    Summary,
    Totals,
)

DELIVERY = {"signed": "已签收", "unsigned": "拒签", "undelivered": "未送达", "none": "未送达"}
"""The words of each state of delivery."""
GROUPS: tuple[tuple[Group, str], ...] = (
    ("promised", "承诺还款"),
    ("special", "特殊情况"),
    ("unreachable", "暂未联系上"),
    ("other", "其他"),
)
"""The groups of unpaid people with their words, in the order of page 1."""


def school_view(summary: SchoolSummary, data_hash: str) -> dict[str, Any]:
    """Return the template's data for a school's summary.

    Args:
        summary: the school's summary.
        data_hash: sha256 of summary.json, hex.

    Returns:
        A JSON value in which every text is formatted as printed.
    """
    reasons = {r.code: r.words for r in summary.reasons}
    return {
        **cover(summary, data_hash),
        "rows": [_row(row, reasons, summary.full_id_numbers) for row in summary.rows],
        "totals_row": _totals_row(summary.totals),
        "short_codes": any(r.reason and r.reason not in reasons for r in summary.rows),
        "statements": [_statement(s) for s in summary.statements],
        "stamp_each": summary.stamp_each_statement,
    }


def cover(summary: Summary, data_hash: str) -> dict[str, Any]:
    """Return the data of page 1 and of what is on every page; the same for every level.

    Args:
        summary: a summary of any level.
        data_hash: sha256 of summary.json, hex.

    Returns:
        A JSON value in which every text is formatted as printed.
    """
    season, letterhead, sums = summary.season, summary.letterhead, summary.totals
    return {
        "demo": summary.demo,
        "unit": summary.unit.name,
        "season": season.id,
        "due_day": words.month_day(season.due_day),
        "county": letterhead.county,
        "centre": letterhead.centre,
        "document_no": words.full_width(letterhead.document_no),
        "basis": words.full_width(letterhead.basis),
        "cut_off": words.moment(summary.cut_off),
        "signed_on": words.day(day_of(summary.cut_off)),
        "as_of": words.day(summary.as_of),
        "document": summary.document,
        "version": summary.version,
        "reason": words.full_width(summary.reason),
        "previous_seal": words.grouped(summary.previous_seal, 16),
        "data_hash": words.grouped(data_hash, 64),
        "figures": _figures(sums),
        "principal": yuan(sums.principal_fen),
        "interest": yuan(sums.interest_fen),
        "total": yuan(sums.total_fen),
        "total_words": in_words(sums.total_fen),
        "people": sums.people,
        "contracts": sums.contracts,
        "visits": sums.visits,
        "visited": sums.visited,
        "special": sums.unpaid.special.people,
        "exceptions": [_exception(e) for e in summary.exceptions],
    }


def _line(
    words_: str, people: int, fen: int | None, rate: str = "", *, inner: bool = False
) -> dict[str, Any]:
    amount = "—" if fen is None else yuan(fen)
    return {
        "words": words_,
        "people": f"{people:,}",
        "amount": amount,
        "rate": rate,
        "inner": inner,
    }


def _figures(sums: Totals) -> list[dict[str, Any]]:
    """List the lines of the table on page 1; an `inner` line is part of the line before it."""
    unpaid = sums.unpaid
    repaid_rate = f"{words.percent(sums.repaid.rate_bp)}"
    return [
        _line("应还本息", sums.people, sums.total_fen),
        _line(
            "通知书已送达",
            sums.delivered.people,
            None,
            words.percent(sums.delivered.rate_bp),
        ),
        _line("已还清", sums.repaid.people, sums.repaid.fen, repaid_rate),
        _line("尚未还清", unpaid.people, unpaid.fen),
        *(_line(zh, unpaid.of(key).people, unpaid.of(key).fen, inner=True) for key, zh in GROUPS),
    ]


def _exception(item: ExceptionLine) -> dict[str, str]:
    return {
        "words": words.full_width(item.words),
        "reason": words.full_width(item.reason).rstrip("。"),
        "by": item.by,
    }


def _row(row: Row, reasons: Mapping[str, str], full_id: bool) -> dict[str, Any]:
    paid = row.paid
    return {
        "row": row.row,
        "code": show_case_code(row.case),
        "name": row.name,
        # The usual table has no ID column; it is added only where the county asked for full
        # numbers.
        "id_number": row.id_number if full_id else "",
        "principal": yuan(row.principal_fen),
        "interest": yuan(row.interest_fen),
        "total": yuan(row.total_fen),
        "delivery": words.short_day(row.delivered_on) or DELIVERY.get(row.delivery, row.delivery),
        "signer": _signer(row),
        "visits": str(row.visits),
        "last_visit": words.short_day(row.last_visit),
        "paid": ("是 " + words.short_day(row.paid_on)).strip() if paid else _partly(row),
        "is_paid": paid,
        "reason": _reason(row, reasons),
        "note": _note(row),
    }


def _signer(row: Row) -> str:
    """Return who signed; a refusal is named instead."""
    if row.delivery == "unsigned":
        return "拒签"
    return row.signer or codes.label(codes.PEOPLE, row.signer_relation)


def _partly(row: Row) -> str:
    return f"部分 {yuan(row.repaid_fen)}" if row.repaid_fen else "否"


def _reason(row: Row, reasons: Mapping[str, str]) -> str:
    if row.paid:
        return ""
    reason = reasons.get(row.reason, row.reason) or "无记录"
    return f"{reason} {words.short_day(row.promise_date)}" if row.promise_date else reason


def _note(row: Row) -> str:
    parts = [f"说明{row.statement}"] if row.statement else []
    return "·".join(parts + (["含往年"] if row.overdue_prior else []))


def _totals_row(sums: Totals) -> dict[str, str]:
    return {
        "people": f"{sums.people}人",
        "principal": yuan(sums.principal_fen),
        "interest": yuan(sums.interest_fen),
        "total": yuan(sums.total_fen),
        "delivery": words.percent(sums.delivered.rate_bp),
        "visits": str(sums.visits),
        "repaid": words.percent(sums.repaid.rate_bp),
    }


def _statement(statement: StatementRow) -> dict[str, Any]:
    return {
        "no": statement.no,
        "name": statement.name,
        "code": show_case_code(statement.case),
        "id_number": words.short_mask(statement.id_number),
        "contracts": statement.contracts,
        "total": yuan(statement.total_fen),
        "repaid": yuan(statement.repaid_fen) if statement.repaid_fen else "",
        "reason": statement.reason_words,
        "narrative": [words.full_width(p) for p in statement.narrative.splitlines() if p.strip()]
        or ["（未写情况说明，见首页例外事项）"],
        "visits": words.full_width(_visits(statement)),
        "delivery": words.full_width(_delivery(statement.delivery)),
        "evidence": words.full_width(_evidence(statement)),
        "handling": statement.handling_words,
    }


def _visits(statement: StatementRow) -> str:
    lines = [
        f"{words.month_day(v.day) or words.ODD_DAY}见{codes.label(codes.PEOPLE, v.met)}"
        + (f"({'、'.join(v.visitors)})" if v.visitors else "")
        for v in statement.visits
    ]
    visits = f"{len(lines)}次:{';'.join(lines)}" if lines else "未上门"
    return visits + (f";另以电话等联系{statement.attempts}次" if statement.attempts else "")


def _delivery(delivery: DeliveryLine) -> str:
    """Describe the delivery that counts: method, outcome and signer."""
    if delivery.state in ("none", "undelivered"):
        return codes.label(codes.DELIVERIES, delivery.outcome) or "未送达"
    day = words.month_day(delivery.day) or words.ODD_DAY
    parts = [
        f"{day}{codes.label(codes.METHODS, delivery.method)}",
        codes.label(codes.DELIVERIES, delivery.outcome),
    ]
    relation = codes.label(codes.PEOPLE, delivery.relation)
    if delivery.signer:
        parts.append(f"签收人{delivery.signer}" + (f"({relation})" if relation else ""))
    return ",".join(parts)


def _evidence(statement: StatementRow) -> str:
    parts = ["、".join(statement.evidence)] if statement.evidence else []
    return (
        ";".join([*parts, f"照片{len(statement.photos)}张"] if statement.photos else parts) or "无"
    )
