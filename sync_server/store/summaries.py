"""Versions of summaries, and the one way from state to state (store/summary_states.py).

A version never changes once printed; another cut-off is another version
(docs/states.md#a-summary).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, exists, func, literal, select, update

from shared.problems import ProblemError
from sync_server.store import tables as t
from sync_server.store.ids import new_id
from sync_server.store.rows import as_struct
from sync_server.store.scope import Of, of_schools, where
from sync_server.store.summary_states import HANDED_IN, WITH_PAPER, Action, after
from sync_server.store.summary_states import State as State

COUNTY = ""
"""The unit of the county's own summary."""


class SummaryRow(msgspec.Struct, frozen=True, kw_only=True):
    """A version: `document` is its printed name, `folder` its files, `sha256` of the sealed PDF.

    `scan` is the folder of the uploads in force inside `folder`; "" is the one of version 0.1.
    `confirmed_stamps`: JSON, the stamps and signatures a person saw where the program did not.
    `stands_on`: "" where the uploads are a scan, else `elsewhere_pdf` or `elsewhere_ofd`
    (sealing/elsewhere.py); `declared`: JSON, who said then that they are this version.
    """

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
    scan: str = ""
    confirmed_stamps: str = ""
    stands_on: str = ""
    declared: str = ""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How far a unit is: its newest sealed version, and the draft of a later one beside it."""

    sealed: SummaryRow | None = None
    draft: SummaryRow | None = None

    @property
    def shown(self) -> SummaryRow | None:
        """The version that stands for the unit in a list: a draft only where nothing is sealed."""
        return self.sealed or self.draft

    @property
    def handed_in(self) -> bool:
        """Whether the newest sealed version was submitted and not returned."""
        return self.sealed is not None and self.sealed.state in HANDED_IN

    @property
    def reports(self) -> bool:
        """Whether the county counts it: sealed, and not returned."""
        return self.sealed is not None and self.sealed.state != "returned"


def standing(rows: Iterable[SummaryRow]) -> Standing:
    """Return how far a unit is, from its versions in any order; discarded ones do not count."""
    ordered = sorted(rows, key=lambda row: -row.version)
    sealed = next((row for row in ordered if row.sha256), None)
    open_ = (row for row in ordered if not row.sha256 and row.state != "discarded")
    draft = next((row for row in open_ if sealed is None or row.version > sealed.version), None)
    return Standing(sealed=sealed, draft=draft)


def standings(rows: Iterable[SummaryRow]) -> dict[str, Standing]:
    """Return how far each unit of these versions is, by its code."""
    of_unit: dict[str, list[SummaryRow]] = {}
    for row in rows:
        of_unit.setdefault(row.unit, []).append(row)
    return {unit: standing(versions) for unit, versions in of_unit.items()}


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


def listed(connection: Connection, season: str, of: Of) -> list[SummaryRow]:
    """Summaries of a school, or of those somebody sees, the newest version first."""
    c = t.summary.c
    query = select(t.summary).where(c.season == season, where(c.unit, of))
    found = connection.execute(query.order_by(c.unit, c.version.desc())).mappings()
    return [as_struct(r, SummaryRow) for r in found]


def glanced(connection: Connection, season: str, of: Of) -> list[SummaryRow]:
    """Return the same without `data`, which is as long as a school is large."""
    c = t.summary.c
    columns = [literal(b"").label("data") if column is c.data else column for column in c]
    query = select(*columns).where(c.season == season, where(c.unit, of))
    found = connection.execute(query.order_by(c.unit, c.version.desc())).mappings()
    return [as_struct(r, SummaryRow) for r in found]


def to_judge(connection: Connection, season: str, of: Of) -> set[str]:
    """Return the schools whose newest summary the centre has and has not judged."""
    c = t.summary.c
    query = select(c.unit).where(c.season == season, where(c.unit, of), c.state == "submitted")
    units = set(connection.execute(query).scalars())
    found = standings(glanced(connection, season, of_schools(units))) if units else {}
    return {unit for unit, s in found.items() if s.shown and s.shown.state == "submitted"}


def count_handed_in(connection: Connection, season: str, of: Of) -> int:
    """Count the schools at work whose newest sealed summary was submitted and not returned."""
    u = t.unit.c
    query = select(func.count()).select_from(t.unit)
    query = query.where(u.season == season, u.retired_at == "", u.merged_into == "")
    query = query.where(where(u.code, of), is_handed_in(season))
    return int(connection.execute(query).scalar_one())


def is_handed_in(season: str) -> ColumnElement[bool]:
    """The condition on `unit` that its newest sealed summary was submitted and not returned."""
    c, later = t.summary.c, t.summary.alias().c
    newer = exists().where(
        *(later.season == season, later.unit == c.unit),
        *(later.version > c.version, later.sha256 != ""),
    )
    return exists().where(
        *(c.season == season, c.unit == t.unit.c.code, c.sha256 != ""),
        *(c.state.in_(sorted(HANDED_IN)), ~newer),
    )


def reporting(connection: Connection, season: str, of: Of) -> dict[str, str]:
    """Return the schools that the county counts: the newest sealed version is not returned.

    With the id of that version where its stamped paper is waited for, else "".
    """
    c, later = t.summary.c, t.summary.alias().c
    newer = exists().where(
        *(later.season == season, later.unit == c.unit),
        *(later.version > c.version, later.sha256 != ""),
    )
    query = select(c.unit, c.id, c.state, c.stands_on).where(
        *(c.season == season, where(c.unit, of), c.unit != COUNTY),
        *(c.sha256 != "", c.state != "returned", ~newer),
    )
    rows = connection.execute(query)
    return {r.unit: r.id if r.state in WITH_PAPER and not r.stands_on else "" for r in rows}


def is_sealed_here(connection: Connection, sha256: str) -> bool:
    """Return whether this server sealed a file, by the sha256 of its PDF."""
    query = select(t.summary.c.id).where(t.summary.c.sha256 == sha256)
    return connection.execute(query).first() is not None


def every(connection: Connection) -> list[SummaryRow]:
    """Every version of every season."""
    rows = connection.execute(select(t.summary).order_by(t.summary.c.folder)).mappings()
    return [as_struct(r, SummaryRow) for r in rows]


def of_document(connection: Connection, document: str) -> list[SummaryRow]:
    """The versions of a document, the newest first."""
    c = t.summary.c
    query = select(t.summary).where(c.document == document).order_by(c.version.desc())
    return [as_struct(r, SummaryRow) for r in connection.execute(query).mappings()]


def unprinted(connection: Connection, document: str) -> list[SummaryRow]:
    """The versions of a document that nobody printed."""
    return [row for row in of_document(connection, document) if row.state == "composed"]


def move(
    connection: Connection, summary_id: str, action: Action, **values: Any
) -> tuple[SummaryRow, bool]:
    """Do an action: the state that follows, and other columns with it, if the state allows it.

    Args:
        connection: The writer's.
        summary_id: The version.
        action: What is done.
        values: Other columns to set.

    Returns:
        The version, and whether its state has changed; where not, and the action is not a scan,
        it was done before and nothing is written.

    Raises:
        ProblemError: summary.unknown, and those of summary_states.after.
    """
    while True:
        row = get(connection, summary_id)
        following = after(action, row.state)
        if following == row.state and not action.startswith("scan"):
            return row, False
        done = change(connection, summary_id, state=following, expected=row.state, **values)
        if done is not None:  # else another process was faster: look again
            return done, following != row.state


def change(
    connection: Connection,
    summary_id: str,
    *,
    state: State,
    expected: State | None = None,
    **values: Any,
) -> SummaryRow | None:
    """Set a summary's state, and other columns with it; None where `expected` is not its state."""
    where = t.summary.c.id == summary_id
    if expected is not None:
        where &= t.summary.c.state == expected
    done = connection.execute(update(t.summary).where(where).values(state=state, **values))
    return get(connection, summary_id) if done.rowcount else None


def remove(connection: Connection, summary_id: str) -> bool:
    """Remove a version that was never printed: nothing on paper has its number."""
    c = t.summary.c
    where = (c.id == summary_id) & (c.state == "composed")
    return connection.execute(t.summary.delete().where(where)).rowcount == 1


def check_newest(connection: Connection, row: SummaryRow) -> None:
    """Refuse to go on with a sealed version behind a later one.

    Raises:
        ProblemError: summary.newer_sealed.
    """
    last = last_sealed(connection, row.document)
    if last is not None and last.version > row.version:
        raise ProblemError("summary.newer_sealed", version=last.version)


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
