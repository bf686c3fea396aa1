"""What a backup holds: manifest.json with every file and its hash. And the durable copying of one file."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import msgspec

from shared.problems import ProblemError, Where

DATABASE = "doorstep.db"
PHOTOS = "photos"
FOLDERS = (PHOTOS, "summaries", "keys", "certificates-of-destruction")
"""Of the data folder. Left out: uploads (phones begin again), sessions, notices and previews (made anew)."""
NAME = "manifest.json"
UNDER_WAY = "backup-under-way"
CHUNK_BYTES = 1 << 20


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One file. `path` is relative, with slashes."""

    path: str
    sha256: str
    size_bytes: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """`counts`: rows by table; `damaged`: photos the database knows but neither server nor backup holds whole."""

    schema: int = 1
    made_at: str
    epoch: str
    counts: dict[str, int]
    files: tuple[Entry, ...]
    damaged: tuple[str, ...] = ()

    @property
    def size_bytes(self) -> int:
        return sum(e.size_bytes for e in self.files)


def read_manifest(folder: Path) -> Manifest:
    """A backup's manifest. Raises: ProblemError backup.interrupted, backup.unreadable."""
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
    """Whether a manifest may name this: a manifest is a file anybody can write, nothing else becomes a path."""
    parts = PurePosixPath(path).parts
    return path == DATABASE or (
        len(parts) > 1 and parts[0] in FOLDERS and ".." not in parts and "\\" not in path
    )


def entry_of(folder: Path, path: str) -> Entry | None:
    """A file as it lies there; None when it does not."""
    try:
        with (folder / path).open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            return Entry(path=path, sha256=sha256, size_bytes=file.tell())
    except FileNotFoundError:
        return None


def copy_file(source: Path, folder: Path, path: str, sha256: str = "") -> Entry | None:
    """Copy to `folder/path`, flushed and renamed into place, mode 0600.

    None, and nothing in place, when the source is gone or its bytes are not those of the hash asked for.
    """
    target = folder / path
    part = target.with_name(target.name + ".part")
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = hashlib.sha256()
    try:
        with source.open("rb") as reading, _private_file(part) as writing:
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
def _private_file(path: Path) -> Iterator[BinaryIO]:
    """A file for its owner's eyes only, flushed at the end."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def write_file(path: Path, data: bytes) -> None:
    """Write whole or not at all, flushed, mode 0600."""
    part = path.with_name(path.name + ".part")
    with _private_file(part) as file:
        file.write(data)
    part.replace(path)
    flush(path.parent)


def flush(path: Path) -> None:
    """Make a file, or the names in a folder, survive a power cut."""
    if path.is_dir() and os.name != "posix":
        return  # Windows has no handle for a folder
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def disk_problems() -> Iterator[None]:
    """What a disk refuses, as its own problem. Raises: ProblemError disk.full, disk.broken."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ProblemError("disk.full") from error
        raise ProblemError(
            "disk.broken", where=Where(file=str(error.filename or "")), why=error.strerror or ""
        ) from error
