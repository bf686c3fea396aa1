"""A store that replicas share, without a server: a folder apart from any data folder; and one that fails when told.

tests/sync_server/test_file_store.py holds it to the same contract as S3.
"""

from __future__ import annotations

import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from shared.problems import ProblemError
from sync_server.files import local_copies
from sync_server.files.folder_store import FolderStore
from sync_server.files.keys import name_of
from sync_server.files.protocol import FileStore, FoundFile
from sync_server.services import Services
from sync_server.store.photo_objects import PhotoObjects


class SharedFolder(FolderStore):
    """Gives copies where a path is wanted, as a bucket must."""

    is_shared = True

    def local(self, key: str) -> Path:
        if not self.exists(key):
            return local_copies.nothing(key)
        version, name = str(self.changed_s(key)), name_of(key)

        def fill(folder: Path) -> None:
            self._copy(key, folder / name)

        return local_copies.of(self.words, key, [version], fill) / name

    def local_folder(self, key: str) -> Path:
        inside = [found for found in self.below(key) if "/" not in found.key[len(key) + 1 :]]
        if not inside:
            return local_copies.nothing(key)

        def fill(folder: Path) -> None:
            for found in inside:
                self._copy(found.key, folder / name_of(found.key))

        versions = [f"{found.key} {found.changed_s}" for found in inside]
        return local_copies.of(self.words, key, versions, fill)

    def delete(self, key: str) -> None:
        super().delete(key)
        local_copies.forget(self.words, [key])

    def delete_all(self, key: str) -> None:
        gone = [found.key for found in self.below(key)]
        super().delete_all(key)
        local_copies.forget(self.words, gone)

    def has_folder(self, key: str) -> bool:
        return next(self.below(key), None) is not None

    def put_folder(self, key: str, made: Path) -> None:
        for path in sorted(made.iterdir()):
            self.put_file(f"{key}/{path.name}", path)
        made.rmdir()

    def local_path(self, key: str) -> Path:
        """The file itself, for a test that makes it old."""
        return super().local(key)

    def _copy(self, key: str, path: Path) -> None:
        shutil.copyfile(super().local(key), path)


class FaultyStore:
    """Another store that does not answer, for calls named beforehand.

    Attributes:
        before: How many of the next calls of each kind fail without being done.
        after: How many are done and fail all the same: the answer was lost.
        held: Calls of these kinds wait for the event, as on a slow line.
        calls: How many of each kind came.
    """

    def __init__(self, inner: FileStore) -> None:
        self._inner = inner
        self.before: Counter[str] = Counter()
        self.after: Counter[str] = Counter()
        self.held: dict[str, threading.Event] = {}
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return self._guarded(name, found) if callable(found) else found

    def _guarded(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*given: Any, **named: Any) -> Any:
            self.calls[name] += 1
            if name in self.held:
                assert self.held[name].wait(30)
            if self.before[name] > 0:
                self.before[name] -= 1
                raise ProblemError("files.unreachable", why="as told")
            result = call(*given, **named)
            if self.after[name] > 0:
                self.after[name] -= 1
                raise ProblemError("files.unreachable", why="the answer was lost")
            return result

        return guarded


def over(services: Services, store: FileStore) -> Services:
    """The same services with their files in another store."""
    return replace(services, file_store=store, files=PhotoObjects(store), uploads_in_progress=set())


def keys(store: FileStore, below: str) -> list[str]:
    """The keys of the files below one."""
    found: Iterator[FoundFile] = store.below(below)
    return [one.key for one in found]
