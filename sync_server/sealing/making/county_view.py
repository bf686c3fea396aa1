"""Format a county's summary for its template: schools, missing units, special cases. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from shared import codes
from shared.ids import show_case_code
from shared.money import yuan
from shared.typography import full_width
from sync_server.paperwork import words
from sync_server.sealing.elsewhere import UNVERIFIED, StandsOn, mark_of
from sync_server.sealing.making.school_view import (
    GROUPS,
    SCHOOL_TERMS,
    SENSITIVE_TERM,
    WAYS,
    as_of_cut_off,
    basis_of,
    cover,
    file_terms,
    letter,
)
from sync_server.sealing.report_to import WITHHELD
from sync_server.sealing.summary import COUNTY, CountyRow, CountySummary, SpecialCase, Totals

ELSEWHERE_TERMS: dict[StandsOn, str] = {
    "elsewhere_pdf": "的封存件以加盖电子公章的PDF代替盖章扫描件。",
    "elsewhere_ofd": f"的封存件以加盖电子公章的OFD代替盖章扫描件，其电子公章{UNVERIFIED}。",
}
WITHHELD_TERM = "原因写“不列”的，涉及个人敏感信息，不在本报告中提供。"
SUMS_TERM = "由各单位已封存的汇总件逐份核验后相加而成，各单位合计与总计逐分相等。"


def county_view(summary: CountySummary, data_hash: str) -> dict[str, Any]:
    """Return the template's data for a county's or a region's summary.

    Args:
        summary: the rolled-up summary.
        data_hash: sha256 of summary.json, hex.

    Returns:
        A JSON value in which every text is formatted as printed.
    """
    reasons = {r.code: r.words for r in summary.reasons} | {WITHHELD: "不列"}
    short = any(s.reason not in reasons and not s.reason_words for s in summary.special)
    written = [s for s in summary.special if not isinstance(s.narrative, msgspec.UnsetType)]
    parts = [
        "各单位情况汇总表",
        *(["特殊情况人员一览"] if summary.special else []),
        *(["特殊情况逐人说明"] if written else []),
    ]
    head, to = summary.letterhead, summary.recipient
    return {
        **cover(summary, data_hash),
        **letter(summary, _start(summary), parts),
        "sent_to": full_width(head.sent_to if isinstance(to, msgspec.UnsetType) else to.addressed),
        "copied_to": full_width(head.copied_to),
        "copies": head.copies,
        "county": head.county,
        "notes": [
            SUMS_TERM,
            *SCHOOL_TERMS[:2],
            *((SENSITIVE_TERM,) if short else ()),
            *((WITHHELD_TERM,) if any(s.reason == WITHHELD for s in summary.special) else ()),
            *_figures_term(summary),
            *_elsewhere_term(summary),
            *file_terms(summary),
        ],
        "rows": [_row(row) for row in summary.rows],
        "totals_row": _numbers(summary.totals),
        "special_cases": [_special(s, reasons) for s in summary.special],
        "narratives": [_narrative(n, s, reasons) for n, s in enumerate(written, 1)],
    }


def _figures_term(summary: CountySummary) -> list[str]:
    """Return how the reports of one version to several recipients are compared."""
    if not summary.figures:
        return []
    code = words.grouped(str(summary.figures), 16)
    return [f"数字校验码{code}；报送各单位的同一版报告，数字和此码都相同。"]


def _elsewhere_term(summary: CountySummary) -> list[str]:
    """Return which units' seals stand on a file sealed electronically, and which are unverified."""
    numbers = {
        kind: "、".join(str(row.row) for row in summary.rows if row.stands_on == kind)
        for kind in ELSEWHERE_TERMS
    }
    return [
        f"第{numbers[kind]}号单位{term}" for kind, term in ELSEWHERE_TERMS.items() if numbers[kind]
    ]


def _narrative(number: int, item: SpecialCase, reasons: Mapping[str, str]) -> dict[str, Any]:
    lines = str(item.narrative or "").splitlines()
    shown = _special(item, reasons)
    del shown["id_number"]  # it stands in the list of 附件2
    return {
        "no": number,
        **shown,
        "lines": [full_width(line) for line in lines if line.strip()]
        or ["（未写情况说明，见首页例外事项）"],
    }


def _start(summary: CountySummary) -> str:
    """Return the first paragraph: on what basis, of when, how many units and which are missing."""
    whole = "全县" if summary.kind == COUNTY else ""
    registered = len(summary.rows) + len(summary.missing)
    names = "、".join(m.name for m in summary.missing)
    missing = f"，缺{len(summary.missing)}个：{names}" if summary.missing else ""
    return (
        f"{basis_of(summary)}{as_of_cut_off(summary)}，{whole}应报{registered}个单位，"
        f"已汇总{len(summary.rows)}个{missing}。有关情况报告如下。"
    )


def _row(row: CountyRow) -> dict[str, Any]:
    return {
        "row": row.row,
        "name": row.name,
        "document": f"{row.document} 第{row.version}版{mark_of(row.stands_on)}",
        "hash": words.grouped(row.data_hash, 16),
        **_numbers(row.totals),
    }


def _numbers(sums: Totals) -> dict[str, str]:
    unpaid = sums.unpaid
    return {
        "people": f"{sums.people:,}",
        "total": yuan(sums.total_fen),
        **{key: f"{getattr(sums.deliveries, key):,}" for key, _ in WAYS},
        "repaid_people": f"{sums.repaid.people:,}",
        "repaid": yuan(sums.repaid.fen),
        "repaid_rate": words.percent(sums.repaid.rate_bp),
        "amount_rate": words.percent(sums.repaid.amount_rate_bp),
        "unpaid": yuan(unpaid.fen),
        **{key: f"{unpaid.of(key).people:,}" for key, _ in GROUPS},
        "visits": f"{sums.visits:,}",
    }


def _special(item: SpecialCase, reasons: Mapping[str, str]) -> dict[str, str]:
    return {
        "unit": item.unit,
        "code": show_case_code(item.case),
        "name": item.name,
        "unpaid": yuan(item.unpaid_fen),
        "reason": item.reason_words or reasons.get(item.reason, item.reason),
        "id_number": words.short_mask(item.id_number or ""),
        "handling": codes.label(codes.HANDLINGS, item.handling),
    }
