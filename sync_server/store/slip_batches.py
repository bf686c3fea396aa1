"""Batches of signed slips that schools hand in to the centre, and the slips in them.

A slip is in the centre's hands once its line is ticked in a batch that was received. Every change
of a batch is a compare-and-set on its state, so that two who press at once are kept apart here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, RowMapping, and_, exists, func, select, update

from sync_server.store import tables as t
from sync_server.store.ids import new_id
from sync_server.store.parts import parts
from sync_server.store.rows import as_struct
from sync_server.store.scope import Of, where

State = Literal["draft", "brought", "received", "discarded"]
DRAFT: State = "draft"
BROUGHT: State = "brought"
RECEIVED: State = "received"
DISCARDED: State = "discarded"
OPEN = (DRAFT, BROUGHT)
"""States in which the centre has not yet signed for the slips."""


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """A batch.

    Attributes:
        number: Counts from 1 in each school; a discarded batch keeps its number.
        without_sheet: Whether the slips came without a hand-over sheet.
        received_on: ISO day on which they were brought, "" until they are received.
        given_by: The name of whoever brought them.
        late: Whether that was after the season's day for slips.
        receipts: How often it was received; more than once after it was opened again.
        version: Grows with every change, of its lines too.
        reason: Why it was opened again for the last time.
    """

    id: str
    season: str
    unit: str
    number: int
    state: State
    without_sheet: bool
    created_at: str
    created_by: str
    brought_at: str
    brought_by: str
    received_on: str
    received_at: str
    received_by: str
    given_by: str
    late: bool
    receipts: int
    version: int
    reason: str

    @property
    def open(self) -> bool:
        """Whether the centre has not yet signed for it."""
        return self.state in OPEN


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A slip in a batch.

    Attributes:
        line: Its number on the sheet; slips added at the desk follow.
        on_sheet: Whether the sheet names it, and so misses it.
    """

    batch: str
    case_id: str
    line: int
    on_sheet: bool
    ticked_at: str = ""
    ticked_by: str = ""

    @property
    def ticked(self) -> bool:
        """Whether it lay on the table."""
        return self.ticked_at != ""


class HandedIn(msgspec.Struct, frozen=True, kw_only=True):
    """In which batch, and when, the centre received a person's slip."""

    case_id: str
    unit: str
    number: int
    received_on: str
    late: bool


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A slip in a batch that the centre has not received yet."""

    case_id: str
    batch: str
    number: int
    state: State
    ticked: bool


def find(connection: Connection, season: str, batch_id: str) -> Batch | None:
    """Return a batch of a season by its id."""
    c = t.slip_batch.c
    query = select(t.slip_batch).where(c.id == batch_id, c.season == season)
    row = connection.execute(query).mappings().first()
    return None if row is None else as_struct(row, Batch)


def count_in_state(connection: Connection, season: str, of: Of, state: State) -> dict[str, int]:
    """Count the batches in a state by school, of a school or of those somebody sees."""
    c = t.slip_batch.c
    query = select(c.unit, func.count()).where(c.season == season, c.state == state)
    rows = connection.execute(query.where(where(c.unit, of)).group_by(c.unit))
    return {unit: int(n) for unit, n in rows}


def count_at_desk(connection: Connection, season: str, unit: str) -> int:
    """Count a school's people whose slip lies at the centre and was not received yet."""
    b, line, c = t.slip_batch.c, t.slip_line.c, t.case_file.c
    other, its = t.slip_line.alias().c, t.slip_batch.alias().c
    received = exists().where(
        *(other.case_id == line.case_id, other.ticked_at != "", its.id == other.batch),
        *(its.season == season, its.state == RECEIVED),
    )
    joined = t.slip_batch.join(t.slip_line, line.batch == b.id).join(
        t.case_file, c.id == line.case_id
    )
    query = select(func.count(func.distinct(line.case_id))).select_from(joined)
    query = query.where(b.season == season, b.state == BROUGHT, ~received)
    query = query.where(c.unit == unit, c.off_list == "")
    return int(connection.execute(query).scalar_one())


