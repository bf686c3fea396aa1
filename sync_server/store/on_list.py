"""Who is on the due list, and who is there no longer: taken out with a reason, put back.

A person off the list keeps case, code, teacher and records. Readers of cases leave the person out
by `ON_LIST`; what a phone still sends of such a case is stored all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from sync_server.store import feed
from sync_server.store import tables as t

ON_LIST = t.case_file.c.off_list == ""
"""The condition that every reader of cases has which counts, lists or sends people."""

BACK: dict[str, Any] = {"off_list": "", "off_list_at": ""}
"""The values of a row whose person is on the list."""

_OUT = (
    update(t.case_file)
    .where(t.case_file.c.id == bindparam("case"))
    .values(off_list=bindparam("reason"), off_list_at=bindparam("now"))
)


def take_out(
    connection: Connection, season: str, case_ids: Sequence[str], reason: str, now: str
) -> int:
    """Take people off the list; their phones hear that they are gone. How many were on it."""
    c = t.case_file.c
    wanted, by_unit = set(case_ids), dict[str, list[feed.Line]]()
    query = select(c.id, c.unit, c.assignee).where(c.season == season, ON_LIST).order_by(c.id)
    out = [row for row in connection.execute(query) if row.id in wanted]
    for row in out:
        line = feed.Line(kind="gone", ref=row.id, staff=row.assignee)
        by_unit.setdefault(row.unit, []).append(line)
    for unit, lines in by_unit.items():
        if unit:
            feed.advance(connection, unit, lines)
    if out:
        values = [{"case": row.id, "reason": reason, "now": now} for row in out]
        connection.execute(_OUT, values)
    return len(out)


def put_back(connection: Connection, case_id: str) -> None:
    """Put a person back on the list."""
    connection.execute(update(t.case_file).where(t.case_file.c.id == case_id).values(**BACK))
