"""The county's lists of withdrawn certificates: each longer than the one before, the newest counts.

They belong to no season, and no purge touches them.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, select

from sync_server.store import tables as t
from sync_server.store.rows import as_struct


class ListRow(msgspec.Struct, frozen=True, kw_only=True):
    """A list.

    Attributes:
        number: Counts the lists from 1; the CRL has it too.
        made_at: When it was signed (UTC ISO, the real clock).
        who: Who withdrew; "" of the first one, which is empty.
        code: Whose certificates were withdrawn by it; "" where a handed-out list was taken back.
        reason: Why (sealing/withdrawn.py).
        note: Why, in the county's own words; never in the list itself.
        body: The CRL, DER.
    """

    number: int
    made_at: str
    who: str = ""
    code: str = ""
    reason: str = ""
    note: str = ""
    body: bytes


def every(connection: Connection) -> list[ListRow]:
    """Return all lists, the newest first."""
    query = select(t.withdrawn_list).order_by(t.withdrawn_list.c.number.desc())
    return [as_struct(row, ListRow) for row in connection.execute(query).mappings()]


def newest(connection: Connection) -> ListRow | None:
    """Return the list that counts."""
    query = select(t.withdrawn_list).order_by(t.withdrawn_list.c.number.desc()).limit(1)
    row = connection.execute(query).mappings().first()
    return None if row is None else as_struct(row, ListRow)


def add(connection: Connection, row: ListRow) -> bool:
    """Store a list; False where another one has its number or a greater one."""
    last = newest(connection)
    if last is not None and row.number <= last.number:
        return False
    connection.execute(t.withdrawn_list.insert(), msgspec.structs.asdict(row))
    return True
