"""Accepted contacts as the page of a case shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from shared import codes
from shared.contacts import AcceptedContact, in_force
from shared.records.contact_update import KIND
from shared.wire import SuggestedContact
from sync_server.console.web.formatting import Words


class ContactView(msgspec.Struct, frozen=True, kw_only=True):
    """An accepted contact in words. `used`: it is the one that counts for its field."""

    fact: str
    field: str
    label: str
    value: str
    source: str
    day: str
    teacher: str
    accepted_by: str
    accepted_at: str
    taken_back_by: str
    taken_back_at: str
    used: bool


def contact_views(
    contacts: Iterable[AcceptedContact], teachers: Mapping[str, str], words: Words, *, masked: bool
) -> list[ContactView]:
    """Return accepted contacts in the page's language, the newest first.

    Args:
        contacts: A case's contacts, in the order of their records.
        teachers: Who made each record, by its id.
        words: The page's language.
        masked: Whether phones and addresses are masked.

    """
    known = tuple(contacts)
    used = {contact.fact for contact in in_force(known).values()}
    return [_view(c, teachers, words, used=c.fact in used, masked=masked) for c in reversed(known)]


def _view(
    contact: AcceptedContact,
    teachers: Mapping[str, str],
    words: Words,
    *,
    used: bool,
    masked: bool,
) -> ContactView:
    mask = KIND.masks.get(contact.field)
    return ContactView(
        fact=contact.fact,
        field=contact.field,
        label=codes.label(codes.UPDATE_FIELDS, contact.field, words.language),
        value=mask(contact.value) if mask and masked else contact.value,
        source=codes.label(codes.PEOPLE, contact.source, words.language),
        day=words.day(contact.day),
        teacher=teachers.get(contact.fact, ""),
        accepted_by=contact.accepted_by,
        accepted_at=words.moment(contact.accepted_at),
        taken_back_by=contact.taken_back_by,
        taken_back_at=words.moment(contact.taken_back_at),
        used=used,
    )


class SuggestedView(msgspec.Struct, frozen=True, kw_only=True):
    """A contact of last year in words, not checked since."""

    label: str
    value: str
    day: str


def suggested_views(
    kept: Iterable[SuggestedContact], words: Words, *, masked: bool
) -> list[SuggestedView]:
    """Return last year's contacts in the page's language; `masked` as `contact_views`."""
    found = []
    for one in kept:
        mask = KIND.masks.get(one.field)
        label = codes.label(codes.UPDATE_FIELDS, one.field, words.language)
        value = mask(one.value) if mask and masked else one.value
        found.append(SuggestedView(label=label, value=value, day=one.day))
    return found
