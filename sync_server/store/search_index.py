"""The search index is brought up to date: by the writer, for the cases that triggers noted.

Until then a case is looked at directly (store/case_search.py), so nobody is missed. Of two
processes one waits for the other's commit: the row of the season is locked first.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, bindparam, delete, func, insert, select, text, update

from shared.case_search import numbers_of, text_of
from shared.contacts import in_force
from sync_server.store import cases, db_faults, masking, search_bits, search_terms
from sync_server.store import tables as t
from sync_server.store.parts import parts
from sync_server.store.prepared import Prepared
from sync_server.store.search_bits import BLOCK
from sync_server.store.search_terms import Searched, terms_of

GROUP_CASES = 1000
"""So many get their terms with what made them due; where more are due, all wait for a pause."""
PAUSE_CASES = 500
"""So many get them at a time in a pause: a push that comes meanwhile waits no longer."""
REST_S = 60.0
"""So long nothing is refreshed after a fault of the whole."""
_log = logging.getLogger("doorstep.search")
_SOME_DUE = Prepared(select(t.search_due.c.case_id).limit(GROUP_CASES + 1))
_FIRST = text(
    "INSERT INTO search_season (season, next, maker) VALUES (:season, 0, :maker) "
    "ON CONFLICT (season) DO NOTHING"
)
Changes = dict[tuple[int, str], tuple[set[int], set[int]]]
"""Block and term -> the cases that get it, and those that lose it, by their number in the block."""


class Refresher:
    """Makes terms for one writer. What goes wrong is logged and fails nobody's record."""

    def __init__(self) -> None:
        self._unread: set[str] = set()
        self._rests_until_s = 0.0

    def with_group(self, connection: Connection) -> bool:
        """Make the terms that this transaction made due; return whether anything is left.

        Where more is due than a transaction should take, all of it is left for a pause.
        """
        count = len(_SOME_DUE.rows(connection, {}))
        return count > GROUP_CASES or bool(count and self._safely(connection, GROUP_CASES))

    def in_pause(self, connection: Connection) -> bool:
        """Make some of the terms that are due; return whether anything is left."""
        return self._safely(connection, PAUSE_CASES)

    def _safely(self, connection: Connection, most: int) -> bool:
        if time.monotonic() < self._rests_until_s:
            return False
        try:
            with connection.begin_nested():
                return refresh(connection, most, self._unread) == most
        except Exception as fault:
            if db_faults.ends_transaction(connection, fault):
                raise
            self._rests_until_s = time.monotonic() + REST_S
            _log.warning("search terms were not made: %s", type(fault).__name__)
            return False


def refresh(connection: Connection, most: int = GROUP_CASES, unread: set[str] | None = None) -> int:
    """Make the terms of cases that are due; return how many cases that were.

    On PostgreSQL those that another process refreshes now are left to it. A case that cannot be
    read stays due, and is added to `unread`: those are left out.
    """
    d, unread = t.search_due.c, set() if unread is None else unread
    due = select(d.case_id, d.season).order_by(d.case_id).limit(most + len(unread))
    by_season: dict[str, list[str]] = {}
    rows = connection.execute(due.with_for_update(skip_locked=True)).all()
    found = [row for row in rows if row.case_id not in unread][:most]
    for row in found:
        by_season.setdefault(row.season, []).append(row.case_id)
    for season, ids in sorted(by_season.items()):
        _refresh(connection, season, ids, unread)
    done = [row.case_id for row in found if row.case_id not in unread]
    for part in parts(done):
        connection.execute(delete(t.search_due).where(d.case_id.in_(part)))
    return len(found)


def note_other_maker(connection: Connection) -> int:
    """Note every case of the seasons whose terms another version made; return how many."""
    s = t.search_season.c
    old = set(connection.execute(select(s.season).where(s.maker != search_terms.MAKER)).scalars())
    for season in sorted(old):
        renew(connection, season)
    return len(old)


def forget(connection: Connection, season: str) -> None:
    """Remove everything that people of a season are found by."""
    for table in (t.search_case, t.search_term, t.search_due, t.search_season):
        connection.execute(delete(table).where(table.c.season == season))


def renew(connection: Connection, season: str) -> int:
    """Let a season's terms be made anew, whatever is kept of them; return of how many people."""
    forget(connection, season)
    c = t.case_file.c
    every = select(c.id, c.season).where(c.season == season)
    connection.execute(insert(t.search_due).from_select(["case_id", "season"], every))
    return int(connection.execute(select(func.count()).select_from(every.subquery())).scalar_one())


def make_anew(connection: Connection) -> None:
    """Let all terms be made anew: of a database that came from outside only the cases count."""
    for table in (t.search_case, t.search_term, t.search_due, t.search_season):
        connection.execute(delete(table))
    every = select(t.case_file.c.id, t.case_file.c.season)
    connection.execute(insert(t.search_due).from_select(["case_id", "season"], every))


