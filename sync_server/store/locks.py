"""Locks that a transaction holds until it ends, each of its own.

SQLite has one writer at a time and needs none; on PostgreSQL the server and a command write side by
side.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, func, select

ALONE: Final = 1
"""Who changes what an office decides on: accounts, lists, papers, summaries (store/writer.py)."""
PHOTO_FILES: Final = 2
"""Who records or removes photos' files."""
SHARED_PHOTOS: Final = 23
"""Who writes what may be another's too: a photo, what was read of it, a case's code (triggers)."""
MIGRATIONS: Final = 36
"""Who brings the schema to its newest form."""


def hold(connection: Connection, lock: int) -> None:
    """Wait for a lock and hold it until this transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(lock)))


def take_turn(connection: Connection, lock: int) -> bool:
    """Hold a lock until this transaction ends; returns False at once where another process does."""
    if connection.dialect.name != "postgresql":
        return True
    return bool(connection.execute(select(func.pg_try_advisory_xact_lock(lock))).scalar_one())
