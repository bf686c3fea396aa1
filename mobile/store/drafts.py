"""Unfinished forms. Every keystroke survives the camera, a call, a dead battery: written within 300 ms."""

from __future__ import annotations

import msgspec
from sqlite_utils import Database

from mobile.ports.api import Flush, Vault, nothing_to_flush
from mobile.store.database import writing
from mobile.store.encrypted_columns import seal, unseal


class DraftRow(msgspec.Struct, frozen=True, kw_only=True):
    case: str
    form: str
    fields: dict[str, object]
    saved_ms: int = 0


class DraftStore:
    """One draft a case and form."""

    def __init__(self, db: Database, vault: Vault, flush: Flush = nothing_to_flush) -> None:
        self._db = db
        self._vault = vault
        self._flush = flush

    async def save(self, draft: DraftRow) -> None:
        """Keep a draft; durable on return. Raises: ProblemError disk.full, disk.broken."""
        key = f"{draft.case}:{draft.form}"
        cell = await seal(self._vault, "draft", key, draft)
        with writing(self._db):
            self._db.table("draft").upsert(
                {"id": key, "saved_ms": draft.saved_ms, "body": cell}, pk="id"
            )
        await self._flush()

    async def load(self, case: str, form: str) -> DraftRow | None:
        return next(iter(await self._read("id = ?", [f"{case}:{form}"])), None)

    async def all(self) -> list[DraftRow]:
        return await self._read("1 = 1", [])

    def cases(self) -> set[str]:
        """The cases of all drafts; asks the database alone, so that nothing is written between question and act."""
        return {
            str(row["id"]).rpartition(":")[0]
            for row in self._db.table("draft").rows_where(select="id")
        }

    async def _read(self, where: str, values: list[object]) -> list[DraftRow]:
        rows = list(
            self._db.table("draft").rows_where(where, values, order_by="saved_ms desc, rowid desc")
        )
        return [await unseal(self._vault, "draft", r["id"], r["body"], DraftRow) for r in rows]

    def drop(self, case: str, form: str) -> None:
        with writing(self._db):
            self._db.table("draft").delete_where("id = ?", [f"{case}:{form}"])
