"""Photos and unfinished uploads as files: content-addressed, durable, never torn.

uploads/<id> grows at its end; when whole and its hash right it is renamed to photos/ab/<sha256> and
flushed with that name. Only after that is it recorded: a name without a row says nothing of its
bytes, since a power cut may come between the two.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from shared import jpeg
from shared.digest import sha256_hex
from shared.problems import ProblemError
from sync_server import whole_file
from sync_server.disk_errors import disk_problem
from sync_server.whole_file import TO_FLUSH

_SHA256 = re.compile(r"[0-9a-f]{64}")
YOUNG_S = 3600
"""A file this young, of which no row is known, may be waiting for its row."""


def is_sha256(text: str) -> bool:
    """Return whether text is 64 lower-case hex digits; only such text becomes a path."""
    return _SHA256.fullmatch(text) is not None


class PhotoFiles:
    """The photo store of one server on its own disk."""

    def __init__(self, photos: Path, uploads: Path) -> None:
        self._photos = photos
        self._uploads = uploads
        self._placing = threading.Lock()

    def path(self, sha256: str) -> Path:
        """Return where a photo is. Raises ProblemError photo.unknown for what is not a hash."""
        if not is_sha256(sha256):
            raise ProblemError("photo.unknown")
        return self._photos / sha256[:2] / sha256

    def answers(self) -> bool:
        """Return whether files can be read and written now."""
        return all(os.access(path, os.R_OK | os.W_OK) for path in (self._photos, self._uploads))

    def offset(self, upload_id: str) -> int:
        """Bytes held of an upload."""
        path = self._uploads / upload_id
        return path.stat().st_size if path.exists() else 0

    def append(self, upload_id: str, offset: int, chunk: bytes) -> None:
        """Write at `offset` bytes. Raises: ProblemError disk.full."""
        try:
            with (self._uploads / upload_id).open("r+b" if offset else "wb") as file:
                file.seek(offset)
                file.write(chunk)
        except OSError as error:
            raise disk_problem(error) from error

    def finish(self, upload_id: str, sha256: str) -> None:
        """Check the hash and that it is a JPEG, flush, and move into place.

        Raises:
            ProblemError: photo.wrong_hash and photo.not_image (the upload is deleted),
                upload.unknown, disk.full, disk.broken.
        """
        source = self._uploads / upload_id
        try:
            check_photo(source.read_bytes(), sha256)
        except FileNotFoundError as error:  # another process finished it, or swept it
            raise ProblemError("upload.unknown") from error
        except ProblemError:
            source.unlink(missing_ok=True)
            raise
        self.store(source, sha256)

    def take(self, upload_id: str, sha256: str, data: bytes) -> None:
        """Check a whole photo and write it, flushed, into its place.

        Args:
            upload_id: A name of its own until then.
            sha256: Its hash.
            data: Its bytes.

        Raises:
            ProblemError: photo.wrong_hash, photo.not_image, and those of `store`.
        """
        check_photo(data, sha256)
        source = self._uploads / upload_id
        try:
            source.write_bytes(data)
            self.store(source, sha256)
        except OSError as error:
            raise disk_problem(error) from error
        finally:
            source.unlink(missing_ok=True)

    def store(self, source: Path, sha256: str) -> None:
        """Move a JPEG of ours, such as a slip's cut-out, from a temporary file into its place.

        Args:
            source: The file, on the disk of the photos.
            sha256: Its hash.

        Raises:
            ProblemError: disk.full, disk.broken; upload.unknown where somebody took the file just
                then: the same photo of another phone was refused, or a sweep came.
        """
        target = self.path(sha256)
        try:
            if not target.parent.exists():
                target.parent.mkdir(exist_ok=True)
                _flush(self._photos)
        except OSError as error:
            raise disk_problem(error) from error
        try:
            with self._placing:  # another phone may send the same photo at this moment
                if target.exists():  # maybe stored: only bytes that are on the disk may replace it
                    _flush(source)
                source.replace(target)
            # bytes and name after the rename: most file systems then write their journal once
            _flush(target)
            _flush(target.parent)
        except FileNotFoundError as error:
            raise ProblemError("upload.unknown") from error
        except OSError as error:
            raise disk_problem(error) from error

    def put(self, data: bytes) -> str:
        """Write a photo that the office made into its place; return its hash.

        Raises:
            ProblemError: photo.not_image, disk.full, disk.broken.
        """
        sha256 = sha256_hex(data)
        check_photo(data, sha256)
        target = self.path(sha256)
        try:
            if not target.parent.exists():
                target.parent.mkdir(exist_ok=True)
                _flush(self._photos)
            whole_file.write(target, data)
        except OSError as error:
            raise disk_problem(error) from error
        return sha256

    def forget(self, upload_id: str) -> None:
        """Delete the bytes of an unfinished upload."""
        (self._uploads / upload_id).unlink(missing_ok=True)

    def has(self, sha256: str) -> bool:
        """Return whether a photo's file is in its place."""
        return self.path(sha256).exists()

    def remove(self, sha256: str) -> None:
        """Delete a photo's file."""
        self.path(sha256).unlink(missing_ok=True)

    def remove_each(self, hashes: Iterable[str]) -> None:
        """Delete these photos' files."""
        for sha256 in hashes:
            self.remove(sha256)

    def folder_of(self, hashes: Iterable[str], aside: Path) -> Path:
        """Return a folder in which these photos are, with others: the photos' own."""
        return self._photos

    def upload_ids(self) -> list[str]:
        """Return the names of the files of uploads."""
        return [path.name for path in self._uploads.iterdir()]

    def in_folder(self, start: str) -> set[str]:
        """Return the hashes of the photos that are there and begin with two digits."""
        folder = self._photos / start
        return {p.name for p in folder.iterdir()} if folder.is_dir() else set()

    def older(self) -> Iterator[list[str]]:
        """Yield the hashes of the files that are not young, a folder at a time."""
        for folder in sorted(self._photos.glob("*")):
            before_s = time.time() - YOUNG_S
            names = [path.name for path in folder.iterdir() if is_sha256(path.name)]
            with suppress(FileNotFoundError):  # somebody else removed one: the next time
                yield [n for n in names if (folder / n).stat().st_mtime < before_s]

    def keep_only(self, hashes: set[str]) -> None:
        """Delete the photos that have none of these hashes."""
        for path in self._photos.glob("*/*"):
            if path.name not in hashes:
                path.unlink(missing_ok=True)

    def read(self, sha256: str) -> bytes:
        """A photo's bytes. Raises: ProblemError photo.unknown."""
        try:
            return self.path(sha256).read_bytes()
        except FileNotFoundError as error:
            raise ProblemError("photo.unknown") from error


def check_photo(data: bytes, sha256: str) -> None:
    """Refuse bytes that are another photo, or none. Raises photo.wrong_hash, photo.not_image."""
    if sha256_hex(data) != sha256:
        raise ProblemError("photo.wrong_hash")
    try:
        jpeg.size_of_whole(data)
    except ValueError as error:
        raise ProblemError("photo.not_image") from error


def _flush(path: Path, flush: Callable[[int], None] = os.fsync) -> None:
    if path.is_dir() and os.name != "posix":
        return  # Windows has no handle for a folder
    descriptor = os.open(path, TO_FLUSH)
    try:
        flush(descriptor)
    finally:
        os.close(descriptor)
