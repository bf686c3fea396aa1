"""One case's line of the 催收情况汇总表, and the statement of one person in special circumstances. Pure.

Out come JSON values only (strings, integers, booleans, lists, objects), for they become summary.json.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from shared import codes
from shared.cases import Case
from shared.identity import mask_id
from shared.lifecycle import Standing, in_force
from shared.records.base import Fact
from shared.records.notice_delivery import NoticeDelivery
from shared.records.statement import Statement
from shared.season import Season

UNNAMED = "A0"
"""A sensitive reason a season added without a short code: on lists it is told apart from nothing but 'not sensitive'."""


class StoredFact(msgspec.Struct, frozen=True, kw_only=True):
    """A fact as the ledger keeps it: `seq` is the server's order, `n` the device's own counter, from 1."""

    fact: Fact
    sha256: str
    device: str
    n: int
    seq: int
    received_at: str


def row_of(
    case: Case, standing: Standing, facts: Sequence[Fact], season: Season, teacher: str
) -> dict[str, Any]:
    """The line of one case, without its number in the table. Amounts fen, days ISO, codes as codes."""
    paid = standing.repaid.paid
    repaid_fen = case.total_fen if paid else min(standing.repaid.repaid_fen, case.total_fen)
    delivery = _delivery(standing, facts)
    reason = codes.find(season.reasons, standing.outcome)
    return {
        "case": case.code,
        "name": case.borrower.name,
        "id_number": shown_id(case, season),
        "contracts": len(case.contracts),
        "principal_fen": case.principal_fen,
        "interest_fen": case.interest_fen,
        "total_fen": case.total_fen,
        "overdue_prior": case.overdue_prior,
        "delivery": standing.delivery,
        "delivered_on": standing.delivered_on,
        "signer": delivery.signer_name if delivery else "",
        "signer_relation": standing.signer_relation,
        "visits": len(standing.visits),
        "last_visit": standing.visits[-1].day if standing.visits else "",
        "attempts": standing.attempts,
        "paid": paid,
        "paid_on": standing.repaid.paid_on,
        "repaid_fen": repaid_fen,
        "unpaid_fen": case.total_fen - repaid_fen,
        "group": standing.group,
        # PIPL art. 28: on a list an illness is a short code; the words stand in that person's statement only.
        "reason": ""
        if paid
        else (reason.short or UNNAMED)
        if reason.sensitive
        else standing.outcome,
        "promise_date": "" if paid else standing.promise_date,
        "teacher": teacher,
        "statement": 0,
    }


def statement_of(
    case: Case,
    standing: Standing,
    stored: Sequence[StoredFact],
    season: Season,
    row: Mapping[str, Any],
) -> dict[str, Any]:
    """The 情况说明 of one person, from the statement in force; a case without one (a named exception) gets a bare one."""
    now = in_force([s.fact for s in stored])
    fact = next((f for f in now if f.id == standing.statement_fact), None)
    body = (
        msgspec.convert(fact.body, Statement)
        if fact
        else Statement(reason=standing.outcome, narrative="")
    )
    delivery = _delivery(standing, [s.fact for s in stored])
    digests = {s.fact.id: s.sha256 for s in stored}
    return {
        "case": case.code,
        "name": case.borrower.name,
        "id_number": row["id_number"],
        "contracts": row["contracts"],
        "total_fen": row["total_fen"],
        "repaid_fen": row["repaid_fen"],
        "reason": body.reason,
        "reason_words": codes.label(season.reasons, body.reason),
        "narrative": body.narrative,
        "handling": body.handling,
        "handling_words": codes.label(codes.HANDLINGS, body.handling),
        "evidence": list(body.evidence),
        "photos": sorted({p for f in now for p in f.photos}),
        "delivery": {
            "state": standing.delivery,
            "day": standing.delivered_on,
            "method": delivery.method if delivery else "",
            "outcome": delivery.outcome if delivery else "",
            "signer": delivery.signer_name if delivery else "",
            "relation": standing.signer_relation,
        },
        "visits": [
            {"day": v.day, "met": v.met, "outcome": v.outcome, "visitors": list(v.visitors)}
            for v in standing.visits
        ],
        "attempts": standing.attempts,
        "failed_attempts": standing.failed_attempts,
        "teacher": row["teacher"],
        "fact": standing.statement_fact,
        "fact_sha256": digests.get(standing.statement_fact, ""),
    }


def shown_id(case: Case, season: Season) -> str:
    """The ID number as this season's policy prints it: masked unless the county asked for it in full."""
    number = case.borrower.id_number
    return number if season.full_id_numbers else mask_id(number)


def _delivery(standing: Standing, facts: Sequence[Fact]) -> NoticeDelivery | None:
    fact = next((f for f in in_force(facts) if f.id == standing.delivery_fact), None)
    return msgspec.convert(fact.body, NoticeDelivery) if fact else None
