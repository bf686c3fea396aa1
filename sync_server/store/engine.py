"""Engines: one that writes, one that reads, over SQLite (WAL, synchronous=FULL) or PostgreSQL.

SQLite comes from the pysqlite3 wheel where that exists: versions before 3.51.3 can corrupt a WAL
that a second process checkpoints (docs/sources.md#wal-reset-bug); `doorstep doctor` says which one
runs.
"""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, create_engine, event

from sync_server.deferred import deferred

if TYPE_CHECKING:
    from sync_server.store import postgresql
else:
    postgresql = deferred("sync_server.store.postgresql")

SAFE_SQLITE = (3, 51, 3)
"""The first version in which a second process that checkpoints cannot corrupt a WAL.

Source: docs/sources.md#wal-reset-bug.
"""


def sqlite_module() -> ModuleType:
    """pysqlite3 where its wheel is installed, else the standard library's."""
    try:
        import pysqlite3

        return pysqlite3  # type: ignore[no-any-return]
    except ImportError:
        import sqlite3

        return sqlite3


MOST_READERS = 50
"""Connections that read at a time: one for each thread that may, so that no phone waits for a page.

On SQLite: 8 of services.py, 24 of console/web/works.py, one a chore (office/periodic.py), the
backup's, and asyncio's own on a computer of eight cores.
"""
POOL = 16
"""Connections of a process to PostgreSQL, where nobody says another number: four processes and a
command beside them fit into the 100 that it usually lets in. Who finds none free waits.
"""
KEPT = 512
"""Statements that the writer's connection keeps ready: to prepare one with its triggers costs
eight times its work. The driver's own 128 are gone after a few lists of different lengths."""
WRITER_CACHE_KIB = 2048
READER_CACHE_KIB = 512
"""What a connection keeps of the file: the system keeps it too, once for all connections."""


def open_engine(url: str, *, writes: bool, pool: int = 0) -> Engine:
    """Create an engine; on SQLite a writer begins IMMEDIATE and readers refuse to write.

    Args:
        url: The database's address.
        writes: Whether for changes.
        pool: How many connections a process may hold to PostgreSQL, its writer's included; 0 for
            the usual number.

    Raises:
        ProblemError: data.url_wrong, data.driver_missing.
    """
    if not url.startswith("sqlite"):
        connections = 1 if writes else max(1, (pool or POOL) - 1)
        return postgresql.engine(url, writes=writes, connections=connections)
    # the one used last first: what few readers need, few connections keep in memory
    readers = {"pool_size": 8, "max_overflow": MOST_READERS - 8, "pool_use_lifo": True}
    sizes = {"pool_size": 1, "max_overflow": 0} if writes else readers
    engine = create_engine(
        url,
        module=sqlite_module(),
        connect_args={
            "check_same_thread": False,
            **({"cached_statements": KEPT} if writes else {}),
        },
        hide_parameters=True,  # an error must not quote what people entered
        **sizes,
    )
    begin = "BEGIN IMMEDIATE" if writes else "BEGIN"

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, so DDL rolls back too
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "busy_timeout=10000",
            "mmap_size=0",
            "temp_store=MEMORY",  # sorted names spill into no file
            f"cache_size=-{WRITER_CACHE_KIB if writes else READER_CACHE_KIB}",
        ):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(f"PRAGMA query_only={'OFF' if writes else 'ON'}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine


def open_for_steps(url: str) -> Engine:
    """Create the engine that steps of the schema are taken with: they may wait, and take long.

    Raises:
        ProblemError: data.url_wrong, data.driver_missing.
    """
    if url.startswith("sqlite"):
        return open_engine(url, writes=True)
    return postgresql.engine(url, writes=True, connections=1, patient=True)
