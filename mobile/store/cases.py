"""The cases assigned to this phone, kept decrypted in memory for the list."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
from sqlite_utils import Database

from mobile.ports.api import Flush, Vault, nothing_to_flush
from mobile.store.database import writing
from mobile.store.earlier import EarlierStore
from mobile.store.encrypted_columns import decrypt_column, encrypt
from shared.digest import scope_digest
from shared.wire import CaseState

MOVED = -1
"""Version of a case that left this phone's scope and stays until its unsent work is acknowledged.
"""


class CaseStore:
    """The only writer of `case_file`. The teacher's earlier records of a case go with it."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        flush: Flush = nothing_to_flush,
        earlier: EarlierStore | None = None,
    ) -> None:
        self._db = db
        self._vault = vault
        self._earlier = earlier or EarlierStore(db, vault, flush)
        self._flush = flush
        self._kept: dict[str, CaseState] = {}

    async def load(self) -> None:
        """Decrypt every case once, all in one call."""
        cells = self._db.execute("SELECT id, body FROM case_file").fetchall()
        decoder = msgspec.json.Decoder(CaseState)
        for data in await decrypt_column(self._vault, "case_file", cells):
            state = decoder.decode(data)
            self._kept[state.case.id] = state

    def all(self) -> list[CaseState]:
        """Return every case, moved ones included."""
        return list(self._kept.values())

    def get(self, case_id: str) -> CaseState | None:
        """Return a case, or None."""
        return self._kept.get(case_id)

    async def apply(self, changed: list[CaseState], gone: list[str], unsent: set[str]) -> None:
        """Apply a page of the feed in one transaction.

        A case in `gone` that has `unsent` work stays, marked MOVED.

        Raises:
            ProblemError: disk.full, disk.broken.

        """
        held = [
            msgspec.structs.replace(self._kept[c], version=MOVED)
            for c in gone
            if c in unsent and c in self._kept
        ]
        gone = [c for c in gone if c not in unsent]
        changed = [*changed, *held]
        cells = [await encrypt(self._vault, "case_file", c.case.id, c) for c in changed]
        rows = [
            {"id": c.case.id, "version": c.version, "body": cell}
            for c, cell in zip(changed, cells, strict=True)
        ]
        with writing(self._db):
            self._db.table("case_file").upsert_all(rows, pk="id")
            self.erase(gone)
        self._kept.update({c.case.id: c for c in changed})
        self.forget(gone)
        await self._flush()

    def erase(self, case_ids: Collection[str]) -> None:
        """Delete cases within the caller's transaction; call `forget` after its commit."""
        with self._db.atomic():
            for case_id in case_ids:
                self._db.table("case_file").delete_where("id = ?", [case_id])
            self._earlier.erase(case_ids)

    def forget(self, case_ids: Collection[str]) -> None:
        """Drop deleted cases from memory, after the commit."""
        for case_id in case_ids:
            self._kept.pop(case_id, None)
        self._earlier.forget(case_ids)

    async def drop_moved(self, unsent: set[str]) -> None:
        """Delete moved cases whose work has all been acknowledged."""
        await self.apply([], [c.case.id for c in self._kept.values() if c.version == MOVED], unsent)

    def count(self) -> int:
        """Return how many cases are in this phone's scope, moved ones not counted."""
        return sum(1 for c in self._kept.values() if c.version != MOVED)

    def digest(self) -> str:
        """Return the digest to compare with the server's.

        Equal when the phone has every case of its scope.
        """
        return scope_digest(
            (c.case.id, c.version) for c in self._kept.values() if c.version != MOVED
        )
