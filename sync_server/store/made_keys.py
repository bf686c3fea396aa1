"""Key files that a server with mounted keys made while it ran: rows, for every machine."""

from __future__ import annotations

from sqlalchemy import Connection, select

from sync_server.store.process_tables import made_key

_C = made_key.c


def every(connection: Connection) -> dict[str, bytes]:
    """Return the bytes of every file by name."""
    return {row.name: row.body for row in connection.execute(select(made_key))}


def put(connection: Connection, name: str, body: bytes) -> None:
    """Keep a file in place of an earlier one of its name."""
    forget(connection, name)
    connection.execute(made_key.insert(), {"name": name, "body": body})


def forget(connection: Connection, *names: str) -> None:
    """Remove files."""
    connection.execute(made_key.delete().where(_C.name.in_(names)))
