"""The phone's stores, opened once and handed to use cases and sync."""

from __future__ import annotations

from pathlib import Path

from mobile.ports.api import Disk, Flush, Vault, nothing_to_flush
from mobile.store.cases import CaseStore
from mobile.store.database import open_database, open_to_read
from mobile.store.drafts import DraftStore
from mobile.store.earlier import EarlierStore
from mobile.store.facts import FactStore
from mobile.store.meta import Meta
from mobile.store.photos import PhotoStore


class Store:
    """The six stores over one database file. Use `Store.open`.

    `flush`: every async method that writes awaits it after its commit. What is written without
    waiting (a receipt) is flushed by the next that does, and is done again after a kill in between.
    """

    def __init__(
        self,
        path: Path,
        vault: Vault,
        disk: Disk,
        journal_mode: str = "WAL",
        flush: Flush = nothing_to_flush,
        *,
        read_only: bool = False,
    ) -> None:
        self.flush = flush
        self.db = (
            open_to_read(path) if read_only else open_database(path, journal_mode=journal_mode)
        )
        self.meta = Meta(self.db, vault, flush)
        self.photos = PhotoStore(self.db, vault, disk, flush)
        self.earlier = EarlierStore(self.db, vault, flush)
        self.facts = FactStore(self.db, vault, self.meta, self.photos, flush, self.earlier)
        self.cases = CaseStore(self.db, vault, flush, self.earlier)
        self.drafts = DraftStore(self.db, vault, flush)

    @classmethod
    async def open(
        cls,
        path: Path,
        vault: Vault,
        disk: Disk,
        journal_mode: str = "WAL",
        flush: Flush = nothing_to_flush,
        *,
        read_only: bool = False,
    ) -> Store:
        """Open, migrate and decrypt; `read_only` what another process writes to.

        Raises:
            ProblemError: vault.cannot_open for another device's file; phone.in_use.

        """
        store = cls(path, vault, disk, journal_mode, flush, read_only=read_only)
        await store.cases.load()
        await store.facts.load()
        await store.earlier.load()
        if not read_only:
            await store.photos.index_sources()
        return store

    def close(self) -> None:
        """Close the database."""
        self.db.close()
