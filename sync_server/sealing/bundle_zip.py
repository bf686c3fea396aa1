"""The zip of a bundle: every file noted for the list of contents, none of 20 MB or more.

Equal files give equal bytes: stored, not compressed, with the seal's time as the time of each.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from shared.digest import sha256_hex
from shared.problems import ProblemError, Where
from shared.season import CST
from sync_server.deferred import deferred
from sync_server.sealing import bundle_contents as names
from sync_server.sealing.bundle_contents import Entry, What

if TYPE_CHECKING:
    from sync_server.sealing import reading_copy
else:
    reading_copy = deferred("sync_server.sealing.reading_copy")

LIMIT_BYTES = 20_000_000
"""Every file of a bundle is smaller: what a mailbox and a province's upload page take."""
PART_BYTES = 19_000_000
"""The size of the parts of a larger sealed file."""
CHUNK_BYTES = 1 << 20
EARLIEST, LATEST = (1980, 1, 1, 0, 0, 0), (2107, 12, 31, 23, 59, 58)
"""The moments that a zip can hold."""


class ZipWriter:
    """Writes files into the zip and keeps the list of them.

    Attributes:
        split: The name of each sealed file that lies in parts, and how many there are.
        cut: The name of each whose copy for reading shows the first pages only: how many of how
            many.
    """

    def __init__(self, zipped: zipfile.ZipFile, folder: str, at: datetime, fonts_dir: Path) -> None:
        self._zipped, self._folder, self._fonts, self.at = zipped, folder, fonts_dir, at
        moment = at.astimezone(CST).timetuple()[:6]
        self._moment = min(max(moment, EARLIEST), LATEST)
        self.entries: list[Entry] = []
        self.split: list[tuple[str, int]] = []
        self.cut: list[tuple[str, int, int]] = []

    def add(self, path: str, data: bytes, what: What, of: str = "", number: int = 0) -> None:
        """Write a file."""
        self._store(path, io.BytesIO(data), len(data))
        self._note(path, what, sha256_hex(data), len(data), of, number)

    def add_unlisted(self, path: str, data: bytes) -> None:
        """Write a file that the list does not name: the list itself."""
        self._store(path, io.BytesIO(data), len(data))

    def add_sealed(self, path: str, source: Path, sha256: str, what: What, whose: str) -> None:
        """Write a sealed file: whole, or in parts with a copy for reading where it is too large.

        Raises:
            ProblemError: bundle.child_gone, bundle.too_large.
        """
        if not source.is_file() or digest_of(source) != sha256:
            raise ProblemError("bundle.child_gone", Where(file=path), school=whose)
        size = source.stat().st_size
        if size < LIMIT_BYTES:
            with source.open("rb") as file:
                self._store(path, file, size)
            self._note(path, what, sha256, size)
            return
        copy = path.removesuffix(".pdf") + f"{names.COPY_WORDS}.pdf"
        name = path.rpartition("/")[2]
        small = reading_copy.reading_copy(source, name, sha256, self.at, self._fonts, LIMIT_BYTES)
        self.add(copy, small.data, "copy", of=path)
        if small.shown < small.pages:
            self.cut.append((name, small.shown, small.pages))
        number = 0
        for number, piece in enumerate(_pieces(source), 1):
            self.add(f"{names.PARTS}/{name}.{number:03d}", piece, "part", path, number)
        self.split.append((name, number))

    def _note(
        self, path: str, what: What, sha256: str, size: int, of: str = "", number: int = 0
    ) -> None:
        self.entries.append(
            Entry(path=path, what=what, sha256=sha256, size_bytes=size, of=of, number=number)
        )

    def _store(self, path: str, source: BinaryIO, size: int) -> None:
        if size >= LIMIT_BYTES:
            limit = LIMIT_BYTES // 1_000_000
            raise ProblemError("bundle.too_large", Where(file=path), file=path, limit=limit)
        # zipfile marks a name that is not ASCII as UTF-8; every name begins with the folder's
        info = zipfile.ZipInfo(f"{self._folder}/{path}", self._moment)
        info.create_system, info.external_attr, info.file_size = 3, 0o100644 << 16, size
        with self._zipped.open(info, "w") as target:
            while chunk := source.read(CHUNK_BYTES):
                target.write(chunk)


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PART_BYTES):
            yield piece


def digest_of(path: Path) -> str:
    """Return the sha256 (hex) of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
