"""Back up a running server, and restore a backup into an empty folder; each may be interrupted.

The database is copied first, as of one moment; files are copied after it, so that every file it
names is at least as new. An earlier backup in the same folder stays complete until the last step:
new files are added, its manifest is deleted, changed files are replaced, and the new manifest is
written last. A folder that is restored into has a mark from the first step to the last; until that
is gone nothing opens it, and the restore may be begun anew.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec

from shared.problems import ProblemError, Where
from sync_server import file_lock, folder_lock, whole_file
from sync_server.data_folder import RESTORE_UNDER_WAY, tighten
from sync_server.office import manifest as m
from sync_server.office.manifest import DATABASE, FOLDERS, PHOTOS, UNDER_WAY, Entry, Manifest
from sync_server.services import Services
from sync_server.store import db_snapshot
from sync_server.store.photo_files import is_sha256

Progress = Callable[[str, int, int], None]
"""Called with what is copied ("database" in pages, "photos"), how much is done, of how much."""
RESTORING = "restoring.db"
SQLITE_SUFFIXES = ("", "-journal", "-shm", "-wal")


def _no_progress(_what: str, _done: int, _of: int) -> None:
    """Report progress to nobody."""


def backup(services: Services, dest: Path, progress: Progress = _no_progress) -> Manifest:
    """Copy database, photos, sealed files and keys to a folder; files with the same hash are kept.

    A photo that is damaged on the server never replaces a good copy.

    Args:
        services: The server's services.
        dest: An empty or new folder, or an earlier backup.
        progress: Called with what is copied, how much is done, and of how much.

    Returns:
        The manifest; `damaged` names photos of which no whole copy exists.

    Raises:
        ProblemError: backup.not_sqlite, backup.inside, backup.not_ours, backup.under_way,
            disk.full, disk.broken.
    """
    if not services.settings.database.startswith("sqlite"):
        raise ProblemError("backup.not_sqlite")
    dest, data_dir = dest.resolve(), services.settings.data_dir
    _require_separate(dest, data_dir)
    with m.disk_problems(), _alone(dest):
        copied = _database(services, dest, progress)
        photos, damaged = _photos(services, dest, copied.photos, progress)
        # from here until the end this folder holds no valid backup
        (dest / m.NAME).unlink(missing_ok=True)
        whole_file.flush(dest)
        (dest / f"{DATABASE}.part").replace(dest / DATABASE)
        files = [m.entry_of(dest, DATABASE), *photos, *_copy_other_files(data_dir, dest)]
        made = Manifest(
            made_at=services.settings.real_now().isoformat(timespec="seconds"),
            epoch=copied.epoch,
            counts=copied.counts,
            files=tuple(f for f in files if f),
            damaged=tuple(damaged),
        )
        _delete_dropped_files(dest, {f.path for f in made.files})
        whole_file.write(dest / m.NAME, msgspec.json.format(msgspec.json.encode(made), indent=1))
    return made


def _require_separate(one: Path, other: Path) -> None:
    if one == other or one in other.parents or other in one.parents:
        raise ProblemError("backup.inside", folder=str(one))


@contextmanager
def _alone(dest: Path) -> Iterator[None]:
    """Mark a folder as one that a backup is made in, and keep another backup out of it.

    An empty folder or a backup only: a backup deletes what it no longer needs. The mark goes when
    all is done; one that stays says that the backup was interrupted.
    """
    ours = (dest / m.NAME).exists() or (dest / UNDER_WAY).exists()
    if dest.exists() and not ours and (not dest.is_dir() or any(dest.iterdir())):
        raise ProblemError("backup.not_ours", folder=str(dest))
    dest.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = file_lock.acquire_lock(dest / UNDER_WAY)
    if lock is None:
        raise ProblemError("backup.under_way", folder=str(dest))
    try:
        whole_file.flush(dest)
        for left in dest.glob(f"*{whole_file.SUFFIX}"):  # by one that was killed
            left.unlink()
        yield
        (dest / UNDER_WAY).unlink()
    finally:
        os.close(lock)


def _database(services: Services, dest: Path, progress: Progress) -> db_snapshot.CopiedDatabase:
    part = dest / f"{DATABASE}.part"
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)

    def pages(done: int, of: int) -> None:
        progress("database", done, of)

    copied = services.database.read(lambda c: db_snapshot.copy_database(c, part, pages))
    whole_file.flush(part)
    return copied


def _photos(
    services: Services, dest: Path, known: Iterable[str], progress: Progress
) -> tuple[list[Entry], list[str]]:
    """Return the entries of whole photos, and the known photos of which no whole copy is left."""
    folder = services.settings.path(PHOTOS)
    stored = set(known)
    names = sorted(stored | {p.name for p in folder.glob("*/*") if is_sha256(p.name)})
    kept: list[Entry] = []
    damaged: list[str] = []
    for number, sha256 in enumerate(names, 1):
        path = f"{PHOTOS}/{sha256[:2]}/{sha256}"
        held = m.entry_of(dest, path)
        if held is None or held.sha256 != sha256:
            held = m.copy_file(services.files.path(sha256), dest, path, sha256)
        if held is not None:
            kept.append(held)
        elif sha256 in stored:
            damaged.append(sha256)
        progress(PHOTOS, number, len(names))
    return kept, damaged


def _copy_other_files(data_dir: Path, dest: Path) -> list[Entry | None]:
    """Copy sealed files, keys and certificates whose hash differs; skip one that vanishes."""
    paths = [
        p.relative_to(data_dir).as_posix()
        for name in FOLDERS
        if name != PHOTOS
        for p in sorted((data_dir / name).rglob("*"))
        if p.is_file() and p.suffix != whole_file.SUFFIX
    ]
    entries = []
    for path in paths:
        held = m.entry_of(dest, path)
        same = held is not None and held == m.entry_of(data_dir, path)
        entries.append(held if same else m.copy_file(data_dir / path, dest, path))
    return entries


def _delete_dropped_files(dest: Path, kept: set[str]) -> None:
    """Delete what the server no longer holds: a purge reaches its backup with the next one."""
    for name in FOLDERS:
        for path in sorted((dest / name).rglob("*")):
            if path.is_file() and path.relative_to(dest).as_posix() not in kept:
                path.unlink()


def restore(source: Path, data_dir: Path, *, now: datetime, who: str) -> Manifest:
    """Restore a backup into an empty data folder, check every file, and start a new epoch.

    Args:
        source: The backup.
        data_dir: An empty or new folder, or one where a restore was interrupted.
        now: The present time, timezone-aware.
        who: Who does it, for the audit trail.

    Returns:
        The backup's manifest.

    Raises:
        ProblemError: backup.not_empty, backup.inside, backup.interrupted, backup.unreadable,
            backup.damaged, data.served, data.busy, data.not_lockable, disk.full, disk.broken.
    """
    source, data_dir = source.resolve(), data_dir.resolve()
    _require_separate(data_dir, source)
    found = m.read_manifest(source)
    folder_lock.check_free(data_dir)
    with m.disk_problems():
        _check_empty(data_dir)
        for entry in found.files:
            if m.entry_of(source, entry.path) != entry:
                raise _damaged(entry)
    with folder_lock.held(data_dir, "restore"), m.disk_problems():
        _check_empty(data_dir)  # nobody has begun to use it meanwhile
        _begin_restore(data_dir, {e.path for e in found.files})
        for entry in found.files:
            path = RESTORING if entry.path == DATABASE else entry.path
            if m.copy_file(source / entry.path, data_dir, path, entry.sha256) is None:
                raise _damaged(entry)
        db_snapshot.start_new_epoch(
            data_dir / RESTORING,
            photos_lost=found.damaged,
            at=now.isoformat(timespec="milliseconds"),
            who=who,
            detail=found.made_at,
        )
        (data_dir / RESTORING).replace(data_dir / DATABASE)
        tighten(data_dir)
        whole_file.flush(data_dir)
        (data_dir / RESTORE_UNDER_WAY).unlink()
        whole_file.flush(data_dir)
    return found


def _check_empty(data_dir: Path) -> None:
    """Accept a folder that holds nothing, or only what an interrupted restore left."""
    if not data_dir.exists() or (data_dir / RESTORE_UNDER_WAY).exists():
        return
    if not data_dir.is_dir() or any(p.name != folder_lock.NAME for p in data_dir.iterdir()):
        raise ProblemError("backup.not_empty", folder=str(data_dir))


def _begin_restore(data_dir: Path, wanted: set[str]) -> None:
    """Mark the folder, and delete what an interrupted restore left and this one does not bring."""
    os.close(os.open(data_dir / RESTORE_UNDER_WAY, os.O_RDWR | os.O_CREAT, 0o600))
    whole_file.flush(data_dir)
    for name in (DATABASE, RESTORING):
        for suffix in SQLITE_SUFFIXES:  # a log left behind would be read into the next database
            (data_dir / f"{name}{suffix}").unlink(missing_ok=True)
    _delete_dropped_files(data_dir, wanted)


def _damaged(entry: Entry) -> ProblemError:
    return ProblemError("backup.damaged", where=Where(file=entry.path), path=entry.path)
