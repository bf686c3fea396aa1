"""The change feed: one counter row a school, so that commit order is sequence order, without gaps.

A bare sequence (`seq > cursor`) loses rows whenever a later number commits first: 32 % in a
measured race (docs/sources.md#cursor-race; tests/sync_server/test_feed.py keeps that race).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import BigInteger, Connection, bindparam, select, text, update

from sync_server.store import tables as t
from sync_server.store.prepared import Prepared, inserting

# Built once: making a statement costs more than running it, and every fact runs this one.
_GROW = (
    update(t.feed)
    .where(t.feed.c.unit == bindparam("of_unit"))
    .values(head=t.feed.c.head + bindparam("lines", type_=BigInteger))
    .returning(t.feed.c.head)
)


_HEAD = Prepared(
    select(t.feed.c.head).where(t.feed.c.unit == bindparam("of_unit")).with_for_update()
)
_SET = Prepared(
    update(t.feed)
    .where(t.feed.c.unit == bindparam("of_unit"))
    .values(head=bindparam("now", type_=BigInteger))
)
_LINES = inserting(t.change)


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
        _begin(connection, unit)
        last = connection.execute(_GROW, growth).scalar_one()
    first = int(last) - len(lines) + 1
    _LINES.run_each(connection, [_row(unit, first + i, line) for i, line in enumerate(lines)])
    return first


class Appender:
    """Appends to feeds line by line; each line's sequence is known before all are written at once.

    A school's row is locked from its first line until commit. Nothing else may append to the same
    school between a line and `write`.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._heads: dict[str, int] = {}
        self._rows: list[dict[str, object]] = []

    def add(self, unit: str, line: Line) -> int:
        """Add a line; return its sequence."""
        if unit not in self._heads:
            self._heads[unit] = _locked_head(self._connection, unit)
        self._heads[unit] += 1
        self._rows.append(_row(unit, self._heads[unit], line))
        return self._heads[unit]

    def write(self) -> None:
        """Write the lines; the next one finds the head anew."""
        if self._rows:
            heads = [{"of_unit": unit, "now": head} for unit, head in self._heads.items()]
            _SET.run_each(self._connection, heads)
            _LINES.run_each(self._connection, self._rows)
        self._heads, self._rows = {}, []


def _row(unit: str, seq: int, line: Line) -> dict[str, object]:
    return {"unit": unit, "seq": seq, "kind": line.kind, "ref": line.ref, "staff": line.staff}


def _locked_head(connection: Connection, unit: str) -> int:
    while (found := _HEAD.one(connection, {"of_unit": unit})) is None:
        _begin(connection, unit)
    return int(found[0])


def _begin(connection: Connection, unit: str) -> None:
    """Make a school's counter, unless another transaction has."""
    made = text("INSERT INTO feed (unit, head) VALUES (:unit, 0) ON CONFLICT DO NOTHING")
    connection.execute(made, {"unit": unit})


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
