"""The files of a county as a whole: which are lost, and all of them copied to another store.

The database is the truth: its rows name files. A file that no row names is swept in time
(expiry.py, leftovers.py, summary_sweep.py, bundles.py); a row whose file is gone is named here.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import msgspec

from shared.problems import ProblemError
from sync_server import temporary
from sync_server.files.folder_store import FolderStore
from sync_server.files.protocol import FileStore, FoundFile
from sync_server.office import bundles, handover, summary_files, summary_work
from sync_server.office.backup_names import PHOTOS
from sync_server.office.fonts import KEPT
from sync_server.services import Services
from sync_server.store import audit, photos, summaries
from sync_server.store.database import Connection

DESTROYED = "certificates-of-destruction"
SHARED = (PHOTOS, summary_work.ROOT, bundles.FOLDER, handover.FOLDER, KEPT, DESTROYED)
"""Folders of the data folder that a shared store holds in its place."""
NAMED = 20
"""So many lost files are named."""


class Copied(msgspec.Struct, frozen=True, kw_only=True):
    """What a copy of all files brought: new ones, those that were there, and the bytes written."""

    files: int
    same: int
    size_bytes: int


class Lost(msgspec.Struct, frozen=True, kw_only=True):
    """Files that rows name and that are not there: how many, and the first of them."""

    count: int
    first: tuple[str, ...]


def lost(services: Services) -> Lost:
    """Find the rows whose files are not there.

    Raises:
        ProblemError: files.unreachable, files.denied.
    """
    count, first = 0, list[str]()
    for key in _missing(services):
        count += 1
        if len(first) < NAMED:
            first.append(key)
    return Lost(count=count, first=tuple(first))


def _missing(services: Services) -> Iterator[str]:
    for number in range(256):
        start = f"{number:02x}"
        # the rows first: a photo that comes now has its file before its row
        named = services.database.read(partial(photos.hashes_from, start=start))
        there = services.files.in_folder(start) if named else set()
        yield from (f"{PHOTOS}/{start}/{sha256}" for sha256 in sorted(named - there))
    for row in services.database.read(summaries.every):
        if row.data in (b"", b"{}"):  # of a season that was purged
            continue
        wanted = [f"{row.folder}/printed.pdf"]
        if row.sha256:
            wanted.append(f"{summary_files.sealed_key(services, row)}/summary.pdf")
        yield from (key for key in wanted if not services.file_store.exists(key))


def copy_in(
    services: Services, *, who: str, progress: Callable[[int, int], None] = lambda done, of: None
) -> Copied:
    """Copy what the data folder holds into the shared store; repeated, it copies what is new.

    The files stay where they are: whoever is content with the copy removes them.

    Raises:
        ProblemError: files.none_shared, files.unreachable, files.denied.
    """
    if not services.file_store.is_shared:
        raise ProblemError("files.none_shared")
    made = copy(FolderStore(services.settings.data_dir), services.file_store, progress)
    now = services.settings.now_text()

    def note(connection: Connection) -> None:
        detail = msgspec.json.encode(made).decode()
        ref = services.file_store.words
        audit.note(connection, at=now, who=who, action="files.copy", ref=ref, detail=detail)

    services.database.write(note)
    return made


def copy_out(
    services: Services, dest: Path, progress: Callable[[int, int], None] = lambda done, of: None
) -> Copied:
    """Copy what the file store holds into a folder, as a data folder has it."""
    return copy(services.file_store, FolderStore(dest.resolve()), progress)


def copy(source: FileStore, target: FileStore, progress: Callable[[int, int], None]) -> Copied:
    """Copy all files from one store to another, each whole or not at all.

    A photo that is there in its size is not copied again: its name is its hash, and it was checked
    before it had it. Anything else is compared.
    """
    found = [one for name in SHARED for one in source.below(name) if not _is_at_work(one)]
    written = size_bytes = 0
    for number, one in enumerate(found, 1):
        if not _is_same(source, target, one):
            _put(source, target, one)
            written, size_bytes = written + 1, size_bytes + one.size_bytes
        progress(number, len(found))
    return Copied(files=written, same=len(found) - written, size_bytes=size_bytes)


def _is_at_work(found: FoundFile) -> bool:
    """Return whether somebody makes a file right now: it has another name when it is done."""
    return f"/{summary_work.PREFIX}" in found.key


def _is_same(source: FileStore, target: FileStore, found: FoundFile) -> bool:
    if target.size(found.key) != found.size_bytes:
        return False
    if found.key.startswith(f"{PHOTOS}/"):
        return True
    with source.open(found.key) as ours, target.open(found.key) as theirs:
        while piece := ours.read(1 << 20):
            if theirs.read(len(piece)) != piece:
                return False
    return True


def _put(source: FileStore, target: FileStore, found: FoundFile) -> None:
    with temporary.folder_for("copied") as folder, source.open(found.key) as ours:
        with (folder / "file").open("xb") as file:
            shutil.copyfileobj(ours, file, 1 << 20)
        target.put_file(found.key, folder / "file")
