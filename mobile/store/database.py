"""Opens the phone's database and brings it to the newest schema. One connection, one event loop."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database, Migrations
from sqlite_utils.utils import sqlite3

from shared.problems import ProblemError

log = logging.getLogger("doorstep.store")
migrations = Migrations("phone")


@migrations()
def m001_first(db: Database) -> None:
    """Create everything of the first version; `body` columns are encrypted by the vault."""
    db.table("meta").create({"id": str, "body": bytes}, pk="id")
    db.table("case_file").create({"id": str, "version": int, "body": bytes}, pk="id")
    db.table("fact").create(
        {
            "id": str,
            "n": int,
            "kind": str,
            "state": str,
            "saved_ms": int,
            "seq": int,
            "body": bytes,
            "link": bytes,
            "sig": bytes,
            "problem": bytes,
        },
        pk="id",
        not_null={"kind", "state", "saved_ms", "body"},
    )
    db.table("fact").create_index(["n"], unique=True)
    db.table("outbox").create(
        {"id": str, "queued_ms": int, "tries": int}, pk="id", foreign_keys=[("id", "fact", "id")]
    )
    db.table("photo").create(
        {
            "id": str,
            "state": str,
            "taken_ms": int,
            "size_bytes": int,
            "sent_bytes": int,
            "body": bytes,
        },
        pk="id",
    )
    db.table("draft").create({"id": str, "saved_ms": int, "body": bytes}, pk="id")


@migrations()
def m002_no_outbox_rows(db: Database) -> None:
    """Empty `outbox`: a fact's state says what waits, and rows there would hold back a deletion."""
    db.execute("DELETE FROM outbox")


@migrations()
def m003_photos_by_source(db: Database) -> None:
    """Add the keyed hash of a photo's source, filled by `PhotoStore.index_sources`; thumbnails."""
    db.table("photo").add_column("source_hash", bytes)
    db.table("photo").create_index(["source_hash"])
    db.table("photo").add_column("thumbnail_bytes", int)


@migrations()
def m004_earlier(db: Database) -> None:
    """Create the teacher's records of earlier phones: a cell a case, beside this phone's chain."""
    db.table("earlier").create({"id": str, "body": bytes}, pk="id")


@migrations()
def m005_photos_sent_since(db: Database) -> None:
    """Add since when a photo is known to be at the office; empty for those sent before."""
    db.table("photo").add_column("sent_ms", int)


def open_database(path: Path, *, journal_mode: str = "WAL") -> Database:
    """Open the database at `path` and bring it to the newest schema.

    `journal_mode` is TRUNCATE in a browser, where a WAL could tear
    (docs/sources.md#two-files-of-a-wal). synchronous=FULL: what the screen calls saved is on the
    disk (docs/reliability.md#promises, P2).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(str(path), check_same_thread=False)
    with _as_problems(connection):
        connection.execute(f"PRAGMA journal_mode={journal_mode}")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        # deleted data is overwritten, not only unlinked
        connection.execute("PRAGMA secure_delete=ON")
        database = Database(connection)
        migrations.apply(database)
    return database


def open_to_read(path: Path) -> Database:
    """Open the database that another process writes to: nothing can be written here.

    Raises:
        ProblemError: phone.in_use when that process has not made it, or not yet brought it to the
            schema of this version.

    """
    try:
        address = f"{path.resolve().as_uri()}?mode=ro"
        connection = sqlite3.connect(address, uri=True, check_same_thread=False)
        connection.execute("PRAGMA query_only=ON")
        database = Database(connection)
        behind = migrations.pending(database)
    except sqlite3.OperationalError as error:
        raise ProblemError("phone.in_use") from error
    if behind:
        connection.close()
        raise ProblemError("phone.in_use")
    return database


@contextmanager
def writing(db: Database) -> Iterator[None]:
    """Run one transaction: all of it or nothing (P5).

    Raises:
        ProblemError: disk.full, disk.broken; phone.read_only in a process that only reads;
            phone.in_use when another program has the file locked.

    """
    with _as_problems(db.conn), db.atomic():
        yield


@contextmanager
def _as_problems(connection: sqlite3.Connection) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        # the low byte is the primary code of an extended one
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL:
            raise ProblemError("disk.full") from error
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise ProblemError("phone.in_use") from error
        if code == sqlite3.SQLITE_READONLY and _only_reads(connection):
            raise ProblemError("phone.read_only") from error
        if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
            raise ProblemError("disk.broken", why=str(error)) from error
        raise


def _only_reads(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("PRAGMA query_only").fetchone()[0])


def compact(db: Database) -> None:
    """Give space back after a large deletion, and leave no old page in the log.

    Best effort: it needs space itself.
    """
    try:
        db.execute("VACUUM")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except sqlite3.OperationalError as error:
        log.warning("not compacted: %s", error)


def size_bytes(db: Database) -> int:
    """Return the size of the database's pages; its log is not counted."""
    (pages,), (page_bytes,) = (
        db.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size")
    )
    return int(pages) * int(page_bytes)
