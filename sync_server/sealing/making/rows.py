"""Make the row of one case in the 催收情况汇总表, and the statement of one person. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from shared import codes
from shared.cases import Case
from shared.identity import mask_id
from shared.lifecycle import Judgement, Standing
from shared.records.notice_delivery import NoticeDelivery
from shared.records.registry import read_as
from shared.records.statement import Statement
from shared.season import Season
from sync_server.sealing.summary import DeliveryLine, Row, StatementRow, VisitRow

UNNAMED = "A0"
"""The short code of a sensitive reason that a season added without one of its own."""


def row_of(
    case: Case,
    judgement: Judgement,
    season: Season,
    *,
    number: int,
    statement: int,
    teacher: str,
    received_on: str = "",
) -> Row:
    """Make the row of one case.

    Args:
        case: the case.
        judgement: where it stands by its facts.
        season: the season, for its reasons and its policy on ID numbers.
        number: the row's number, from 1.
        statement: the number of the person's statement, 0 without one.
        teacher: the name of the teacher in charge, "" without one.
        received_on: the day the delivery's record came, where that was late (`late_receipt`).

    Returns:
        The row.
    """
    standing, delivery = judgement.standing, _delivery(judgement)
    paid = standing.repaid.paid
    repaid_fen = standing.repaid.counted_fen(case)
    return Row(
        row=number,
        case=case.code,
        name=case.borrower.name,
        id_number=printed_id(case, season),
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
        delivery_outcome=delivery.outcome if delivery else "",
        delivery_received_on=received_on or msgspec.UNSET,
        contract_no=tuple(c.contract_no for c in case.contracts)
        if _wants_contract_no(season)
        else msgspec.UNSET,
    )


def _wants_contract_no(season: Season) -> bool:
    """Return whether a recipient's form has a column for contract numbers."""
    return any(c.field == "contract_no" for one in season.recipients for c in one.people)


def _listed_reason(standing: Standing, season: Season) -> str:
    """Return the reason's code; a sensitive one appears on lists as a short code only.

    Source: docs/sources.md#sensitive-information.
    """
    reason = codes.find(season.reasons, standing.outcome)
    return (reason.short or UNNAMED) if reason.sensitive else standing.outcome


def statement_of(
    case: Case, judgement: Judgement, digests: Mapping[str, str], season: Season, row: Row
) -> StatementRow:
    """Make the 情况说明 of one person from the statement in force.

    A case without one (a named exception) gets a bare one.

    Args:
        case: the case.
        judgement: where it stands by its facts.
        digests: sha256 (hex) of every fact's bytes by fact id.
        season: the season, for the words of its reasons.
        row: the case's row.

    Returns:
        The statement.
    """
    standing = judgement.standing
    fact = judgement.find(standing.statement_fact)
    body = (
        read_as(fact.body, Statement) if fact else Statement(reason=standing.outcome, narrative="")
    )
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
        photos=tuple(sorted({p for f in judgement.in_force for p in f.photos})),
        delivery=_delivery_line(
            standing,
            _delivery(judgement),
            _from_paper(judgement, (standing.delivery_fact,)),
            row.delivery_received_on,
        ),
        visits=tuple(
            VisitRow(
                day=v.day,
                met=v.met,
                outcome=v.outcome,
                visitors=v.visitors,
                paper=_from_paper(judgement, v.facts),
            )
            for v in standing.visits
        ),
        attempts=standing.attempts,
        failed_attempts=standing.failed_attempts,
        teacher=row.teacher,
        fact=standing.statement_fact,
        fact_sha256=digests.get(standing.statement_fact, ""),
        paper=_from_paper(judgement, (standing.statement_fact,)),
    )


def _from_paper(judgement: Judgement, facts: Sequence[str]) -> bool | msgspec.UnsetType:
    """Return True where one of these records was typed in from paper; else nothing is written."""
    found = (judgement.find(fact) for fact in facts)
    return True if any(fact is not None and fact.paper for fact in found) else msgspec.UNSET


def _delivery_line(
    standing: Standing,
    delivery: NoticeDelivery | None,
    paper: bool | msgspec.UnsetType,
    received_on: str | msgspec.UnsetType,
) -> DeliveryLine:
    return DeliveryLine(
        state=standing.delivery,
        day=standing.delivered_on,
        method=delivery.method if delivery else "",
        outcome=delivery.outcome if delivery else "",
        signer=delivery.signer_name if delivery else "",
        relation=standing.signer_relation,
        paper=paper,
        received_on=received_on,
    )


def printed_id(case: Case, season: Season) -> str:
    """Return the ID number as this season's policy prints it: masked unless asked for in full."""
    number = case.borrower.id_number
    return number if season.full_id_numbers else mask_id(number)


def _delivery(judgement: Judgement) -> NoticeDelivery | None:
    fact = judgement.find(judgement.standing.delivery_fact)
    return read_as(fact.body, NoticeDelivery) if fact else None
