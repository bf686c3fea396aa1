"""Which keys a shared database is served with: a fingerprint, in the table of single values."""

from __future__ import annotations

from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from sync_server.store import tables as t

KEY = "keys"


def find(connection: Connection) -> str:
    """Return the fingerprint; "" before the first server."""
    found = connection.execute(select(t.meta.c.value).where(t.meta.c.key == KEY)).scalar()
    return str(found) if found else ""


def put_first(connection: Connection, mark: str) -> str:
    """Write it unless there is one; return the one that counts."""
    if found := find(connection):
        return found
    try:
        with connection.begin_nested():
            connection.execute(t.meta.insert(), {"key": KEY, "value": mark})
    except IntegrityError:
        return find(connection)
    return mark


def forget(connection: Connection) -> None:
    """Let the next server say which keys count: somebody changed them on purpose."""
    connection.execute(t.meta.delete().where(t.meta.c.key == KEY))
