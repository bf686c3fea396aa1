"""Contacts accepted in one season as a suggestion in the next: for whom, and which. Pure.

A suggestion is never a fact: it carries the day it was given, and a teacher who hears it again
records it as any other contact. Only a season that was set to keep them has any (Season's
`keep_contacts`), and nothing else of that season is shown to a teacher.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from shared.cases import Case
from shared.codes import UPDATE_FIELDS
from shared.contacts import AcceptedContact, in_force
from shared.digest import canonical, sha256_hex
from shared.identity import normalise_name, whole_id
from shared.wire import SuggestedContact

FIELDS = tuple(field.code for field in UPDATE_FIELDS)


def mark_of(season: str, id_number: str, name: str) -> str:
    """Return what stands for a person's ID number and name together, "" where nobody is told by it.

    Two people have the same mark when both have the same valid ID number and the same name. It is
    kept instead of both, so that what is kept names nobody; whoever holds the database could still
    find a number by trying all of them.

    Args:
        season: The season whose contacts are kept: marks of two seasons have nothing in common.
        id_number: The ID number as the list has it.
        name: The name as the list has it.
    """
    number, called = whole_id(id_number), normalise_name(name)
    if not (number and called):
        return ""
    return sha256_hex(canonical([season, number, called]))


def to_keep(contacts: Iterable[AcceptedContact]) -> tuple[SuggestedContact, ...]:
    """Return what is kept of a case's accepted contacts: those in force, without who gave them."""
    return tuple(
        SuggestedContact(field=one.field, value=one.value, day=one.day)
        for field, one in in_force(contacts).items()
        if field in FIELDS and one.value
    )


def newest(kept: Iterable[SuggestedContact]) -> tuple[SuggestedContact, ...]:
    """Return one contact a field, the newest; of two of one day the later."""
    found: dict[str, SuggestedContact] = {}
    for one in sorted(kept, key=lambda each: each.day):
        found[one.field] = one
    return tuple(found[field] for field in FIELDS if field in found)


def offered(
    kept: Iterable[SuggestedContact],
    case: Case,
    contact: Mapping[str, str],
    recorded: Collection[str] = (),
) -> tuple[SuggestedContact, ...]:
    """Return the suggestions that still say something.

    Not one whose value the list of this season has, nor of a field of which this season knows an
    accepted value or a record, nor of a field that this version does not know.

    Args:
        kept: What was kept of the person.
        case: The case as the list of this season has it.
        contact: This season's accepted values by field.
        recorded: Fields of which a teacher recorded something this season.
    """
    listed = {*case.borrower.phones, case.address}
    return tuple(
        one
        for one in kept
        if one.field in FIELDS
        and one.value
        and one.value not in listed
        and not contact.get(one.field)
        and one.field not in recorded
    )
