"""Locks that a transaction holds until it ends, each of its own.

SQLite has one writer at a time and needs none; on PostgreSQL the server and a command write side by
side.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, func, select

JOBS: Final = 1
"""Who decides about the places of the queue of jobs."""
PHOTO_FILES: Final = 2
"""Who records or removes photos' files."""
SLIP_PAGES: Final = 3
"""Who files slips: of two at once, one finds that a person has a slip already."""

OFFICE_CHAIN: Final = 4
"""Who continues the chain of a school's office device."""
NOTICES: Final = 11
"""Who numbers a batch of notices, or keeps what was printed."""
SLIP_BATCHES: Final = 5
"""Who numbers a batch of slips, or puts a slip into one."""
SPOT_CHECKS: Final = 22
"""Who draws people for a spot check, or adds a step about one of them."""

SHARED_PHOTOS: Final = 23
"""Who writes what may be another's too: a photo, what was read of it, a case's code (triggers)."""

LATE_SCHOOLS: Final = 281
"""Who decides about a late school."""
RECEIPTS: Final = 282
"""Who numbers a receipt."""
BUNDLES: Final = 283
"""Who stores a bundle in place of an earlier one."""
WITHDRAWN_LISTS: Final = 284
"""Who numbers a list of what is withdrawn."""
BULLETINS: Final = 285
"""Who numbers a bulletin."""

SCHOOLS: Final = 35
"""Who merges a school into another."""
MIGRATIONS: Final = 36
"""Who brings the schema to its newest form."""


def hold(connection: Connection, lock: int) -> None:
    """Wait for a lock and hold it until this transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(lock)))
