"""Holds: who is at work on what, in rows that run out where their process has ended.

A row is taken by a compare-and-set and judged by the database's clock alone, so that no process's
clock decides about another's work. office code goes through sync_server/holding.py.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, func, select, update
from sqlalchemy.exc import IntegrityError

from sync_server.store.process_tables import hold

_C = hold.c


def now(connection: Connection) -> datetime:
    """Return the database's time (UTC); SQLite's is this computer's."""
    if connection.dialect.name == "postgresql":
        found: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        return found.astimezone(UTC)
    return datetime.now(UTC)


def takes_writes(connection: Connection) -> bool:
    """Return whether the database answers and is not a standby."""
    if connection.dialect.name == "postgresql":
        return not connection.execute(select(func.pg_is_in_recovery())).scalar_one()
    return bool(connection.execute(select(1)).scalar_one())


def take(connection: Connection, name: str, by: str, lasts: timedelta, longest: timedelta) -> bool:
    """Take a hold that nobody has, or whose time is over.

    Args:
        connection: The writer's.
        name: What is held.
        by: Who holds it then.
        lasts: How long, unless it is held on.
        longest: What lies further ahead than this was written by a clock that was wrong.

    Returns:
        False where somebody else has it.
    """
    at = now(connection)
    row = {"name": name, "by": by, "until": _text(at + lasts)}
    over = (_C.until <= _text(at)) | (_C.until > _text(at + longest))
    free = update(hold).where(_C.name == name, over)
    if connection.execute(free.values(by=by, until=row["until"])).rowcount:
        return True
    if connection.execute(select(_C.name).where(_C.name == name)).first() is not None:
        return False
    try:
        with connection.begin_nested():
            connection.execute(hold.insert(), row)
    except IntegrityError:
        return False
    return True


def go_on(connection: Connection, names: Collection[str], by: str, lasts: timedelta) -> None:
    """Hold on to what a process still works on."""
    if names:
        mine = update(hold).where(_C.name.in_(sorted(names)), _C.by == by)
        connection.execute(mine.values(until=_text(now(connection) + lasts)))


def rest(connection: Connection, name: str, by: str, lasts: timedelta) -> None:
    """End a hold later: nobody takes it before."""
    go_on(connection, (name,), by, lasts)


def release(connection: Connection, name: str, by: str = "") -> None:
    """Give a hold back that is still ours.

    Args:
        connection: The writer's.
        name: What is held.
        by: Who gives it back: what ran out is somebody else's by now; "" for that of a process that
            is known to be gone.
    """
    mine = hold.delete().where(_C.name == name)
    connection.execute(mine.where(_C.by == by) if by else mine)


def is_held(connection: Connection, name: str) -> bool:
    """Return whether somebody holds it now."""
    until = connection.execute(select(_C.until).where(_C.name == name)).scalar()
    return until is not None and until > _text(now(connection))


def held(connection: Connection, prefix: str) -> dict[str, str]:
    """Return who holds what now, of the names that begin so."""
    rows = connection.execute(
        select(_C.name, _C.by).where(
            _C.name.startswith(prefix, autoescape=True), _C.until > _text(now(connection))
        )
    )
    return {row.name: row.by for row in rows}


def forget_over(connection: Connection, prefix: str, since: timedelta) -> None:
    """Remove the rows of a kind whose time has been over for so long: their process was killed."""
    before = _text(now(connection) - since)
    named = _C.name.startswith(prefix, autoescape=True)
    connection.execute(hold.delete().where(named, _C.until < before))


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
