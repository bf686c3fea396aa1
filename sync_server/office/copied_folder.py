"""Find out that a data folder was copied while a server wrote to it: `cp` instead of a backup.

Such a copy may lack records or be damaged without anything to be seen. While a server runs, a row
of the database names it: a session id, and path and inode of the database file; session.json beside
it holds the id too. A server that stops removes the row, and so does a backup from its copy. A row
that is still there at the next start is

- a killed server's, where the id stands in the file beside it and path or inode are the same: a
  kill at the same place, and a folder that was moved afterwards, are not copies;
- otherwise that of a copy.
"""

from __future__ import annotations

import logging
import os
import secrets
import stat
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from shared.problems import ProblemError
from sync_server import whole_file
from sync_server.services import Services
from sync_server.store import db_snapshot, serving_mark
from sync_server.store.database import Connection
from sync_server.store.serving_mark import COPIED, SERVING, Copied, Serving

FILE = "session.json"
SHOWN = timedelta(days=30)
"""So long after a copy was found it is named: phones have synchronised by then."""
_LOG = logging.getLogger("doorstep")


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """The database file where it lies now.

    Attributes:
        path: Its path.
        inode: Its number on the disk.
        keeps_inodes: Whether the disk keeps such numbers over a restart: one with modes does, a
            stick with FAT makes them up.
        known: The ids of the newest sessions here.
    """

    path: str
    inode: int
    keeps_inodes: bool
    known: tuple[str, ...]


def begin(services: Services) -> None:
    """Write down that this server runs here, after looking at what a former one left.

    A disk that refuses it does not keep the server from starting.
    """
    if not services.settings.database.startswith("sqlite"):
        return
    try:
        _begin(services)
    except (OSError, ProblemError):
        _LOG.exception("the session was not written down")


def _begin(services: Services) -> None:
    here, now = place(services.settings.data_dir), services.settings.real_now().isoformat()
    session = Serving(id=secrets.token_hex(8), path=here.path, inode=here.inode, since=now)
    former = services.database.read(serving_mark.serving)
    found = former if former is not None and is_copy(former, here) else None
    # The file is written first: a kill before the row is leaves the former row, whose id it holds.
    known = [session.id, *([former.id] if former is not None and found is None else [])]
    whole_file.write(services.settings.data_dir / FILE, msgspec.json.encode(known))

    def job(connection: Connection) -> None:
        if found is not None:
            copy = Copied(path=found.path, since=found.since, found_at=now)
            serving_mark.put(connection, COPIED, copy)
        serving_mark.put(connection, SERVING, session)

    services.database.write(job)
    db_snapshot.checkpoint(Path(here.path))


def end(services: Services) -> None:
    """Remove the row: from now on the folder may be copied."""
    with suppress(OSError, ProblemError):  # a row that stays is that of a killed server
        if services.settings.database.startswith("sqlite"):
            services.database.write(lambda c: serving_mark.forget(c, SERVING))


def finding(services: Services) -> Copied | None:
    """Return what is known of a copy: found at a start not long ago, or to be seen right now."""
    if not services.settings.database.startswith("sqlite"):
        return None
    now = services.settings.real_now()

    def job(connection: Connection) -> tuple[Serving | None, Copied | None]:
        return serving_mark.serving(connection), serving_mark.copied(connection)

    serving, copied = services.database.read(job)
    if serving is not None and is_copy(serving, place(services.settings.data_dir)):
        return Copied(path=serving.path, since=serving.since, found_at=now.isoformat())
    if copied is not None and now - datetime.fromisoformat(copied.found_at) < SHOWN:
        return copied
    return None


def is_copy(serving: Serving, here: Place) -> bool:
    """Return whether a database with this row is a copy, or only left by a killed server. Pure."""
    if serving.id not in here.known:
        return True
    if serving.inode == here.inode:
        return False
    return here.keeps_inodes or serving.path != here.path


def place(data_dir: Path) -> Place:
    """Look at the database file of a data folder."""
    path = data_dir / "doorstep.db"
    found = path.stat()
    known: list[str] = []
    with suppress(OSError, msgspec.MsgspecError):
        known = msgspec.json.decode((data_dir / FILE).read_bytes(), type=list[str])
    modes = os.name == "posix" and stat.S_IMODE(found.st_mode) == stat.S_IRUSR | stat.S_IWUSR
    return Place(
        path=str(path.resolve()), inode=found.st_ino, keeps_inodes=modes, known=tuple(known)
    )
