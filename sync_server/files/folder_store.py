"""The data folder as a store of files: as it always was, flushed and renamed into place."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from sync_server import whole_file
from sync_server.data_folder import make_folder
from sync_server.files.keys import is_key, key_of
from sync_server.files.protocol import FoundFile

PROBE = "probe"
NOTHING = "no-such-file"


class FolderStore:
    """Files below one folder.

    Args:
        root: The data folder.
    """

    is_shared = False

    def __init__(self, root: Path) -> None:
        self._root = root

    @property
    def words(self) -> str:
        """Return where it is."""
        return str(self._root)

    def put(self, key: str, data: bytes, *, once: bool = False) -> bool:
        """Write a file whole, flushed with its name."""
        path = self._place(key)
        if once and path.exists():
            return False
        if not once:
            whole_file.write(path, data)
            return True
        made: list[bytes] = []

        def make() -> bytes:
            made.append(data)
            return data

        whole_file.write_once(path, make)
        return bool(made)

    def put_file(self, key: str, source: Path) -> None:
        """Flush a temporary file and rename it into its place."""
        path = self._place(key)
        whole_file.flush(source)
        whole_file.replace(source, path)
        whole_file.flush(path.parent)

    def put_folder(self, key: str, made: Path) -> None:
        """Flush a folder with its files and rename it into its place."""
        place = self._place(key)
        for path in made.iterdir():
            whole_file.flush(path)
        whole_file.flush(made)
        made.rename(place)
        whole_file.flush(place.parent)

    def read(self, key: str) -> bytes:
        """Return a file's bytes."""
        return self._path(key).read_bytes()

    def open(self, key: str) -> BinaryIO:
        """Open a file for reading."""
        return self._path(key).open("rb")

    def local(self, key: str) -> Path:
        """Return the file itself."""
        return self._looked_for(key)

    def local_folder(self, key: str) -> Path:
        """Return the folder itself."""
        return self._looked_for(key)

    def size(self, key: str) -> int | None:
        """Return a file's size."""
        with suppress(FileNotFoundError):
            return self._path(key).stat().st_size
        return None

    def changed_s(self, key: str) -> float | None:
        """Return when a file was written."""
        with suppress(FileNotFoundError):
            return self._path(key).stat().st_mtime
        return None

    def exists(self, key: str) -> bool:
        """Return whether there is a file."""
        return self._looked_for(key).is_file()

    def has_folder(self, key: str) -> bool:
        """Return whether there is a folder."""
        return self._looked_for(key).is_dir()

    def below(self, key: str) -> Iterator[FoundFile]:
        """Yield the files below a folder, a folder at a time read and sorted."""
        yield from self._in_order(self._looked_for(key))

    def folders(self, key: str) -> list[str]:
        """Return the folders directly below a folder."""
        return [f"{key}/{p.name}" for p in _entries(self._looked_for(key)) if p.is_dir()]

    def delete(self, key: str) -> None:
        """Remove a file."""
        self._path(key).unlink(missing_ok=True)

    def delete_each(self, keys: Iterable[str]) -> None:
        """Remove these files."""
        for key in keys:
            self.delete(key)

    def delete_all(self, key: str) -> None:
        """Remove a folder."""
        path = self._path(key)
        if path.is_dir():
            shutil.rmtree(path)

    def check(self) -> None:
        """Write, read and remove a small file."""
        key = f"{PROBE}-{secrets.token_hex(4)}{whole_file.SUFFIX}"
        try:
            self.put(key, b"1")
            self.read(key)
        finally:
            self.delete(key)

    def _in_order(self, folder: Path) -> Iterator[FoundFile]:
        # by the whole key, as a bucket lists: "a-b" comes before "a/b"
        for path in sorted(_entries(folder), key=lambda p: f"{p.name}/" if p.is_dir() else p.name):
            if path.is_dir():
                yield from self._in_order(path)
            elif path.suffix != whole_file.SUFFIX:
                with suppress(FileNotFoundError):  # somebody else removed it
                    state = path.stat()
                    key = path.relative_to(self._root).as_posix()
                    yield FoundFile(key, state.st_size, state.st_mtime)

    def _path(self, key: str) -> Path:
        return self._root / key_of(key)

    def _looked_for(self, key: str) -> Path:
        """Return the path of a key; one at which nothing is for what no file can be called."""
        return self._path(key) if is_key(key) else self._root / NOTHING

    def _place(self, key: str) -> Path:
        """Return a file's path, its folder made; a new folder's name survives a power cut too."""
        path = self._path(key)
        missing = [p for p in path.parents if not p.exists()]
        if missing:
            make_folder(path.parent)
            for made in missing:
                whole_file.flush(made.parent)
        return path


def _entries(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as found:
            return sorted(Path(entry.path) for entry in found)
    except (FileNotFoundError, NotADirectoryError):
        return []
