"""The search index held against the rows that it is made of."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from sqlalchemy import Connection, RowMapping, func, select

from sync_server.store import behind, search_bits, search_index
from sync_server.store import tables as t
from sync_server.store.parts import parts
from sync_server.store.search_bits import BLOCK
from sync_server.store.search_terms import terms_of

_c, _f = t.search_case.c, t.case_file.c


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What a comparison found.

    Attributes:
        people: How many were compared.
        different: Codes of those who are found by something else than their row says.
        lacking: How many people neither the index has nor wait for it.
        due: How many wait for their terms.
    """

    people: int = 0
    different: tuple[str, ...] = ()
    lacking: int = 0
    due: int = 0


def due(connection: Connection, season: str) -> int:
    """Return how many people of a season wait for their terms."""
    return behind.unindexed(connection, season)


def compare(connection: Connection, season: str, most: int) -> Look:
    """Compare people drawn by chance with their rows, and their terms with the sets of each.

    Somebody who waits for terms is no difference: nobody is found by what is kept of them.
    """
    waits = select(t.search_due.c.case_id)
    query = select(t.search_case).where(_c.season == season, _c.case_id.not_in(waits))
    drawn = connection.execute(query.order_by(func.random()).limit(most)).mappings().all()
    rows: dict[str, RowMapping] = {}
    for part in parts([row["case_id"] for row in drawn]):
        found = select(t.case_file).where(_f.season == season, _f.id.in_(part))
        rows |= {row["id"]: row for row in connection.execute(found).mappings()}
    different = [one["code"] for one in drawn if not _holds(connection, one, rows)]
    counted = select(func.count()).where(_c.season == season, _c.case_id.not_in(waits))
    indexed = int(connection.execute(counted).scalar_one())
    people = select(func.count()).where(_f.season == season, _f.id.not_in(waits))
    return Look(
        people=len(drawn),
        different=tuple(sorted(different)),
        lacking=max(0, int(connection.execute(people).scalar_one()) - indexed),
        due=due(connection, season),
    )


def _holds(connection: Connection, one: RowMapping, rows: Mapping[str, RowMapping]) -> bool:
    """Whether somebody is found by what the person's row says."""
    row, kept = rows.get(one["case_id"]), search_index.kept(one)
    if row is None or row["code"] != one["code"] or search_index.searched(row) != kept:
        return False
    return _is_in_sets(connection, one["season"], one["n"], terms_of(kept))


def _is_in_sets(connection: Connection, season: str, n: int, terms: set[str]) -> bool:
    """Whether the set of each of these terms has somebody, by the number."""
    c, block, place = t.search_term.c, *divmod(n, BLOCK)
    found = set()
    for part in parts(sorted(terms)):
        query = select(c.term, c.cases).where(c.season == season, c.term.in_(part))
        for term, cases in connection.execute(query.where(c.block == block)):
            if search_bits.has(cases, place):
                found.add(term)
    return found == terms