def searched(row: RowMapping) -> Searched:
    """Return what is looked through for a case, by its row."""
    case = cases.case_of(row)
    masked = masking.case(case)
    contact = in_force(cases.contacts_of(row))
    new = {field: contact[field].value for field in ("address", "phone") if field in contact}
    numbers = numbers_of(case, new.get("phone", ""))
    return Searched(
        text=search_terms.storable(text_of(case, row["initials"], (new.get("address", ""),))),
        shown=search_terms.storable(text_of(masked, "")),
        numbers=search_terms.storable(search_terms.lines(numbers)),
        unit=row["unit"],
        assignee=row["assignee"],
        off_list=bool(row["off_list"]),
    )


def kept(row: RowMapping) -> Searched:
    """Return what the index has of a case."""
    return Searched(**{name: row[name] for name in Searched.__struct_fields__})


def _refresh(connection: Connection, season: str, ids: Sequence[str], unread: set[str]) -> None:
    number = _lock(connection, season)
    before = _rows(connection, t.search_case, t.search_case.c.case_id, ids)
    now = _rows(connection, t.case_file, t.case_file.c.id, ids)
    changes: Changes = {}
    added, changed = list[dict[str, Any]](), list[dict[str, Any]]()
    for case_id in ids:
        old, row = before.get(case_id), now.get(case_id)
        if row is not None and row["season"] != season:
            row = None
        had = terms_of(kept(old)) if old is not None else set[str]()
        try:
            made = searched(row) if row is not None else None
        except Exception as fault:
            # whatever is wrong with one case, the others get their terms
            unread.add(case_id)
            _log.warning("a case could not be read: %s", type(fault).__name__)
            continue
        have = terms_of(made) if made is not None else set[str]()
        if old is None and made is None:
            continue
        n = number if old is None else old["n"]
        number += old is None
        _note(changes, n, have - had, had - have)
        if row is not None and made is not None:
            values = {"code": row["code"], **msgspec.structs.asdict(made)}
            (added if old is None else changed).append(
                {"case_id": case_id, "season": season, "n": n, **values}
            )
    _keep_cases(connection, added, changed, sorted(before.keys() - now.keys()))
    _keep_terms(connection, season, changes)
    connection.execute(
        update(t.search_season).where(t.search_season.c.season == season).values(next=number)
    )


def _lock(connection: Connection, season: str) -> int:
    """Lock a season's row, made where there is none; return the next number."""
    s = t.search_season.c
    connection.execute(_FIRST, {"season": season, "maker": search_terms.MAKER})
    query = select(s.next).where(s.season == season).with_for_update()
    return int(connection.execute(query).scalar_one())


def _rows(
    connection: Connection, table: Any, column: Any, ids: Sequence[str]
) -> dict[str, RowMapping]:
    found: dict[str, RowMapping] = {}
    for part in parts(ids):
        query = select(table).where(column.in_(part))
        found |= {r[column.name]: r for r in connection.execute(query).mappings()}
    return found


def _note(changes: Changes, n: int, more: Iterable[str], less: Iterable[str]) -> None:
    block, place = divmod(n, BLOCK)
    for side, terms in enumerate((more, less)):
        for term in terms:
            changes.setdefault((block, term), (set(), set()))[side].add(place)


def _keep_cases(
    connection: Connection,
    added: Sequence[dict[str, Any]],
    changed: Sequence[dict[str, Any]],
    gone: Sequence[str],
) -> None:
    c = t.search_case.c
    if added:
        connection.execute(insert(t.search_case), added)
    if changed:
        values: dict[str, Any] = {name: bindparam(name) for name in changed[0] if name != "case_id"}
        same = update(t.search_case).where(c.case_id == bindparam("same")).values(**values)
        connection.execute(same, [{"same": v["case_id"], **v} for v in changed])
    for part in parts(gone):
        connection.execute(delete(t.search_case).where(c.case_id.in_(part)))


def _keep_terms(connection: Connection, season: str, changes: Changes) -> None:
    """Change the sets of a season's terms, block after block."""
    by_block: dict[int, list[str]] = {}
    for block, term in changes:
        by_block.setdefault(block, []).append(term)
    c = t.search_term.c
    same = (c.season == season) & (c.block == bindparam("at")) & (c.term == bindparam("of"))
    put = update(t.search_term).where(same).values(cases=bindparam("now"))
    for block, terms in sorted(by_block.items()):
        new, other, gone = list[dict[str, Any]](), list[dict[str, Any]](), list[dict[str, Any]]()
        for part in parts(sorted(terms)):
            query = select(c.term, c.cases)
            query = query.where(c.season == season, c.term.in_(part), c.block == block)
            had = {row.term: row.cases for row in connection.execute(query)}
            for term in part:
                more, less = changes[block, term]
                cases_now = search_bits.changed(had.get(term, b""), more, less)
                if term not in had and cases_now:
                    row = {"season": season, "term": term, "block": block, "cases": cases_now}
                    new.append(row)
                elif term in had:
                    row = {"at": block, "of": term, "now": cases_now}
                    (other if cases_now else gone).append(row)
        if new:
            connection.execute(insert(t.search_term), new)
        if other:
            connection.execute(put, other)
        if gone:
            rows = [{"at": row["at"], "of": row["of"]} for row in gone]
            connection.execute(delete(t.search_term).where(same), rows)
