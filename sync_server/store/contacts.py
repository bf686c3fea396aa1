"""The contacts of a case that the office accepted: made from its records, kept in its row.

The list's own phones and addresses are in the case's body, which an import writes; this is not.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, RowMapping, select, update

from shared import contacts
from shared.contacts import AcceptedContact
from shared.problems import ProblemError
from sync_server.store import cases
from sync_server.store import tables as t
from sync_server.store.reviews import reviews_of


def apply_verdicts(connection: Connection, case_ids: Sequence[str]) -> None:
    """Make the accepted contacts of cases again, after a verdict or a correction."""
    if not case_ids:
        return
    facts = cases.facts_of(connection, case_ids)
    for row in _rows(connection, case_ids):
        own = [stored.fact for stored in facts.get(row["id"], ())]
        reviews = reviews_of(connection, [fact.id for fact in own])
        _keep(connection, row["id"], contacts.apply_verdicts(own, reviews, cases.contacts_of(row)))


def take_back(
    connection: Connection, season: str, case_id: str, fact_id: str, *, who: str, at: str
) -> AcceptedContact:
    """Stop using an accepted contact; phones hear of it.

    Args:
        connection: The store.
        season: The season.
        case_id: The case.
        fact_id: The record the contact comes from.
        who: Who takes it back.
        at: When (UTC).

    Returns:
        The contact.

    Raises:
        ProblemError: contact.not_used.
    """
    row = next(iter(cases.rows(connection, season, ids=[case_id], off_list=None)), None)
    known = cases.contacts_of(row) if row is not None else ()
    found = next((c for c in known if c.fact == fact_id and not c.taken_back_at), None)
    if row is None or found is None:
        raise ProblemError("contact.not_used")
    gone = msgspec.structs.replace(found, taken_back_by=who, taken_back_at=at)
    _keep(connection, case_id, tuple(gone if c is found else c for c in known))
    cases.mark_changed(connection, row["unit"], [case_id])
    return gone


def complete(connection: Connection) -> int:
    """Make the contacts that were accepted before this version kept them.

    Nothing is announced: an app that shows who gave a contact asks for all its cases once
    (mobile/sync/pull.py), any other gets them with the case's next change.

    Returns:
        How many cases lacked them.
    """
    f, r, c = t.fact.c, t.review.c, t.case_file.c
    joined = t.fact.join(t.review, r.fact_id == f.id).join(t.case_file, c.id == f.case_id)
    kinds = f.kind.in_((contacts.KIND, "correction"))
    query = select(c.id).select_from(joined).distinct()
    lacking = query.where(kinds, r.verdict == "accepted", c.contact == "")
    found = list(connection.execute(lacking).scalars())
    apply_verdicts(connection, found)
    return len(found)


def _rows(connection: Connection, case_ids: Sequence[str]) -> list[RowMapping]:
    query = select(t.case_file).where(t.case_file.c.id.in_(list(case_ids)))
    return list(connection.execute(query).mappings())


def _keep(connection: Connection, case_id: str, found: Sequence[AcceptedContact]) -> None:
    text = msgspec.json.encode(found).decode()
    where = t.case_file.c.id == case_id
    connection.execute(update(t.case_file).where(where).values(contact=text))
