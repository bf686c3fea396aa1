"""Back up a running server into a folder; it may be interrupted (restoring: office/restore.py).

The database is copied first, as of one moment; files are copied after it, so that every file it
names is at least as new. An earlier backup in the same folder stays complete until the last step:
new files are added, its manifest is deleted, changed files are replaced, and the new manifest is
written last.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from shared.problems import ProblemError
from sync_server import file_lock, whole_file
from sync_server.disk_errors import disk_problems
from sync_server.office import backup_names, backup_place, backup_plan, disk_room, plain_files
from sync_server.office import manifest as m
from sync_server.office.manifest import DATABASE, FOLDERS, PHOTOS, UNDER_WAY, Entry, Manifest
from sync_server.office.restore import Progress, no_progress, require_separate
from sync_server.services import Services
from sync_server.store import db_snapshot
from sync_server.store.photo_files import is_sha256


def backup(
    services: Services,
    dest: Path,
    progress: Progress = no_progress,
    *,
    earlier: Path | None = None,
) -> Manifest:
    """Copy database, photos, sealed files and keys to a folder; files with the same hash are kept.

    A photo that is damaged on the server never replaces a good copy.

    Args:
        services: The server's services.
        dest: An empty or new folder, or an earlier backup.
        progress: Called with what is copied ("database" in pages, "photos"), how much is done, and
            of how much.
        earlier: Another backup whose photos may be shared by a hard link instead of a copy.

    Returns:
        The manifest; `damaged` names photos of which no whole copy exists.

    Raises:
        ProblemError: backup.not_sqlite, files.elsewhere, backup.folder_system, backup.inside,
            backup.not_ours, backup.under_way, backup.not_plain, backup.no_room, disk.full,
            disk.broken.
    """
    if not services.settings.database.startswith("sqlite"):
        raise ProblemError("backup.not_sqlite")
    if services.file_store.is_shared:
        raise ProblemError("files.elsewhere", url=services.file_store.words)
    dest, data_dir = dest.resolve(), services.settings.data_dir
    backup_place.require_not_of_system(dest)
    require_separate(dest, data_dir)
    with disk_problems():
        _check_room(services, dest, earlier)
    with disk_problems(), _alone(dest):
        copied = _database(services, dest, progress)
        photos, damaged = _photos(services, dest, copied.photos, progress, earlier)
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


def _check_room(services: Services, dest: Path, earlier: Path | None) -> None:
    """Refuse a backup that would take the room kept for phones' records on the same disk.

    Counted is what it adds: the database, and every file that no backup here holds in its size.
    """
    data_dir = services.settings.data_dir
    there = next(place for place in (dest, *dest.parents) if place.exists())
    if not backup_plan.same_disk(services.settings, there):
        return
    held = [dest, *([earlier] if earlier is not None else [])]
    added = max(0, _size_bytes(data_dir / DATABASE))
    for name in FOLDERS:
        for at, _, names in os.walk(data_dir / name):
            for path in (Path(at) / file for file in names):
                size_bytes, inside = _size_bytes(path), path.relative_to(data_dir)
                if all(_size_bytes(backup / inside) != size_bytes for backup in held):
                    added += max(0, size_bytes)  # it may be gone by now
    disk_room.check_backup(services, added)


def _size_bytes(path: Path) -> int:
    """Return the size of a file; -1 where there is none."""
    try:
        return path.lstat().st_size
    except OSError:
        return -1


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
    services: Services,
    dest: Path,
    known: Iterable[str],
    progress: Progress,
    earlier: Path | None,
) -> tuple[list[Entry], list[str]]:
    """Return the entries of whole photos, and the known photos of which no whole copy is left."""
    folder = services.settings.path(PHOTOS)
    stored = set(known)
    names = sorted(stored | {p.name for p in folder.glob("*/*") if is_sha256(p.name)})
    kept: list[Entry] = []
    damaged: list[str] = []
    for number, sha256 in enumerate(names, 1):
        path = f"{PHOTOS}/{sha256[:2]}/{sha256}"
        if earlier is not None:
            _share(earlier, dest, path)
        held = m.entry_of(dest, path)
        if held is None or held.sha256 != sha256:
            held = m.copy_file(services.files.path(sha256), dest, path, sha256)
        if held is not None:
            kept.append(held)
        elif sha256 in stored:
            damaged.append(sha256)
        progress(PHOTOS, number, len(names))
    return kept, damaged


def _share(earlier: Path, dest: Path, path: str) -> None:
    """Give an earlier backup's photo a second name here; its hash is checked like a copy's.

    A photo never changes, and whoever replaces one writes a new file. Where the disk knows no hard
    links (a stick with FAT), nothing happens and the photo is copied.
    """
    with suppress(OSError, ProblemError):
        plain_files.open_plain(earlier, path).close()
        plain_files.make_folders(dest, path)
        os.link(earlier / path, dest / path)


def _copy_other_files(data_dir: Path, dest: Path) -> list[Entry | None]:
    """Copy sealed files, keys and certificates whose hash differs; skip one that vanishes.

    Also what has a name that the server never gives: it could not be restored everywhere.
    """
    found = [
        p.relative_to(data_dir).as_posix()
        for name in FOLDERS
        if name != PHOTOS
        for p in sorted((data_dir / name).rglob("*"))
        if p.is_file() and p.suffix != whole_file.SUFFIX
    ]
    entries = []
    for path in filter(backup_names.is_usable, found):
        held = m.entry_of(dest, path)
        same = held is not None and held == m.entry_of_own(data_dir, path)
        entries.append(held if same else m.copy_file(data_dir / path, dest, path))
    return entries


def _delete_dropped_files(dest: Path, kept: set[str]) -> None:
    """Delete what the server no longer holds: a purge reaches its backup with the next one."""
    for name in FOLDERS:
        for at, _, names in os.walk(dest / name, followlinks=False):
            for path in (Path(at) / name for name in names):
                if path.relative_to(dest).as_posix() not in kept:
                    path.unlink()
