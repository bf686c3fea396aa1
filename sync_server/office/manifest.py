"""The manifest of a backup (manifest.json: every file with its hash), and copying into one."""

from __future__ import annotations

import hashlib
from io import BufferedReader
from pathlib import Path
from typing import Annotated, BinaryIO

import msgspec

from shared.problems import ProblemError, Where
from sync_server.office import backup_names, plain_files
from sync_server.office.backup_names import DATABASE as DATABASE
from sync_server.office.backup_names import FOLDERS as FOLDERS
from sync_server.office.backup_names import PHOTOS as PHOTOS
from sync_server.whole_file import flush, private

NAME = "manifest.json"
UNDER_WAY = "backup-under-way"
CHUNK_BYTES = 1 << 20
MOST_MANIFEST_BYTES = 256 << 20
"""Size of a manifest: a million files of 200 bytes each, ten times what a county ever holds."""

Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file of a backup; `path` is relative, with slashes."""

    path: str
    sha256: Sha256
    size_bytes: Annotated[int, msgspec.Meta(ge=0)]


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
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
    damaged: tuple[Sha256, ...] = ()

    @property
    def size_bytes(self) -> int:
        """Return the size of all files."""
        return sum(e.size_bytes for e in self.files)


def read_manifest(folder: Path) -> Manifest:
    """Read a backup's manifest; whoever wrote it is trusted in nothing.

    Raises:
        ProblemError: backup.interrupted, backup.unreadable, backup.bad_name, backup.not_plain.
    """
    path = folder / NAME
    if not path.exists() and (folder / UNDER_WAY).exists():
        raise ProblemError("backup.interrupted", folder=str(folder))
    try:
        with plain_files.open_plain(folder, NAME) as file:
            data = file.read(MOST_MANIFEST_BYTES + 1)
    except OSError as error:
        raise ProblemError("backup.unreadable", folder=str(folder)) from error
    return decoded(data, str(folder))


def decoded(data: bytes, folder: str) -> Manifest:
    """Decode a manifest and check every name in it.

    Raises:
        ProblemError: backup.unreadable, backup.bad_name.
    """
    try:
        found = msgspec.json.decode(data[: MOST_MANIFEST_BYTES + 1], type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ProblemError("backup.unreadable", folder=folder) from error
    paths = [e.path for e in found.files]
    if found.schema != 1 or len(data) > MOST_MANIFEST_BYTES or DATABASE not in paths:
        raise ProblemError("backup.unreadable", folder=folder)
    bad = next((p for p in paths if not backup_names.is_usable(p)), "") or backup_names.clash(paths)
    misnamed = (e.path for e in found.files if is_photo(e.path) and not e.path.endswith(e.sha256))
    if bad or (bad := next(misnamed, "")):
        raise ProblemError("backup.bad_name", where=Where(file=bad), path=bad)
    return found


def is_photo(path: str) -> bool:
    """Return whether a path of a backup is that of a photo, whose name is its hash."""
    return path.startswith(f"{PHOTOS}/")


def entry_of(folder: Path, path: str) -> Entry | None:
    """Return the entry of a file in a backup, hashed now; None if the file does not exist.

    Raises:
        ProblemError: backup.not_plain.
    """
    try:
        with plain_files.open_plain(folder, path) as file:
            return _entry(file, path)
    except FileNotFoundError:
        return None


def entry_of_own(folder: Path, path: str) -> Entry | None:
    """Return the entry of a file in the data folder, where a link is as its owner set it."""
    try:
        with (folder / path).open("rb") as file:
            return _entry(file, path)
    except FileNotFoundError:
        return None


def _entry(file: BufferedReader, path: str) -> Entry:
    sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Entry(path=path, sha256=sha256, size_bytes=file.tell())


def copy_file(source: Path, folder: Path, path: str, sha256: str = "") -> Entry | None:
    """Copy a file of the data folder to `folder/path`; see `store_file`.

    Returns:
        The copy's entry; None, with nothing in place, when the source is gone or its hash differs.
    """
    try:
        reading = source.open("rb")
    except FileNotFoundError:
        return None
    with reading:
        return store_file(reading, folder, path, sha256)


def store_file(
    reading: BinaryIO, folder: Path, path: str, sha256: str = "", size_bytes: int | None = None
) -> Entry | None:
    """Write what is read to a new file `folder/path`, flushed and renamed into place, mode 0600.

    Args:
        reading: The bytes.
        folder: The folder to copy into.
        path: The relative path there.
        sha256: The hash the bytes must have; "" for any.
        size_bytes: How many bytes are read; None for all there are.

    Returns:
        The copy's entry; None, with nothing in place, when hash or size differ.

    Raises:
        ProblemError: backup.not_plain where a folder on the way is a link.
    """
    target = folder / path
    part = target.with_name(target.name + ".part")
    plain_files.make_folders(folder, path)
    part.unlink(missing_ok=True)
    found, left, done = hashlib.sha256(), size_bytes, 0
    with private(part, overwrite=False) as writing:
        while piece := reading.read(CHUNK_BYTES if left is None else min(CHUNK_BYTES, left)):
            found.update(piece)
            writing.write(piece)
            done += len(piece)
            left = None if left is None else left - len(piece)
    if left or (sha256 and found.hexdigest() != sha256):
        part.unlink()
        return None
    part.replace(target)
    flush(target.parent)
    return Entry(path=path, sha256=found.hexdigest(), size_bytes=done)
