"""The manifest of a backup (manifest.json: every file with its hash), and copying into one."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import msgspec

from shared.problems import ProblemError, Where
from sync_server.whole_file import flush, private

DATABASE = "doorstep.db"
PHOTOS = "photos"
FOLDERS = (PHOTOS, "summaries", "keys", "certificates-of-destruction")
"""Folders that are backed up; not uploads (phones start again), sessions, notices, previews."""
NAME = "manifest.json"
UNDER_WAY = "backup-under-way"
CHUNK_BYTES = 1 << 20


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a backup; `path` is relative, with slashes."""

    path: str
    sha256: str
    size_bytes: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds.

    Attributes:
        schema: The version of this format.
        made_at: When it was made (UTC ISO).
        epoch: The database's epoch.
        counts: Rows by table.
        files: Every file with its hash.
        damaged: Hashes of photos of which neither server nor backup holds a whole copy.
    """

    schema: int = 1
    made_at: str
    epoch: str
    counts: dict[str, int]
    files: tuple[Entry, ...]
    damaged: tuple[str, ...] = ()

    @property
    def size_bytes(self) -> int:
        """Return the size of all files."""
        return sum(e.size_bytes for e in self.files)


def read_manifest(folder: Path) -> Manifest:
    """Read a backup's manifest.

    Raises:
        ProblemError: backup.interrupted, backup.unreadable.
    """
    path = folder / NAME
    if not path.exists() and (folder / UNDER_WAY).exists():
        raise ProblemError("backup.interrupted", folder=str(folder))
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ProblemError("backup.unreadable", folder=str(folder)) from error
    paths = [e.path for e in found.files]
    if (
        found.schema != 1
        or paths.count(DATABASE) != 1
        or not all(_is_backup_path(p) for p in paths)
    ):
        raise ProblemError("backup.unreadable", folder=str(folder))
    return found


def _is_backup_path(path: str) -> bool:
    """Return whether a manifest may name this path: anybody can write a manifest."""
    parts = PurePosixPath(path).parts
    return path == DATABASE or (
        len(parts) > 1 and parts[0] in FOLDERS and ".." not in parts and "\\" not in path
    )


def entry_of(folder: Path, path: str) -> Entry | None:
    """Return the entry of a file in a folder, hashed now; None when there is no such file."""
    try:
        with (folder / path).open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            return Entry(path=path, sha256=sha256, size_bytes=file.tell())
    except FileNotFoundError:
        return None


def copy_file(source: Path, folder: Path, path: str, sha256: str = "") -> Entry | None:
    """Copy a file to `folder/path`, flushed and renamed into place, mode 0600.

    Args:
        source: The file.
        folder: The folder to copy into.
        path: The relative path there.
        sha256: The hash its bytes must have; "" for any.

    Returns:
        The copy's entry; None, with nothing in place, when the source is gone or its hash differs.
    """
    target = folder / path
    part = target.with_name(target.name + ".part")
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = hashlib.sha256()
    try:
        with source.open("rb") as reading, private(part) as writing:
            while piece := reading.read(CHUNK_BYTES):
                found.update(piece)
                writing.write(piece)
            size_bytes = reading.tell()
    except FileNotFoundError:
        return None
    if sha256 and found.hexdigest() != sha256:
        part.unlink()
        return None
    part.replace(target)
    flush(target.parent)
    return Entry(path=path, sha256=found.hexdigest(), size_bytes=size_bytes)


@contextmanager
def disk_problems() -> Iterator[None]:
    """Turn a disk's refusals into problems.

    Raises:
        ProblemError: disk.full, disk.broken.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ProblemError("disk.full") from error
        raise ProblemError(
            "disk.broken", where=Where(file=str(error.filename or "")), why=error.strerror or ""
        ) from error
