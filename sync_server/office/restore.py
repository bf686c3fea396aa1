"""Restore a backup that may come from anywhere into an empty folder; it may be interrupted.

Nothing of the backup is trusted: names, sizes and hashes are checked, no link is followed, and the
database is compared with what our migrations make (store/db_check.py). All of it happens in a
folder of its own below the data folder; only what is whole and ours is moved to its place. A mark
stands in the data folder from the first step to the last; until that is gone nothing opens it, and
the restore may be begun anew.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from shared.problems import ProblemError, Where
from sync_server import folder_lock, whole_file
from sync_server.data_folder import RESTORE_UNDER_WAY, tighten
from sync_server.disk_errors import disk_problems
from sync_server.office import manifest as m
from sync_server.office import plain_files
from sync_server.office.manifest import DATABASE, FOLDERS, Entry, Manifest
from sync_server.store import db_check, db_snapshot

SIDE = "restoring"
"""The folder in which a backup is put together and checked."""
_LEFT_BY_OLDER = tuple(
    name + suffix
    for name in (DATABASE, "restoring.db")
    for suffix in ("", "-journal", "-shm", "-wal")
)
_OURS = frozenset((folder_lock.NAME, RESTORE_UNDER_WAY, SIDE, *FOLDERS, *_LEFT_BY_OLDER))
"""What a restore that was interrupted may have left."""

Progress = Callable[[str, int, int], None]
"""Called with what is done (database, photos, check), how much of it, and of how much."""


def no_progress(_what: str, _done: int, _of: int) -> None:
    """Report progress to nobody."""


def verify(source: Path, progress: Progress = no_progress) -> Manifest:
    """Check a backup as a restore would: names, sizes, hashes, and the database.

    Args:
        source: The backup.
        progress: Called with "check", how many files are checked, and of how many.

    Returns:
        Its manifest.

    Raises:
        ProblemError: backup.interrupted, backup.unreadable, backup.bad_name, backup.not_plain,
            backup.damaged, backup.schema, data.newer, disk.broken.
    """
    source = source.resolve()
    found = m.read_manifest(source)
    with disk_problems():
        _check_files(source, found, progress)
        db_check.check_database(source / DATABASE)
    return found


def restore(source: Path, data_dir: Path, *, now: datetime, who: str) -> Manifest:
    """Restore a backup into an empty data folder, check everything, and start a new epoch.

    Args:
        source: The backup.
        data_dir: An empty or new folder, or one where a restore was interrupted.
        now: The present time, timezone-aware.
        who: Who does it, for the audit trail.

    Returns:
        The backup's manifest.

    Raises:
        ProblemError: backup.not_empty, backup.inside, backup.interrupted, backup.unreadable,
            backup.bad_name, backup.not_plain, backup.damaged, backup.schema, data.newer,
            data.served, data.busy, data.not_lockable, disk.full, disk.broken.
    """
    source, data_dir = source.resolve(), data_dir.resolve()
    require_separate(data_dir, source)
    found = m.read_manifest(source)
    with disk_problems():
        check_target(data_dir, found)
        _check_files(source, found, no_progress)

    def fill(side: Path) -> None:
        for entry in found.files:
            with plain_files.open_plain(source, entry.path) as reading:
                if m.store_file(reading, side, entry.path, entry.sha256, entry.size_bytes) is None:
                    raise _damaged(entry)

    put_in_place(found, data_dir, fill, now=now, who=who)
    return found


def check_target(data_dir: Path, found: Manifest) -> None:
    """Refuse a data folder that is in use, not empty, or on a disk too small; nothing is made.

    Raises:
        ProblemError: data.served, data.busy, data.not_lockable, backup.not_empty, disk.full.
    """
    folder_lock.check_free(data_dir)
    _check_empty(data_dir)
    _check_room(data_dir, found.size_bytes)


def put_in_place(
    found: Manifest, data_dir: Path, fill: Callable[[Path], None], *, now: datetime, who: str
) -> None:
    """Fill a folder of its own, check it, and move what is in it to its place.

    Args:
        found: The backup's manifest.
        data_dir: The data folder.
        fill: Writes every file of the manifest, with the hash it must have, to the folder.
        now: The present time, timezone-aware.
        who: Who does it, for the audit trail.
    """
    with folder_lock.held(data_dir, "restore"), disk_problems():
        _check_empty(data_dir)  # nobody has begun to use it meanwhile
        side = _begin(data_dir)
        with ExitStack() as refused:
            refused.callback(shutil.rmtree, side, ignore_errors=True)  # it may be decrypted
            fill(side)
            database = side / DATABASE
            db_check.check_database(database)
            db_snapshot.start_new_epoch(
                database,
                photos={e.sha256 for e in found.files if m.is_photo(e.path)},
                at=now.isoformat(timespec="milliseconds"),
                who=who,
                detail=found.made_at,
            )
            tighten(side)
            refused.pop_all()
        for name in (*FOLDERS, DATABASE):
            if (side / name).exists():
                (side / name).replace(data_dir / name)
        shutil.rmtree(side)
        whole_file.flush(data_dir)
        (data_dir / RESTORE_UNDER_WAY).unlink()
        whole_file.flush(data_dir)


def require_separate(one: Path, other: Path) -> None:
    """Refuse a folder inside another.

    Raises:
        ProblemError: backup.inside.
    """
    if one == other or one in other.parents or other in one.parents:
        raise ProblemError("backup.inside", folder=str(one))


def _check_files(source: Path, found: Manifest, progress: Progress) -> None:
    """Compare size and hash of every file with the manifest; sizes first, they cost nothing."""
    for entry in found.files:
        try:
            with plain_files.open_plain(source, entry.path) as file:
                size_bytes = os.fstat(file.fileno()).st_size
        except FileNotFoundError as error:
            raise _damaged(entry) from error
        if size_bytes != entry.size_bytes:
            raise _damaged(entry)
    for number, entry in enumerate(found.files, 1):
        if m.entry_of(source, entry.path) != entry:
            raise _damaged(entry)
        progress("check", number, len(found.files))


def _check_room(data_dir: Path, size_bytes: int) -> None:
    """Refuse what the disk cannot hold before the first byte of it is written."""
    place = next(p for p in (data_dir, *data_dir.parents) if p.is_dir())
    if shutil.disk_usage(place).free < size_bytes:
        raise ProblemError("disk.full")


def _check_empty(data_dir: Path) -> None:
    """Accept a folder that holds nothing, or only what an interrupted restore left."""
    if not data_dir.exists():
        return
    refusal = ProblemError("backup.not_empty", folder=str(data_dir))
    if not data_dir.is_dir():
        raise refusal
    names = {path.name for path in data_dir.iterdir()}
    ours = _OURS if RESTORE_UNDER_WAY in names else {folder_lock.NAME}
    if names - ours:
        raise refusal


def _begin(data_dir: Path) -> Path:
    """Mark the folder, remove what an interrupted restore left, and make the folder beside.

    A link among what is removed goes itself; what it leads to is not touched.
    """
    how = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    os.close(os.open(data_dir / RESTORE_UNDER_WAY, how, 0o600))
    whole_file.flush(data_dir)
    for name in sorted(_OURS - {folder_lock.NAME, RESTORE_UNDER_WAY}):
        path = data_dir / name
        if path.is_dir() and not plain_files.is_link(path.lstat()):
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    side = data_dir / SIDE
    side.mkdir(mode=0o700)
    return side


def _damaged(entry: Entry) -> ProblemError:
    return ProblemError("backup.damaged", where=Where(file=entry.path), path=entry.path)
