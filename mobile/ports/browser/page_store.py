"""One file as pages in IndexedDB: each write is one transaction with durability strict.

The database is the one that IDBFS (Emscripten's file system, used before) made, with its one store
and its version, so that the change from a whole file to pages is one transaction, too. A file's own
record is under its path as before; in place of the file it holds a mark and the size, and the pages
are under (path, number). An earlier version of the app takes the mark for a file that is no
database and stops, instead of going on from an old state.

A window that lost its turn may still write once (mobile/packaging/README.md): its pages among those
of another window would be no database. So every write has a number and is refused unless it follows
the last one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from mobile.ports.browser.bridge import JsError, Refused, crossed, fields, heard, js, script
from mobile.ports.browser.pages import PAGE_BYTES, page_count
from shared.problems import ProblemError

MARK = b"pages of phone.db, version 1\n"
_VERSION = 21
"""Of the database: IDBFS's DB_VERSION."""
_STORE, _TIMES = "FILE_DATA", "timestamp"
_MODE = 0o100666
"""As IDBFS writes: a regular file that all may read and write."""
_JOURNAL = "-journal"
_PATIENCE_S = 60.0
_WRITE = """
(records, [path, journal], head, beyond, numbers, joined, size) => {
  const ours = { value: true };
  records.get(path).onsuccess = ({ target }) => {
    ours.value = (target.result?.turn ?? 0) + 1 === head.turn;
    if (!ours.value) { records.transaction.abort(); return; }
    numbers.forEach((number, at) => {
      records.put(joined.slice(at * size, (at + 1) * size), [path, number]);
    });
    records.delete(beyond);
    records.delete(journal);
    records.put(head, path);
  };
  return ours;
}
"""
"""In JavaScript, because a transaction of IndexedDB ends while Python waits for what it read. Only
the file's last page may be shorter, and it comes last.
"""


class Stored(msgspec.Struct, frozen=True):
    """What is stored. `paged`: as pages; else whole, as an earlier version wrote it, or nothing.

    `journal`: SQLite's, beside a whole file. `turn`: counts the writes of pages.
    """

    data: bytes = b""
    journal: bytes = b""
    paged: bool = False
    turn: int = 0


class PageStore:
    """The pages of one file. Use `await PageStore.open(...)`. All raise: Refused."""

    def __init__(self, database: Any, path: str) -> None:
        self._database = database
        self._path = path
        self._write_in = script(_WRITE)

    @classmethod
    async def open(cls, name: str, path: str) -> PageStore:
        """The database `name`, made on the first start, and in it the file `path`."""
        try:
            request = js.indexedDB.open(name, _VERSION)
        except JsError as error:
            raise Refused(error) from error
        request.onupgradeneeded = _make_store  # comes before `success`, see indexed_db.py
        await heard(request, "success", "error", "blocked")
        return cls(request.result, path)

    def begin(self, mode: str) -> Any:
        """A transaction of IndexedDB: "readonly", or "readwrite" and on the disk when complete."""
        try:
            return self._database.transaction(_STORE, mode, fields(durability="strict"))
        except JsError as error:
            raise Refused(error) from error

    async def load(self) -> Stored:
        """What the last write left.

        Raises: ProblemError disk.broken when pages are missing.
        """
        transaction = self.begin("readonly")
        records = transaction.objectStore(_STORE)
        asked = records.get(self._path), records.get(self._path + _JOURNAL)
        pages = records.getAll(self._range(0))
        await self._done(transaction)
        head, journal = (request.result for request in asked)
        if head is None:
            return Stored()
        contents = _bytes(head.contents)
        if contents != MARK:
            return Stored(contents, b"" if journal is None else _bytes(journal.contents))
        joined = await js.Blob.new(pages.result).arrayBuffer()
        data = bytes(joined.to_bytes())
        if len(data) != head.size_bytes or pages.result.length != page_count(len(data)):
            raise ProblemError("disk.broken", why="IndexedDB: pages")
        return Stored(data, paged=True, turn=int(head.turn))

    async def write(self, changed: Mapping[int, bytes], size_bytes: int, turn: int) -> None:
        """Change pages and the file's size: durable and whole on return, or as before.

        `turn`: of the last write that the caller knows; this one is the next.

        Raises: ProblemError phone.in_use when another window wrote since.
        """
        head = fields(
            timestamp=js.Date.new(),
            mode=_MODE,
            contents=MARK,
            size_bytes=size_bytes,
            turn=turn + 1,
        )
        transaction = self.begin("readwrite")
        try:
            ours = self._write_in(
                transaction.objectStore(_STORE),
                crossed([self._path, self._path + _JOURNAL]),
                head,
                self._range(page_count(size_bytes)),
                crossed(list(changed)),
                crossed(b"".join(changed.values())),
                PAGE_BYTES,
            )
        except JsError as error:
            raise Refused(error) from error
        try:
            await self._done(transaction)
        except Refused:
            if not ours.value:
                raise ProblemError("phone.in_use") from None
            raise

    async def _done(self, transaction: Any) -> None:
        try:
            # nothing is answered when the browser takes its database away
            async with asyncio.timeout(_PATIENCE_S):
                await heard(transaction, "complete", "abort")
        except TimeoutError as error:
            raise ProblemError("disk.broken", why="IndexedDB") from error

    def _range(self, first: int) -> Any:
        """The keys of the pages from number `first` on: an array is greater than every number."""
        return js.IDBKeyRange.bound(crossed([self._path, first]), crossed([self._path, []]))


def _bytes(contents: Any) -> bytes:
    return bytes(contents.to_bytes())


def _make_store(event: Any) -> None:
    database = event.target.result
    if not database.objectStoreNames.contains(_STORE):
        database.createObjectStore(_STORE).createIndex(_TIMES, _TIMES, fields(unique=False))
