"""Summaries by state: composed, printed, stamped, sealed, submitted, accepted | returned.

A version never changes once printed; another cut-off is another version
(docs/states.md#a-summary).
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, select, update

from shared.problems import ProblemError
from sync_server.store import tables as t
from sync_server.store.ids import new_id
from sync_server.store.rows import as_struct

State = Literal["composed", "printed", "stamped", "sealed", "submitted", "accepted", "returned"]
"""How far a version is (docs/states.md, "A summary")."""

COUNTY = ""
"""The unit of the county's own summary."""


class SummaryRow(msgspec.Struct, frozen=True, kw_only=True):
    """A version: `document` is its printed name, `folder` its files, `sha256` of the sealed PDF."""

    id: str
    season: str
    unit: str
    document: str
    version: int
    state: State
    cut_off: str
    as_of: str
    data: bytes
    data_hash: str
    exceptions: str = ""
    reason: str = ""
    folder: str = ""
    sha256: str = ""
    composed_at: str = ""
    sealed_at: str = ""
    submitted_at: str = ""
    verdict: str = ""
    comment: str = ""


def add(connection: Connection, **values: Any) -> SummaryRow:
    """Store a new version, replacing one of that number that was never printed."""
    c = t.summary.c
    stale = (
        (c.document == values["document"])
        & (c.version == values["version"])
        & (c.state == "composed")
    )
    connection.execute(t.summary.delete().where(stale))
    row = {"id": new_id(), "state": "composed", **values}
    connection.execute(t.summary.insert(), row)
    return get(connection, str(row["id"]))


def get(connection: Connection, summary_id: str) -> SummaryRow:
    """A summary. Raises: ProblemError summary.unknown."""
    row = (
        connection.execute(select(t.summary).where(t.summary.c.id == summary_id)).mappings().first()
    )
    if row is None:
        raise ProblemError("summary.unknown")
    return as_struct(row, SummaryRow)


def listed(connection: Connection, season: str, unit: str | None = None) -> list[SummaryRow]:
    """Summaries of a school (or all), the newest version first."""
    c = t.summary.c
    query = select(t.summary).where(c.season == season)
    if unit is not None:
        query = query.where(c.unit == unit)
    found = connection.execute(query.order_by(c.unit, c.version.desc())).mappings()
    return [as_struct(r, SummaryRow) for r in found]


def change(connection: Connection, summary_id: str, *, state: State, **values: Any) -> SummaryRow:
    """Set a summary's state, and other columns with it."""
    values["state"] = state
    connection.execute(update(t.summary).where(t.summary.c.id == summary_id).values(**values))
    return get(connection, summary_id)


def next_version(connection: Connection, document: str) -> int:
    """The version a new composition gets: after the newest one that was printed."""
    c = t.summary.c
    query = (
        select(c.version)
        .where(c.document == document, c.state != "composed")
        .order_by(c.version.desc())
        .limit(1)
    )
    return (connection.execute(query).scalar() or 0) + 1


def last_sealed(connection: Connection, document: str) -> SummaryRow | None:
    """The newest sealed version of a document."""
    c = t.summary.c
    query = (
        select(t.summary)
        .where(c.document == document, c.sha256 != "")
        .order_by(c.version.desc())
        .limit(1)
    )
    row = connection.execute(query).mappings().first()
    return None if row is None else as_struct(row, SummaryRow)
