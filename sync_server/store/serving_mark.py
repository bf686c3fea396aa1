"""Which place serves the database: a row as long as it does; what was copied meanwhile has it too.

Rows of the table of single values. A copy made by `doorstep backup` is made without them.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec
from sqlalchemy import Connection, select

from sync_server.store import tables as t

SERVING, COPIED = "serving", "copied"
S = TypeVar("S", bound=msgspec.Struct)


class Serving(msgspec.Struct, frozen=True, kw_only=True):
    """Who serves: the session's id, the database file's path and inode, since when (UTC ISO)."""

    id: str
    path: str
    inode: int
    since: str


class Copied(msgspec.Struct, frozen=True, kw_only=True):
    """A copy that was made while a server ran: from where, running since when, and when found."""

    path: str
    since: str
    found_at: str


def serving(connection: Connection) -> Serving | None:
    """Return who serves, or did when the database was copied or its server killed."""
    return _read(connection, SERVING, Serving)


def copied(connection: Connection) -> Copied | None:
    """Return what was found out about this database at a start of the server."""
    return _read(connection, COPIED, Copied)


def _read(connection: Connection, key: str, shape: type[S]) -> S | None:
    found = connection.execute(select(t.meta.c.value).where(t.meta.c.key == key)).scalar()
    return None if found is None else msgspec.json.decode(found, type=shape)


def put(connection: Connection, key: str, value: Serving | Copied) -> None:
    """Write one of the rows in place of an earlier one."""
    forget(connection, key)
    text = msgspec.json.encode(value).decode()
    connection.execute(t.meta.insert(), {"key": key, "value": text})


def forget(connection: Connection, *keys: str) -> None:
    """Remove rows."""
    connection.execute(t.meta.delete().where(t.meta.c.key.in_(keys)))