def listed(connection: Connection, season: str, of: Of, state: State | None = None) -> list[Batch]:
    """Return the batches of a school, or of those somebody sees, by school and number.

    Only those in a state, or all that were not discarded.
    """
    c = t.slip_batch.c
    wanted = c.state == state if state else c.state != DISCARDED
    query = select(t.slip_batch).where(c.season == season, wanted, where(c.unit, of))
    found = connection.execute(query.order_by(c.unit, c.number)).mappings()
    return [as_struct(row, Batch) for row in found]


def lines(connection: Connection, batch_ids: Sequence[str]) -> list[Line]:
    """Return the lines of batches in order of their numbers."""
    c, found = t.slip_line.c, list[Line]()
    for part in parts(batch_ids):
        query = select(t.slip_line).where(c.batch.in_(part)).order_by(c.batch, c.line)
        found += [as_struct(row, Line) for row in connection.execute(query).mappings()]
    return found


def handed_in(
    connection: Connection, season: str, case_ids: Sequence[str] | None = None
) -> dict[str, HandedIn]:
    """Return the slips that the centre has by case id: of these people, or every one."""
    return {
        row["case_id"]: as_struct(row, HandedIn)
        for row in _joined(connection, season, (RECEIVED,), case_ids)
        if row["ticked_at"]
    }


def in_open(
    connection: Connection, season: str, case_ids: Sequence[str] | None = None
) -> dict[str, Listed]:
    """Return the slips in batches that are not received yet: of these people, or every one."""
    return {
        row["case_id"]: Listed(
            case_id=row["case_id"],
            batch=row["batch"],
            number=row["number"],
            state=row["state"],
            ticked=row["ticked_at"] != "",
        )
        for row in _joined(connection, season, OPEN, case_ids)
    }


def _joined(
    connection: Connection, season: str, states: Iterable[State], case_ids: Sequence[str] | None
) -> Iterable[RowMapping]:
    b, line = t.slip_batch.c, t.slip_line.c
    query = (
        select(
            line.batch,
            line.case_id,
            line.ticked_at,
            b.received_on,
            b.late,
            b.unit,
            b.number,
            b.state,
        )
        .select_from(t.slip_line.join(t.slip_batch, line.batch == b.id))
        .where(b.state.in_(list(states)))
        .order_by(b.received_at, b.number)
    )
    if case_ids is None:
        return connection.execute(query.where(b.season == season)).mappings()
    return [  # a case is of one season: without a condition on it the ids are asked first
        row
        for part in parts(case_ids)
        for row in connection.execute(query.where(line.case_id.in_(part))).mappings()
    ]


def add(connection: Connection, *, season: str, unit: str, state: State, **values: Any) -> Batch:
    """Start a batch with the school's next number, which no other batch ever had."""
    c = t.slip_batch.c
    newest = select(func.max(c.number)).where(c.season == season, c.unit == unit)
    number = int(connection.execute(newest).scalar() or 0) + 1
    batch_id = new_id()
    made = {"id": batch_id, "season": season, "unit": unit, "number": number, "state": state}
    connection.execute(
        t.slip_batch.insert(), {"without_sheet": False, "late": False, **made, **values}
    )
    batch = find(connection, season, batch_id)
    if batch is None:
        raise LookupError(batch_id)
    return batch


def touch(connection: Connection, batch_id: str, states: Sequence[State]) -> bool:
    """Begin a change of a batch's lines: False where its state is none of these any more.

    The batch's row stays locked until the transaction ends, so that nobody receives it meanwhile.
    """
    c = t.slip_batch.c
    same = and_(c.id == batch_id, c.state.in_(list(states)))
    grown = update(t.slip_batch).where(same).values(version=c.version + 1)
    return connection.execute(grown).rowcount == 1


def move(
    connection: Connection,
    batch_id: str,
    was: State,
    state: State,
    *,
    version: int | None = None,
    **values: Any,
) -> bool:
    """Give a batch another state; False where it is not in the expected one any more.

    Args:
        connection: The writer's connection.
        batch_id: The batch.
        was: The state it must be in.
        state: The state it gets.
        version: The version it must have; None for any.
        values: Further columns.
    """
    c = t.slip_batch.c
    same = and_(c.id == batch_id, c.state == was)
    if version is not None:
        same = and_(same, c.version == version)
    moved = update(t.slip_batch).where(same)
    return (
        connection.execute(moved.values(state=state, version=c.version + 1, **values)).rowcount == 1
    )


