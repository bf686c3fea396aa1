"""Copy the database while it is written to, and start the epoch of a restored one."""

from __future__ import annotations

from collections.abc import Callable, Set
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, func, inspect, select, text

from shared.problems import ProblemError
from sync_server.store import account_links, audit, search_index, serving_mark, standings
from sync_server.store import tables as t
from sync_server.store.database import Database, new_epoch
from sync_server.store.engine import SAFE_SQLITE, sqlite_module

PAGES_PER_STEP = 2000
"""Pages copied between two words of progress: 8 MB."""
COUNTED = (t.case_file, t.contract, t.fact, t.photo, t.device, t.summary, t.audit)


class CopiedDatabase(msgspec.Struct, frozen=True, kw_only=True):
    """What the copy holds: rows by table, every photo it knows, its epoch."""

    counts: dict[str, int]
    photos: tuple[str, ...]
    epoch: str


def copy_database(
    connection: Connection, dest: Path, progress: Callable[[int, int], None]
) -> CopiedDatabase:
    """Copy to the file `dest` as of one moment; `progress` gets pages done and the total.

    The copy uses the read transaction that the counting opened: what writers add meanwhile is not
    in it. SQLite only. Raises: ProblemError disk.full, disk.broken.
    """
    copied = CopiedDatabase(
        counts={
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in COUNTED
        },
        photos=known_photos(connection),
        epoch=connection.execute(
            select(t.meta.c.value).where(t.meta.c.key == "epoch")
        ).scalar_one(),
    )
    source: Any = connection.connection.driver_connection
    sqlite = sqlite_module()
    try:
        with closing(sqlite.connect(dest, isolation_level=None)) as target:
            source.backup(
                target, pages=PAGES_PER_STEP, progress=lambda _, left, of: progress(of - left, of)
            )
            # one file, readable from a write-protected stick
            target.execute("PRAGMA journal_mode=DELETE")
            for key in (serving_mark.SERVING, serving_mark.COPIED):
                target.execute("DELETE FROM meta WHERE key = ?", (key,))
            found = target.execute("PRAGMA quick_check").fetchone()[0]
    except sqlite.Error as error:
        raise (
            ProblemError("disk.full")
            if "full" in str(error)
            else ProblemError("disk.broken", why=str(error))
        ) from error
    if found != "ok":
        raise ProblemError("disk.broken", why=str(found))
    return copied


def known_photos(connection: Connection) -> tuple[str, ...]:
    """Return the hashes of every photo that the database knows."""
    return tuple(connection.execute(select(t.photo.c.sha256).order_by(t.photo.c.sha256)).scalars())


def checkpoint(path: Path) -> None:
    """Move what is in the log of writes to the database file, as far as nobody needs it there.

    Not with a SQLite in which a second connection that does so can corrupt the log. Where it fails,
    SQLite does it later by itself.
    """
    sqlite = sqlite_module()
    if sqlite.sqlite_version_info < SAFE_SQLITE:
        return
    with suppress(sqlite.Error), closing(sqlite.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")


def is_without_people(connection: Connection) -> bool:
    """Return whether no case is stored, of any season."""
    return connection.execute(select(t.case_file.c.id).limit(1)).first() is None


def quick_check(connection: Connection) -> str:
    """Return "ok", or the first damage that SQLite finds in its pages."""
    return str(connection.execute(text("PRAGMA quick_check(1)")).scalar_one())


def begin_epoch(
    connection: Connection, *, photos: Set[str], at: str, who: str, detail: str
) -> None:
    """Give a restored database its new epoch; phones are asked again for lost photos (P8).

    Links of accounts end: one that was used after the backup would open again for whoever finds its
    slip.

    Args:
        connection: The writer's.
        photos: Hashes of those whose files are there.
        at: UTC ISO.
        who: Who restores.
        detail: Which backup.
    """
    new_epoch(connection)
    for sha256 in known_photos(connection):
        if sha256 not in photos:
            connection.execute(t.photo.delete().where(t.photo.c.sha256 == sha256))
    if inspect(connection).has_table(t.account_link.name):  # not in a backup of an older one
        account_links.end_all(connection, at)
    standings.forget(connection)  # the facts say it, not what came with them
    search_index.make_anew(connection)
    audit.note(connection, at=at, who=who, action="backup.restore", detail=detail)


def start_new_epoch(path: Path, *, photos: Set[str], at: str, who: str, detail: str) -> None:
    """Give a restored database file its new epoch; see `begin_epoch`."""
    database = Database(f"sqlite:///{path}")
    try:
        database.write(lambda c: begin_epoch(c, photos=photos, at=at, who=who, detail=detail))
    finally:
        database.close()
