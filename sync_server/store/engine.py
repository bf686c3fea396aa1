"""Engines: one that writes, one that reads, over SQLite (WAL, synchronous=FULL) or PostgreSQL.

SQLite comes from the pysqlite3 wheel where that exists: versions before 3.51.3 can corrupt a WAL
that a second process checkpoints (docs/sources.md#wal-reset-bug); `doorstep doctor` says which one
runs.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from sqlalchemy import Engine, create_engine, event

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

8 of services.py, 24 of console/web/works.py, one a chore (office/periodic.py), the backup's, and
asyncio's own on a computer of eight cores.
"""


WRITER_CACHE_KIB = 2048
READER_CACHE_KIB = 512
"""What a connection keeps of the file: the system keeps it too, once for all connections."""


def open_engine(url: str, *, writes: bool) -> Engine:
    """Create an engine; on SQLite a writer begins IMMEDIATE and readers refuse to write."""
    if not url.startswith("sqlite"):
        # a page and its digest are several queries: a reader sees one moment, as it does on SQLite
        level = "READ COMMITTED" if writes else "REPEATABLE READ"
        size = 2 if writes else 8
        return create_engine(
            url,
            pool_size=size,
            max_overflow=MOST_READERS - 8,
            isolation_level=level,
            hide_parameters=True,
        )
    # the one used last first: what few readers need, few connections keep in memory
    readers = {"pool_size": 8, "max_overflow": MOST_READERS - 8, "pool_use_lifo": True}
    pool = {"pool_size": 1, "max_overflow": 0} if writes else readers
    engine = create_engine(
        url,
        module=sqlite_module(),
        connect_args={"check_same_thread": False},
        hide_parameters=True,  # an error must not quote what people entered
        **pool,
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