def add_lines(
    connection: Connection, batch_id: str, case_ids: Sequence[str], *, on_sheet: bool
) -> int:
    """Add slips behind those that a batch has; those that it has already are left out."""
    here = lines(connection, [batch_id])
    known, last = {one.case_id for one in here}, max((one.line for one in here), default=0)
    fresh = [case_id for case_id in dict.fromkeys(case_ids) if case_id not in known]
    rows = [
        {"batch": batch_id, "case_id": case_id, "line": last + at, "on_sheet": on_sheet}
        for at, case_id in enumerate(fresh, start=1)
    ]
    if rows:
        connection.execute(t.slip_line.insert(), rows)
    return len(rows)


def remove_lines(connection: Connection, batch_id: str, case_ids: Sequence[str]) -> int:
    """Take slips out of a batch, and number the others anew; how many were in it."""
    c, gone = t.slip_line.c, 0
    for part in parts(case_ids):
        those = t.slip_line.delete().where(c.batch == batch_id, c.case_id.in_(part))
        gone += connection.execute(those).rowcount
    for number, one in enumerate(lines(connection, [batch_id]), start=1):
        if one.line != number:
            same = and_(c.batch == batch_id, c.case_id == one.case_id)
            connection.execute(update(t.slip_line).where(same).values(line=number))
    return gone


def tick(
    connection: Connection, batch_id: str, case_ids: Sequence[str], *, at: str, by: str
) -> list[str]:
    """Tick slips of a batch; return those that nobody had ticked before."""
    fresh, c = list[str](), t.slip_line.c
    for case_id in case_ids:
        same = and_(c.batch == batch_id, c.case_id == case_id, c.ticked_at == "")
        done = connection.execute(
            update(t.slip_line).where(same).values(ticked_at=at, ticked_by=by)
        )
        fresh += [case_id] * done.rowcount
    return fresh


def untick(connection: Connection, batch_id: str, case_ids: Sequence[str]) -> int:
    """Take ticks back; a slip that no sheet names leaves the batch. How many were ticked."""
    gone, c = 0, t.slip_line.c
    blank = {"ticked_at": "", "ticked_by": ""}
    for part in parts(case_ids):
        ticked = and_(c.batch == batch_id, c.case_id.in_(part), c.ticked_at != "")
        extra = and_(ticked, c.on_sheet.is_(False))
        gone += connection.execute(t.slip_line.delete().where(extra)).rowcount
        gone += connection.execute(update(t.slip_line).where(ticked).values(**blank)).rowcount
    return gone


def named(connection: Connection, season: str, case_ids: Sequence[str]) -> set[str]:
    """Return which of these people any batch names that was not discarded."""
    b, line, found = t.slip_batch.c, t.slip_line.c, set[str]()
    joined = t.slip_line.join(t.slip_batch, line.batch == b.id)
    for part in parts(case_ids):
        query = select(line.case_id).select_from(joined)
        query = query.where(b.season == season, b.state != DISCARDED, line.case_id.in_(part))
        found |= set(connection.execute(query).scalars())
    return found


class Coded(msgspec.Struct, frozen=True, kw_only=True):
    """A person found by the code on a slip; people off the list are found too."""

    case_id: str
    code: str
    unit: str


def by_code(connection: Connection, season: str, codes: Sequence[str]) -> dict[str, Coded]:
    """Return whom these codes name now."""
    c, found = t.case_file.c, dict[str, Coded]()
    for part in parts(codes):
        query = select(c.id.label("case_id"), c.code, c.unit)
        query = query.where(c.season == season, c.code.in_(part))
        found |= {
            row["code"]: as_struct(row, Coded) for row in connection.execute(query).mappings()
        }
    return found


def by_id(connection: Connection, season: str, case_ids: Sequence[str]) -> dict[str, Coded]:
    """Return the code and the school of these people, by case id."""
    c, found = t.case_file.c, dict[str, Coded]()
    for part in parts(case_ids):
        query = select(c.id.label("case_id"), c.code, c.unit)
        query = query.where(c.season == season, c.id.in_(part))
        rows = connection.execute(query).mappings()
        found |= {row["case_id"]: as_struct(row, Coded) for row in rows}
    return found
