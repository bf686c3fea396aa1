"""Who looked at a school's morning sheet: one row a day, school and account; the first look."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, func, select, text

from sync_server.store import tables as t
from sync_server.store.rows import as_struct
from sync_server.store.scope import Of, where

_ADD = text(
    "INSERT INTO morning_look (season, unit, day, account, at_school, first_at)"
    " VALUES (:season, :unit, :day, :account, :at_school, :first_at) ON CONFLICT DO NOTHING"
)


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """An account's first look at a school's sheet of a day.

    Attributes:
        unit: The school.
        day: ISO day in China.
        account: Who looked.
        at_school: Whether that is the school's own account; else its officer's.
        first_at: When (UTC ISO).
    """

    unit: str
    day: str
    account: str
    at_school: bool
    first_at: str


def add(connection: Connection, season: str, look: Look) -> bool:
    """Keep a first look; False where the account had looked that day."""
    row = {"season": season, **msgspec.structs.asdict(look)}
    return connection.execute(_ADD, row).rowcount > 0


def of_day(connection: Connection, season: str, day: str, of: Of) -> list[Look]:
    """Return the first looks of a day, by school and time."""
    c = t.morning_look.c
    query = select(t.morning_look).where(c.season == season, c.day == day, where(c.unit, of))
    found = connection.execute(query.order_by(c.unit, c.first_at, c.account)).mappings()
    return [as_struct(row, Look) for row in found]


def looked(connection: Connection, season: str, day: str, of: Of) -> set[str]:
    """Return the schools that looked at their own sheet on a day."""
    c = t.morning_look.c
    query = select(c.unit).where(c.season == season, c.day == day, c.at_school.is_(True))
    return set(connection.execute(query.where(where(c.unit, of))).scalars())


def last_days(connection: Connection, season: str, of: Of) -> dict[str, str]:
    """Return the last day on which each school itself looked, by its code."""
    c = t.morning_look.c
    query = (
        select(c.unit, func.max(c.day).label("day"))
        .where(c.season == season, c.at_school.is_(True), where(c.unit, of))
        .group_by(c.unit)
    )
    return {row.unit: row.day for row in connection.execute(query)}


def erase(connection: Connection, season: str) -> None:
    """Delete a season's looks, when it is purged."""
    connection.execute(t.morning_look.delete().where(t.morning_look.c.season == season))
