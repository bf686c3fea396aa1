"""Cases of which a record says a certain code, found without reading every case."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select

from shared.codes import CLAIMED_PAID
from shared.records.base import Fact
from sync_server.store import tables as t
from sync_server.store.on_list import ON_LIST
from sync_server.store.scope import Of, where
from sync_server.store.stored_fact import StoredFact

NO_DAY = "-"
"""Stands for the day of a claim that states none; it sorts before every day."""
_SPEAKING = ("visit", "statement", "correction")


def cases_naming(connection: Connection, season: str, code: str, of: Of) -> list[str]:
    """Return the ids of listed cases with a record that names a code, be it superseded since.

    Args:
        connection: The store.
        season: The season.
        code: A code as records carry it, such as `claimed_paid`.
        of: The school, or what somebody sees.
    """
    joined = t.fact.join(t.case_file, t.fact.c.case_id == t.case_file.c.id)
    query = (
        select(t.fact.c.case_id, t.fact.c.data)
        .select_from(joined)
        .where(
            t.fact.c.season == season,
            t.fact.c.kind.in_(_SPEAKING),
            ON_LIST,
            where(t.case_file.c.unit, of),
        )
    )
    word = code.encode()
    return sorted({r.case_id for r in connection.execute(query) if word in r.data})


def names_it(facts: Iterable[StoredFact], code: str) -> bool:
    """Return whether a record of a case names a code, as `cases_naming` finds it."""
    word = code.encode()
    return any(one.fact.kind in _SPEAKING and word in one.data for one in facts)


def in_force_claim(in_force: Iterable[Fact]) -> Fact | None:
    """Return the newest record of a claim, unless a later one names another outcome."""
    found: Fact | None = None
    for fact in in_force:
        if fact.kind not in ("visit", "statement"):
            continue
        if CLAIMED_PAID in (fact.body.get("outcome"), fact.body.get("reason")):
            found = fact
        elif fact.body.get("met") != "nobody":
            found = None
    return found
