"""The conduct rules of a record from paper: judged by the time on the sheet, as on the phone.

A phone knows its teacher's records; the office judges by all records of the person.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from shared.conduct import call_flags, delivery_flags, proof_flags, visit_flags
from shared.records.base import Body, Fact
from shared.records.contact_attempt import ContactAttempt
from shared.records.notice_delivery import SIGNED, NoticeDelivery
from shared.records.visit import Visit
from shared.season import Season
from shared.wire import CaseState


def flags_of(
    body: Body,
    when: datetime,
    photos: Sequence[str],
    earlier: Sequence[Fact],
    case: CaseState,
    season: Season,
    *,
    correction: bool = False,
) -> tuple[str, ...]:
    """Return the flags (codes FLAGS) of a record; those of a kind without conduct rules are none.

    Args:
        body: The record.
        when: When it happened (aware).
        photos: sha256 of its photos, the scan included.
        earlier: The case's other records in force.
        case: The case as phones get it.
        season: The season, for its limits.
        correction: Whether it corrects a record made before.

    """
    limits, numbers = season.limits, _has_number(case)
    if isinstance(body, Visit):
        flags = visit_flags(when, body.visitors, earlier, limits, body.met, numbers=numbers)
    elif isinstance(body, NoticeDelivery):
        signer = body.signer_relation if body.outcome in SIGNED else ""
        flags = (
            *delivery_flags(
                when, body.servers, earlier, limits, signer, body.method, numbers=numbers
            ),
            *proof_flags(body.outcome, photos),
        )
    elif isinstance(body, ContactAttempt):
        flags = call_flags(when, body.to, earlier, limits, body.channel, numbers=numbers)
    else:
        return ()
    return ("deceased", *flags) if case.deceased and not correction else flags


def _has_number(case: CaseState) -> bool:
    """Whether any number of borrower or co-borrower is known."""
    other = case.case.co_borrower
    learnt = bool(case.contact.get("phone"))
    return learnt or bool(case.case.borrower.phones or (other and other.phones))
