"""The database's file: in memory while the app runs, as pages in IndexedDB once flushed.

SQLite commits into memory; `flush` then stores the pages that changed since the last flush, in one
transaction. So a kill at any moment leaves the last flushed state whole: of the commits between two
flushes either all are stored or none. The journal is never stored: outside a transaction it is
empty (journal_mode TRUNCATE), and no transaction awaits.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from mobile.ports.browser.bridge import Refused
from mobile.ports.browser.page_store import PageStore, Stored
from mobile.ports.browser.pages import changed_pages
from mobile.ports.browser.quota import Quota, trouble

FILE = "phone.db"


class Storage:
    """Use `await Storage.open(folder)`.

    One a worker: two over one folder would overwrite each other.
    """

    def __init__(self, folder: Path, pages: PageStore, stored: Stored) -> None:
        self.file = folder / FILE
        self.pages = pages
        self.quota = Quota()
        self.flushes = 0
        self.written_bytes = 0
        self._turn = asyncio.Lock()
        self._next: asyncio.Task[None] | None = None
        # a file that is stored whole is written page by page at the first flush
        self._stored = stored.data if stored.paged else b""
        self._written = stored.turn

    @classmethod
    async def open(cls, folder: Path) -> Storage:
        """Load what the last run flushed.

        Raises: ProblemError disk.full, disk.broken.
        """
        folder.mkdir(parents=True, exist_ok=True)
        try:
            pages = await PageStore.open(str(folder), str(folder / FILE))
            stored = await pages.load()
        except Refused as error:
            raise trouble(error) from error
        storage = cls(folder, pages, stored)
        if stored.data:
            storage.file.write_bytes(stored.data)
        if stored.journal:  # SQLite rolls back what it began
            storage.file.with_name(f"{FILE}-journal").write_bytes(stored.journal)
        await storage.quota.refresh()
        return storage

    async def flush(self) -> None:
        """Make everything committed before this call durable.

        Callers at the same time share one flush.

        Raises: ProblemError disk.full, disk.broken, phone.in_use (another window wrote meanwhile);
        what was flushed before is whole then.
        """
        if self._next is None:
            self._next = asyncio.ensure_future(self._flush_next())
        await asyncio.shield(self._next)  # a cancelled caller does not stop it for the others

    async def _flush_next(self) -> None:
        async with self._turn:
            self._next = None  # later callers committed later and need the next flush
            now = self.file.read_bytes() if self.file.exists() else b""
            changed = changed_pages(self._stored, now)
            if not changed and len(now) == len(self._stored):
                return
            try:
                await self.pages.write(changed, len(now), self._written)
            except Refused as error:
                raise trouble(error) from error
            self._stored = now
            self._written += 1
            self.flushes += 1
            self.written_bytes += sum(len(page) for page in changed.values())
