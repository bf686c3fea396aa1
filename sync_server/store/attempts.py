"""Tries at a secret, counted in the database before the secret is looked at.

A counter is a row of `attempt`: what kind of try it counts, and a keyed hash of whose. Rows of one
kind are bounded: a flood of names that nobody has drops the oldest of those, and no others.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import ColumnElement, Connection, case, delete, func, select, update

from sync_server.deferred import deferred
from sync_server.store import tables as t
from sync_server.store.attempt_rule import FORGOTTEN_AFTER, Count, Rule

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite
else:  # the one of this database
    postgresql = deferred("sqlalchemy.dialects.postgresql")
    sqlite = deferred("sqlalchemy.dialects.sqlite")

MOST_ROWS = 10_000
"""Rows of one kind; a kind about real accounts needs a few hundred, a row takes 150 bytes."""
DROPPED_AT_ONCE = 1_000
"""Of a kind that is full the oldest go together, so that not every try has to look for one."""
_UNBOUNDED = Rule(free=0, longest=FORGOTTEN_AFTER)


class Counter(NamedTuple):
    """One count: what is tried, a keyed hash of who tries or at what, and what a failure costs."""

    kind: str
    key: str
    rule: Rule


class Begun(NamedTuple):
    """A try, as it was counted.

    Attributes:
        blocked: The count that makes it wait, which then was not counted; None where it may go on.
        failures: The failures of each counter with this try.
    """

    blocked: Count | None
    failures: tuple[int, ...]


def begin(connection: Connection, counters: Sequence[Counter], now: datetime) -> Begun:
    """Count a try with every counter, unless one of them makes it wait.

    Args:
        connection: The writer's.
        counters: What the try counts with.
        now: The time that waits go by.
    """
    # always in one order: of two processes that lock the same rows none waits for ever
    stored = {counter: _stored(connection, counter) for counter in sorted(counters)}
    held = {c: count.at(now, c.rule) if count else Count() for c, count in stored.items()}
    longest = max(held.values(), key=lambda count: count.wait(now))
    blocked = longest if longest.wait(now) else None
    for counter, count in held.items():
        if blocked is None:
            _put(connection, counter, count.failed(now, counter.rule), new=not stored[counter])
        elif stored[counter] not in (None, count):
            _put(connection, counter, count, new=False)  # its times lay ahead, or it is forgotten
    return Begun(blocked, tuple(held[counter].failures + 1 for counter in counters))


def tally(connection: Connection, kind: str, key: str, now: datetime) -> int:
    """Count one more of something that nobody waits for; return how many there are."""
    counter = Counter(kind, key, _UNBOUNDED)
    stored = _stored(connection, counter)
    before = stored.at(now, counter.rule) if stored else Count()
    _put(connection, counter, Count(before.failures + 1, now), new=stored is None)
    return before.failures + 1


def total(connection: Connection, kind: str, now: datetime) -> int:
    """Return how many a kind has counted that are not forgotten."""
    a = t.attempt.c
    where = (a.kind == kind) & (a.last_at > _text(now - FORGOTTEN_AFTER))
    return int(connection.execute(select(func.sum(a.failures)).where(where)).scalar() or 0)


def forget(connection: Connection, counter: Counter) -> None:
    """Drop a count: whoever tried knows the secret."""
    connection.execute(delete(t.attempt).where(_is(counter)))


def take_back(connection: Connection, counter: Counter, failures: int) -> None:
    """Take back a try that was counted and did not fail; the wait it brought ends with it.

    Args:
        connection: The writer's.
        counter: What it was counted with.
        failures: What it made of the count, from `begin`: the wait of a later try stays.
    """
    a = t.attempt.c
    connection.execute(
        update(t.attempt)
        .where(_is(counter), a.failures > 0)
        .values(
            failures=a.failures - 1,
            blocked_until=case((a.failures <= failures, ""), else_=a.blocked_until),
        )
    )


def _is(counter: Counter) -> ColumnElement[bool]:
    return (t.attempt.c.kind == counter.kind) & (t.attempt.c.key == counter.key)


def _stored(connection: Connection, counter: Counter) -> Count | None:
    query = select(t.attempt).where(_is(counter)).with_for_update()
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    return Count(row["failures"], _moment(row["last_at"]), _moment(row["blocked_until"]))


def _put(connection: Connection, counter: Counter, count: Count, *, new: bool) -> None:
    values: dict[str, object] = {
        "failures": count.failures,
        "last_at": _text(count.last_at),
        "blocked_until": _text(count.blocked_until),
    }
    if not new:
        connection.execute(update(t.attempt).where(_is(counter)).values(values))
        return
    row = {"kind": counter.kind, "key": counter.key, **values}
    index = [t.attempt.c.kind, t.attempt.c.key]
    more = {**values, "failures": t.attempt.c.failures + 1}  # another process was first
    if connection.dialect.name == "postgresql":
        connection.execute(
            postgresql.insert(t.attempt)
            .values(row)
            .on_conflict_do_update(index_elements=index, set_=more)
        )
    else:
        connection.execute(
            sqlite.insert(t.attempt)
            .values(row)
            .on_conflict_do_update(index_elements=index, set_=more)
        )
    _keep_few(connection, counter.kind, count)


def _keep_few(connection: Connection, kind: str, newest: Count) -> None:
    """Drop what is forgotten, and of a kind that is full the oldest rows."""
    a, now = t.attempt.c, newest.last_at
    if now is not None:
        connection.execute(delete(t.attempt).where(a.last_at <= _text(now - FORGOTTEN_AFTER)))
        ahead = update(t.attempt).where(a.last_at > _text(now))  # written by a clock that was ahead
        connection.execute(ahead.values(last_at=_text(now)))
    rows = connection.execute(select(func.count()).where(a.kind == kind)).scalar() or 0
    if rows > MOST_ROWS:
        oldest = select(a.key).where(a.kind == kind).order_by(a.last_at).limit(DROPPED_AT_ONCE)
        connection.execute(delete(t.attempt).where(a.kind == kind, a.key.in_(oldest)))


def _text(moment: datetime | None) -> str:
    """Return a moment as it is stored: UTC ISO to the millisecond, so text order is time order."""
    return moment.isoformat(timespec="milliseconds") if moment else ""


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
