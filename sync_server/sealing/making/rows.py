"""One case's line of the 催收情况汇总表, and the statement of one person in special circumstances. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from shared import codes
from shared.cases import Case
from shared.facts import Fact, NoticeDelivery, Statement
from shared.identity import mask_id
from shared.lifecycle import Standing, in_force
from shared.season import Season
from sync_server.sealing.summary import DeliveryLine, Row, StatementRow, VisitRow
from sync_server.store.stored_fact import StoredFact

UNNAMED = "A0"
"""A sensitive reason a season added without a short code: on lists it is told apart from nothing but 'not sensitive'."""


def row_of(
    case: Case,
    standing: Standing,
    facts: Sequence[Fact],
    season: Season,
    *,
    number: int,
    statement: int,
    teacher: str,
) -> Row:
    """The line of one case: row `number` of the table, with the number of its statement (0 without one)."""
    paid = standing.repaid.paid
    repaid_fen = case.total_fen if paid else min(standing.repaid.repaid_fen, case.total_fen)
    delivery = _delivery(standing, facts)
    return Row(
        row=number,
        case=case.code,
        name=case.borrower.name,
        id_number=shown_id(case, season),
        contracts=len(case.contracts),
        principal_fen=case.principal_fen,
        interest_fen=case.interest_fen,
        total_fen=case.total_fen,
        overdue_prior=case.overdue_prior,
        delivery=standing.delivery,
        delivered_on=standing.delivered_on,
        signer=delivery.signer_name if delivery else "",
        signer_relation=standing.signer_relation,
        visits=len(standing.visits),
        last_visit=standing.visits[-1].day if standing.visits else "",
        attempts=standing.attempts,
        paid=paid,
        paid_on=standing.repaid.paid_on,
        repaid_fen=repaid_fen,
        unpaid_fen=case.total_fen - repaid_fen,
        group=standing.group,
        reason="" if paid else _listed_reason(standing, season),
        promise_date="" if paid else standing.promise_date,
        teacher=teacher,
        statement=statement,
    )


def _listed_reason(standing: Standing, season: Season) -> str:
    """The reason's code; on a list an illness is a short code, the words stand in the statement (PIPL art. 28)."""
    reason = codes.find(season.reasons, standing.outcome)
    return (reason.short or UNNAMED) if reason.sensitive else standing.outcome


def statement_of(
    case: Case, standing: Standing, stored: Sequence[StoredFact], season: Season, row: Row
) -> StatementRow:
    """The 情况说明 of one person, from the statement in force; a case without one (a named exception) gets a bare one."""
    now = in_force([s.fact for s in stored])
    fact = next((f for f in now if f.id == standing.statement_fact), None)
    body = (
        msgspec.convert(fact.body, Statement)
        if fact
        else Statement(reason=standing.outcome, narrative="")
    )
    digests = {s.fact.id: s.sha256 for s in stored}
    return StatementRow(
        no=row.statement,
        row=row.row,
        case=case.code,
        name=case.borrower.name,
        id_number=row.id_number,
        contracts=row.contracts,
        total_fen=row.total_fen,
        repaid_fen=row.repaid_fen,
        reason=body.reason,
        reason_words=codes.label(season.reasons, body.reason),
        narrative=body.narrative,
        handling=body.handling,
        handling_words=codes.label(codes.HANDLINGS, body.handling),
        evidence=body.evidence,
        photos=tuple(sorted({p for f in now for p in f.photos})),
        delivery=_delivery_line(standing, _delivery(standing, [s.fact for s in stored])),
        visits=tuple(
            VisitRow(day=v.day, met=v.met, outcome=v.outcome, visitors=v.visitors)
            for v in standing.visits
        ),
        attempts=standing.attempts,
        failed_attempts=standing.failed_attempts,
        teacher=row.teacher,
        fact=standing.statement_fact,
        fact_sha256=digests.get(standing.statement_fact, ""),
    )


def _delivery_line(standing: Standing, delivery: NoticeDelivery | None) -> DeliveryLine:
    return DeliveryLine(
        state=standing.delivery,
        day=standing.delivered_on,
        method=delivery.method if delivery else "",
        outcome=delivery.outcome if delivery else "",
        signer=delivery.signer_name if delivery else "",
        relation=standing.signer_relation,
    )


def shown_id(case: Case, season: Season) -> str:
    """The ID number as this season's policy prints it: masked unless the county asked for it in full."""
    number = case.borrower.id_number
    return number if season.full_id_numbers else mask_id(number)


def _delivery(standing: Standing, facts: Sequence[Fact]) -> NoticeDelivery | None:
    fact = next((f for f in in_force(facts) if f.id == standing.delivery_fact), None)
    return msgspec.convert(fact.body, NoticeDelivery) if fact else None
