"""What the office accepted of phones, addresses and workplaces learnt on visits.

Kept apart from what the bank's list says: a newer list does not change it. Of several values of one
field the newest record counts; the others stay as history.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from shared.lifecycle import Review, accepted, unreviewed
from shared.records.base import Fact
from shared.records.contact_update import ContactUpdate
from shared.records.registry import read_as
from shared.season import day_of

KIND = "contact_update"


class AcceptedContact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One accepted value.

    Attributes:
        fact: The record it comes from, as the teacher first made it.
        field: What it is (codes UPDATE_FIELDS).
        source: Who gave it (codes PEOPLE).
        day: The day it was given, by the teacher's statement.
        accepted_by: Who accepted it.
        accepted_at: When it was accepted (UTC).
        taken_back_by: Who took it back; "" while it counts.
        taken_back_at: When it was taken back (UTC).

    """

    fact: str
    field: str
    value: str
    source: str = ""
    day: str = ""
    accepted_by: str = ""
    accepted_at: str = ""
    taken_back_by: str = ""
    taken_back_at: str = ""


class ProposedContact(msgspec.Struct, frozen=True, kw_only=True):
    """One value a teacher recorded and the office has not judged yet.

    Attributes:
        field: What it is (codes UPDATE_FIELDS).
        source: Who gave it (codes PEOPLE).
        day: The day it was given, by the teacher's statement.

    """

    field: str
    value: str
    source: str
    day: str


def apply_verdicts(
    facts: Sequence[Fact], reviews: Mapping[str, Review], before: Iterable[AcceptedContact]
) -> tuple[AcceptedContact, ...]:
    """Return a case's accepted values, in the order of their records.

    A record that was corrected, withdrawn or returned since is not among them. What was taken back
    stays so until the record is accepted once more.

    Args:
        facts: The case's facts, in order.
        reviews: The office's newest reviews by fact id.
        before: The values until now.

    """
    taken_back = {(c.fact, c.accepted_at): c for c in before if c.taken_back_at}
    found = (_contact(fact, review) for fact, review in accepted(facts, reviews, KIND))
    return tuple(taken_back.get((c.fact, c.accepted_at), c) for c in found)


def proposed(facts: Sequence[Fact], reviews: Mapping[str, Review]) -> tuple[ProposedContact, ...]:
    """Return what these records propose and the office has not judged yet, in their order.

    Args:
        facts: A case's facts, in order.
        reviews: The office's newest reviews by fact id.

    """
    found = [(f, read_as(f.body, ContactUpdate)) for f in unreviewed(facts, reviews, KIND)]
    return tuple(
        ProposedContact(
            field=body.field, value=body.value, source=body.source, day=day_of(fact.happened_at)
        )
        for fact, body in found
    )


def in_force(contacts: Iterable[AcceptedContact]) -> dict[str, AcceptedContact]:
    """Return the value of each field that counts: the newest that was not taken back."""
    return {c.field: c for c in contacts if not c.taken_back_at}


def _contact(fact: Fact, review: Review) -> AcceptedContact:
    body = read_as(fact.body, ContactUpdate)
    return AcceptedContact(
        fact=fact.id,
        field=body.field,
        value=body.value,
        source=body.source,
        day=day_of(fact.happened_at),
        accepted_by=review.by,
        accepted_at=review.at,
    )
