"""What a store of files does, whether it is the data folder or a bucket that replicas share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

import msgspec


class FoundFile(msgspec.Struct, frozen=True):
    """A file in a store; `changed_s` is when it was written, in seconds since 1970."""

    key: str
    size_bytes: int
    changed_s: float


class FileStore(Protocol):
    """Files by key, whole or not there: what was put survives a power cut of whoever put it.

    Where a key names nothing, `read` and `open` raise FileNotFoundError, and `local` returns a path
    at which nothing is. The folder store raises OSError where the disk refuses; the S3 store raises
    ProblemError files.unreachable, files.denied.
    """

    @property
    def is_shared(self) -> bool:
        """Whether other replicas use it, so that `local` gives copies."""

    @property
    def words(self) -> str:
        """Where it is, for whoever runs the server; without anything secret."""

    def put(self, key: str, data: bytes, *, once: bool = False) -> bool:
        """Write a file in place of an earlier one.

        Args:
            key: Its key.
            data: Its bytes.
            once: Write nothing where there is one already.

        Returns:
            Whether it was written.
        """

    def put_file(self, key: str, source: Path) -> None:
        """Put a temporary file of ours in its place; it is gone from its own."""

    def put_folder(self, key: str, made: Path) -> None:
        """Put what lies directly in a folder of ours in place, under a key that nothing has yet.

        The folder is gone from its place. A store without folders puts one file after another, so
        the row that names the key is written after all of them.
        """

    def read(self, key: str) -> bytes:
        """Return a file's bytes."""

    def open(self, key: str) -> BinaryIO:
        """Open a file for reading."""

    def local(self, key: str) -> Path:
        """Return a path for those who need one: the file itself, or a copy for a while.

        Nobody writes there.
        """

    def local_folder(self, key: str) -> Path:
        """Return the same for a folder, with the files directly in it."""

    def size(self, key: str) -> int | None:
        """Return a file's size in bytes; None where there is none."""

    def changed_s(self, key: str) -> float | None:
        """Return when a file was written, in seconds since 1970; None where there is none."""

    def exists(self, key: str) -> bool:
        """Return whether there is a file of this key."""

    def has_folder(self, key: str) -> bool:
        """Return whether anything is below a key."""

    def below(self, key: str) -> Iterator[FoundFile]:
        """Yield the files below a key, in the order of their keys, unfinished ones left out."""

    def folders(self, key: str) -> list[str]:
        """Return the keys of the folders directly below a key, in order."""

    def delete(self, key: str) -> None:
        """Remove a file; nothing happens where there is none."""

    def delete_each(self, keys: Iterable[str]) -> None:
        """Remove these files, many at a time where the store can."""

    def delete_all(self, key: str) -> None:
        """Remove everything below a key, and copies of it here."""

    def check(self) -> None:
        """Write, read and remove a small file. Raises what keeps the store from being used."""
