"""Phones, addresses and workplaces learnt at doors, before what the bank's list says.

What this phone recorded counts at once, marked as not judged yet; what the office accepted comes
from the server with its source and day.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mobile.store.kept import REJECTED
from mobile.usecases.phone import Phone
from mobile.usecases.views import Learnt
from shared import contacts
from shared.contacts import ProposedContact
from shared.identity import parse_phones
from shared.wire import CaseState

LISTED = Learnt()
"""The origin of what stands on the bank's list."""


def proposed(phone: Phone, state: CaseState) -> tuple[ProposedContact, ...]:
    """Return what this phone recorded of a case and the office has not judged yet."""
    kept = phone.store.facts.of(state.case.id)
    reviews = {r.fact: r for r in state.reviews}
    return contacts.proposed([k.fact for k in kept if k.state != REJECTED], reviews)


def newest(state: CaseState, own: Sequence[ProposedContact], field: str) -> Learnt:
    """Return the newest value of a field; LISTED where neither phone nor office know one.

    Args:
        state: The case as the office sent it.
        own: What this phone proposes (`proposed`).
        field: What it is (codes UPDATE_FIELDS).

    """
    accepted = _accepted(state, field)
    for one in reversed(own):
        if one.field == field and one.day >= accepted.day:
            return Learnt(value=one.value, source=one.source, day=one.day, proposed=True)
    return accepted


def phones(state: CaseState, own: Sequence[ProposedContact]) -> tuple[tuple[str, Learnt], ...]:
    """Return the borrower's numbers, those learnt first, each with where it comes from."""
    found: dict[str, Learnt] = {}
    for one in reversed(own):
        if one.field == "phone":
            for number in parse_phones(one.value):
                found.setdefault(number, Learnt(source=one.source, day=one.day, proposed=True))
    accepted = _accepted(state, "phone")
    for number in parse_phones(accepted.value):
        found.setdefault(number, msgspec.structs.replace(accepted, value=number))
    for number in state.case.borrower.phones:
        found.setdefault(number, LISTED)
    return tuple(found.items())


def _accepted(state: CaseState, field: str) -> Learnt:
    value = state.contact.get(field, "")
    if not value:
        return LISTED
    origins = {} if state.contact_origins is msgspec.UNSET else state.contact_origins
    origin = origins.get(field)
    return Learnt(
        value=value, source=origin.source if origin else "", day=origin.day if origin else ""
    )
