"""The change feed: one counter row a school, so that commit order is sequence order, without gaps.

A bare sequence (`seq > cursor`) loses rows whenever a later number commits first: 32 % in a
measured race (docs/sources.md#cursor-race; tests/sync_server/test_feed.py keeps that race).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import BigInteger, Connection, bindparam, select, text, update

from sync_server.store import tables as t

# Built once: making a statement costs more than running it, and every fact runs this one.
_GROW = (
    update(t.feed)
    .where(t.feed.c.unit == bindparam("of_unit"))
    .values(head=t.feed.c.head + bindparam("lines", type_=BigInteger))
    .returning(t.feed.c.head)
)


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """kind: case | gone | fact | briefing | resolved. `staff`: for gone, whose phone loses it."""

    kind: str
    ref: str = ""
    staff: str = ""


def advance(connection: Connection, unit: str, lines: Sequence[Line]) -> int:
    """Append lines to a school's feed; return the first sequence. Locks the row until commit."""
    if not lines:
        return head(connection, unit)
    growth = {"of_unit": unit, "lines": len(lines)}
    last = connection.execute(_GROW, growth).scalar()
    if last is None:
        connection.execute(
            text("INSERT INTO feed (unit, head) VALUES (:unit, 0) ON CONFLICT DO NOTHING"),
            {"unit": unit},
        )
        last = connection.execute(_GROW, growth).scalar_one()
    first = int(last) - len(lines) + 1
    rows = [
        {"unit": unit, "seq": first + i, "kind": line.kind, "ref": line.ref, "staff": line.staff}
        for i, line in enumerate(lines)
    ]
    connection.execute(t.change.insert(), rows)
    return first


def head(connection: Connection, unit: str) -> int:
    """The newest sequence of a school, 0 before the first."""
    return connection.execute(select(t.feed.c.head).where(t.feed.c.unit == unit)).scalar() or 0


def heads(connection: Connection) -> dict[str, int]:
    """The newest sequence of every school that has any."""
    return {
        unit: int(head) for unit, head in connection.execute(select(t.feed.c.unit, t.feed.c.head))
    }


def after(connection: Connection, unit: str, seq: int, limit: int) -> list[tuple[int, Line]]:
    """Lines after a sequence, in order."""
    found = connection.execute(
        select(t.change)
        .where(t.change.c.unit == unit, t.change.c.seq > seq)
        .order_by(t.change.c.seq)
        .limit(limit)
    )
    return [(r.seq, Line(kind=r.kind, ref=r.ref, staff=r.staff)) for r in found]


def has_left(connection: Connection, unit: str, case_id: str) -> bool:
    """Return whether a case was once this school's and left it."""
    c = t.change.c
    left = select(c.seq).where(c.unit == unit, c.kind == "gone", c.ref == case_id).limit(1)
    return connection.execute(left).first() is not None
