"""The suggestions of cases as phones and pages get them; store/kept_contacts.py makes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from sqlalchemy import Connection, select

from shared import suggestions
from shared.cases import Case
from shared.contacts import AcceptedContact, in_force
from shared.wire import SuggestedContact
from sync_server.store import tables as t
from sync_server.store.parts import parts


def read(body: str) -> tuple[SuggestedContact, ...]:
    """Return the contacts of a stored text."""
    return msgspec.json.decode(body, type=tuple[SuggestedContact, ...])


def of_cases(
    connection: Connection, case_ids: Sequence[str]
) -> dict[str, tuple[SuggestedContact, ...]]:
    """Return the suggestions of cases that have any, by case id."""
    c, found = t.suggested_contact.c, dict[str, tuple[SuggestedContact, ...]]()
    for part in parts(case_ids):
        query = select(c.case_id, c.body).where(c.case_id.in_(part))
        found |= {row.case_id: read(row.body) for row in connection.execute(query)}
    return found


def shown(
    kept: Sequence[SuggestedContact], case: Case, contacts: Mapping[str, AcceptedContact]
) -> tuple[SuggestedContact, ...]:
    """Return those that still say something beside the list and this season's contacts in force."""
    known = {field: one.value for field, one in contacts.items()}
    return suggestions.offered(kept, case, known)


def of_case(
    connection: Connection, case: Case, accepted: Iterable[AcceptedContact]
) -> tuple[SuggestedContact, ...]:
    """Return what is shown of one case."""
    return shown(of_cases(connection, [case.id]).get(case.id, ()), case, in_force(accepted))
