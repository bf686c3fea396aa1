"""Records that came after a season was closed: stored, listed, in no sealed file.

They are those that were received after the last closing; where the season was opened again since,
up to then. What came later came to an open season.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from sqlalchemy import ColumnElement, Connection, func, select

from shared.records.base import Fact
from sync_server.store import cases, units
from sync_server.store import tables as t
from sync_server.store.scope import Of, where
from sync_server.store.stored_fact import StoredFact


class LateRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record: whose it is, of whom, when it came. `case_id`: "" for a case that is no more."""

    fact: Fact
    unit: str
    teacher: str
    received_at: str
    case_id: str = ""
    code: str = ""
    name: str = ""


def closed_span(connection: Connection, season: str) -> tuple[str, str]:
    """Return when a season was last closed and when it was opened again; "" where it was not."""
    c = t.season_change.c
    closed = select(func.max(c.n)).where(c.season == season, c.what == "close").scalar_subquery()
    rows = connection.execute(
        select(c.n, c.what, c.at).where(c.season == season, c.n >= closed).order_by(c.n)
    ).all()
    if not rows:
        return "", ""
    again = next((row.at for row in rows if row.what == "reopen"), "")
    return rows[0].at, again


def counts(connection: Connection, season: str, of: Of) -> dict[str, int]:
    """Return how many came, by school."""
    f = t.fact.c
    if not closed_span(connection, season)[0]:
        return {}
    query = select(f.unit, func.count().label("n")).where(_late(connection, season, of))
    return {row.unit: int(row.n) for row in connection.execute(query.group_by(f.unit))}


def listed(connection: Connection, season: str, of: Of, limit: int = 500) -> list[LateRecord]:
    """Return them, the newest first."""
    f, c = t.fact.c, t.case_file.c
    joined = t.fact.outerjoin(t.case_file, f.case_id == c.id)
    query = (
        select(t.fact, c.id.label("known"), c.code.label("case_code"))
        .select_from(joined)
        .where(_late(connection, season, of))
        .order_by(f.received_at.desc(), f.seq.desc())
        .limit(limit)
    )
    rows = list(connection.execute(query).mappings())
    facts = [cases.stored(row) for row in rows]
    teachers = units.visitor_names(connection, season, facts)
    ids = sorted({row["known"] for row in rows if row["known"]})
    names = {
        row["id"]: cases.case_of(row).borrower.name
        for row in cases.rows(connection, season, ids=ids, off_list=None)
    }
    return [
        LateRecord(
            fact=one.fact,
            unit=row["unit"],
            teacher=teachers.get(one.fact.id, ""),
            received_at=one.received_at,
            case_id=row["known"] or "",
            code=row["case_code"] or "",
            name=names.get(row["known"], ""),
        )
        for row, one in zip(rows, facts, strict=True)
    ]


def among(connection: Connection, season: str, facts: Iterable[StoredFact]) -> frozenset[str]:
    """Return which of a season's records came after it was closed, by their ids."""
    closed, again = closed_span(connection, season)
    if not closed:
        return frozenset()
    return frozenset(
        one.fact.id
        for one in facts
        if one.received_at > closed and not (again and one.received_at > again)
    )


def _late(connection: Connection, season: str, of: Of) -> ColumnElement[bool]:
    """The condition on `fact`; nothing of a season that was never closed."""
    f = t.fact.c
    closed, again = closed_span(connection, season)
    mine = (f.season == season) & (f.data != b"") & where(f.unit, of)
    mine &= f.received_at > (closed or "~")
    return mine & (f.received_at <= again) if again else mine
