"""Unfinished forms. What was typed up to 300 ms ago survives the camera or a dead battery."""

from __future__ import annotations

import msgspec
from sqlite_utils import Database

from mobile.ports.api import Flush, Vault, nothing_to_flush
from mobile.store.database import writing
from mobile.store.encrypted_columns import decrypt, encrypt


class DraftRow(msgspec.Struct, frozen=True, kw_only=True):
    """One unfinished form."""

    case: str
    form: str
    fields: dict[str, object]
    saved_ms: int = 0


class DraftStore:
    """The only writer of `draft`: one draft for each case and form."""

    def __init__(self, db: Database, vault: Vault, flush: Flush = nothing_to_flush) -> None:
        self._db = db
        self._vault = vault
        self._flush = flush

    async def save(self, draft: DraftRow) -> None:
        """Store a draft; durable on return.

        Raises:
            ProblemError: disk.full, disk.broken.

        """
        key = f"{draft.case}:{draft.form}"
        cell = await encrypt(self._vault, "draft", key, draft)
        with writing(self._db):
            self._db.table("draft").upsert(
                {"id": key, "saved_ms": draft.saved_ms, "body": cell}, pk="id"
            )
        await self._flush()

    async def load(self, case: str, form: str) -> DraftRow | None:
        """Return a case's draft of a form, or None."""
        return next(iter(await self._read("id = ?", [f"{case}:{form}"])), None)

    async def all(self) -> list[DraftRow]:
        """Return every draft, the newest first."""
        return await self._read("1 = 1", [])

    def cases(self) -> set[str]:
        """Return the cases of all drafts, without awaiting.

        Nothing is written between question and act.
        """
        return {
            str(row["id"]).rpartition(":")[0]
            for row in self._db.table("draft").rows_where(select="id")
        }

    async def _read(self, where: str, values: list[object]) -> list[DraftRow]:
        rows = list(
            self._db.table("draft").rows_where(where, values, order_by="saved_ms desc, rowid desc")
        )
        return [await decrypt(self._vault, "draft", r["id"], r["body"], DraftRow) for r in rows]

    def drop(self, case: str, form: str) -> None:
        """Delete a draft."""
        with writing(self._db):
            self._db.table("draft").delete_where("id = ?", [f"{case}:{form}"])


def take(db: Database, case: str, form: str) -> dict[str, object] | None:
    """Delete a draft within the caller's transaction; return its row, to put it back."""
    row = next(iter(db.table("draft").rows_where("id = ?", [f"{case}:{form}"])), None)
    if row is not None:
        db.table("draft").delete(row["id"])
    return row


def put_back(db: Database, row: dict[str, object] | None) -> None:
    """Write a row that `take` returned, within the caller's transaction."""
    if row is not None:
        db.table("draft").upsert(row, pk="id")
