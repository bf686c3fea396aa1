"""Contacts of last year on a case's page: a suggestion with its day, never one of its contacts.

The office sends them only where last year's season was set to keep them (shared/suggestions.py).
Numbers are masked as others are; looking, calling and taking one over is recorded.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mobile.usecases import learnt
from mobile.usecases.phone import Phone
from mobile.usecases.records import record
from mobile.usecases.views import Suggested
from shared import suggestions
from shared.conduct import SHOWN
from shared.contacts import ProposedContact
from shared.identity import mask_numbers, mask_phone, parse_phones
from shared.problems import ProblemError
from shared.records.disclosure import Disclosure
from shared.wire import CaseState, SuggestedContact

WHAT = "suggested_phone"
"""What is disclosed (shared.conduct DISCLOSED)."""


def offered(state: CaseState, own: Sequence[ProposedContact]) -> tuple[SuggestedContact, ...]:
    """Return what is suggested for a case; nothing of a field this phone recorded something of.

    Args:
        state: The case as the office sent it.
        own: What this phone proposes (mobile.usecases.learnt.proposed).

    """
    if state.suggested is msgspec.UNSET or state.deceased:
        return ()
    recorded = {one.field for one in own}
    return suggestions.offered(state.suggested, state.case, state.contact, recorded)


def views(phone: Phone, state: CaseState, own: Sequence[ProposedContact]) -> tuple[Suggested, ...]:
    """Return the suggestions as the case's page shows them; of an address nothing while covered."""
    found: list[Suggested] = []
    for one in offered(state, own):
        if one.field == "phone":
            found += [
                Suggested(field=one.field, value=mask_phone(number), day=one.day, index=index)
                for index, number in enumerate(_numbers(one))
            ]
        elif not phone.covered:
            found.append(Suggested(field=one.field, value=mask_numbers(one.value), day=one.day))
    return tuple(found)


def numbers(phone: Phone, state: CaseState) -> tuple[str, ...]:
    """Return the suggested phone numbers in full; an index into them goes to `ring` or `reveal`."""
    for one in offered(state, learnt.proposed(phone, state)):
        if one.field == "phone":
            return _numbers(one)
    return ()


async def take(phone: Phone, case_id: str, field: str) -> str:
    """Return a suggested value for a form; of a phone number the look is recorded.

    Raises:
        ProblemError: case.unknown; fact.field_missing when it is not suggested any more.

    """
    state = phone.store.cases.get(case_id)
    if state is None:
        raise ProblemError("case.unknown", case=case_id)
    found = {one.field: one for one in offered(state, learnt.proposed(phone, state))}
    if field not in found:
        raise ProblemError("fact.field_missing", field=field)
    if field == "phone":
        await record(phone, case_id, Disclosure(what=WHAT, purpose=SHOWN))
    return found[field].value


def _numbers(one: SuggestedContact) -> tuple[str, ...]:
    return parse_phones(one.value) or (one.value,)
