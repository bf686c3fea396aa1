"""What people decided about late schools (约谈): one row each time that a school was looked at.

States go one step at a time, each an `UPDATE … WHERE state = <the one expected>`; a step can be
taken back until it stands on a printed list.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, get_args

import msgspec
from sqlalchemy import Connection, RowMapping, select, update

from shared.late_schools import Ground
from shared.problems import ProblemError
from sync_server.store import masking
from sync_server.store import tables as t
from sync_server.store.ids import new_id
from sync_server.store.rows import as_struct
from sync_server.store.scope import WHOLE_COUNTY, Of, where

State = Literal["dismissed", "listed", "dated", "held"]
"""Decided against; to be called in; with a day for the talk; the talk was held."""
STATES = get_args(State)
STEP = {"dismissed": 1, "listed": 1, "dated": 2, "held": 3}
BEFORE: dict[State, State] = {"held": "dated", "dated": "listed"}
"""The state that taking a step back leads to; the first step's row goes."""
TAKEN: dict[State, tuple[str, ...]] = {
    "held": ("held_on", "with_whom", "agreed"),
    "dated": ("talk_on",),
}
"""What a step adds, and taking it back empties."""


class LateSchool(msgspec.Struct, frozen=True, kw_only=True):
    """A decision about a school and what came of it.

    Attributes:
        n: Counts the decisions about this school, from 1.
        grounds: JSON, the rules that named it with their numbers, as they stood then.
        reason: Why it is called in, or why not.
        talk_on: The day (ISO) of the talk; `held_on` the day on which it was held.
        with_whom: Who was spoken with; `agreed` what was agreed.
        printed_state: The state in which it last stood on a printed list.
    """

    id: str
    season: str
    unit: str
    n: int
    state: State
    at: str
    who: str
    grounds: str
    reason: str = ""
    talk_on: str = ""
    held_on: str = ""
    with_whom: str = ""
    agreed: str = ""
    printed_at: str = ""
    printed_state: str = ""

    @property
    def stood_on(self) -> tuple[Ground, ...]:
        """The grounds as they stood when it was decided."""
        return msgspec.json.decode(self.grounds, type=tuple[Ground, ...])

    @property
    def is_open(self) -> bool:
        """Whether there is a talk to come."""
        return self.state in ("listed", "dated")

    @property
    def undoable(self) -> bool:
        """Whether its last step stands on no printed list."""
        return STEP[self.state] > STEP.get(self.printed_state, 0)


def listed(connection: Connection, season: str, of: Of = WHOLE_COUNTY) -> list[LateSchool]:
    """Return every decision of a season, or about what somebody sees, by school and in order."""
    c = t.late_school.c
    query = select(t.late_school).where(c.season == season, where(c.unit, of))
    query = query.order_by(c.unit, c.n)
    return [_read(connection, row) for row in connection.execute(query).mappings()]


def _read(connection: Connection, row: RowMapping) -> LateSchool:
    """Return a row; of what was typed, who inspects learns only that there is something."""
    found = as_struct(row, LateSchool)
    return msgspec.structs.replace(
        found,
        who=masking.who(connection, found.who),
        reason=masking.typed(connection, found.reason),
        with_whom=masking.typed(connection, found.with_whom),
        agreed=masking.typed(connection, found.agreed),
    )


def newest(rows: Iterable[LateSchool]) -> dict[str, LateSchool]:
    """Return the last decision about each school, from rows in order."""
    return {row.unit: row for row in rows}


def last_of(connection: Connection, season: str, unit: str) -> LateSchool | None:
    """Return the last decision about a school."""
    return newest(listed(connection, season, unit)).get(unit)


def get(connection: Connection, row_id: str) -> LateSchool:
    """Return a decision. Raises: ProblemError late.unknown."""
    query = select(t.late_school).where(t.late_school.c.id == row_id)
    found = connection.execute(query).mappings().first()
    if found is None:
        raise ProblemError("late.unknown")
    return _read(connection, found)


def unit_of(connection: Connection, season: str, row_id: str) -> str:
    """Return the school of a decision of a season; "" where there is none such."""
    c = t.late_school.c
    query = select(c.unit).where(c.id == row_id, c.season == season)
    return str(connection.execute(query).scalar() or "")


def add(connection: Connection, **values: Any) -> LateSchool:
    """Store a decision."""
    row = {"id": new_id(), **values}
    connection.execute(t.late_school.insert(), row)
    return get(connection, str(row["id"]))


def move(connection: Connection, row: LateSchool, state: State, **values: str) -> LateSchool | None:
    """Bring a decision to its next state; None where it is another by now."""
    c = t.late_school.c
    query = update(t.late_school).where(
        c.id == row.id, c.state == row.state, c.printed_state == row.printed_state
    )
    done = connection.execute(query.values(state=state, **values)).rowcount
    return get(connection, row.id) if done else None


def take_back(connection: Connection, row: LateSchool) -> bool:
    """Take the last step back; False where something changed meanwhile."""
    before, c = BEFORE.get(row.state), t.late_school.c
    if before is not None:
        return move(connection, row, before, **dict.fromkeys(TAKEN[row.state], "")) is not None
    where = (c.id == row.id) & (c.state == row.state) & (c.printed_state == row.printed_state)
    return connection.execute(t.late_school.delete().where(where)).rowcount == 1


def mark_printed(connection: Connection, rows: Iterable[LateSchool], at: str) -> None:
    """Note in which state each stands on a list that is printed now.

    Raises:
        ProblemError: late.changed where one is in another state by now: nothing is noted.
    """
    for row in rows:
        now = get(connection, row.id)
        if now != row:
            raise ProblemError("late.changed")
        c = t.late_school.c
        values = {"printed_at": at, "printed_state": row.state}
        connection.execute(update(t.late_school).where(c.id == row.id).values(**values))
