"""Photos: sealed files named by their hash, and where each stands.

draft (taken, not yet part of a record) -> waiting -> sent (signed receipt held; the copy may go).
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from sqlite_utils import Database

from mobile.ports.api import Disk, Vault
from mobile.store.database import writing
from mobile.store.sealed import aad, seal, unseal
from shared.problems import ProblemError

DRAFT, WAITING, SENT = "draft", "waiting", "sent"


class PhotoRow(msgspec.Struct, kw_only=True):
    """`size_bytes` is the photo's own, not its sealed file's."""

    sha256: str
    state: str
    taken_ms: int
    size_bytes: int
    sent_bytes: int = 0


class PhotoStore:
    """The only writer of `photo` and its files."""

    def __init__(self, db: Database, vault: Vault, disk: Disk) -> None:
        self._db = db
        self._vault = vault
        self._disk = disk

    async def add(self, sha256: str, data: bytes, taken_ms: int) -> None:
        """Keep a photo; durable on return. The same photo twice is one photo."""
        if self.row(sha256) is not None:
            return
        await self._disk.write(sha256, await self._vault.seal(data, aad("photo", sha256)))
        with writing(self._db):
            self._db.table("photo").insert(
                {"id": sha256, "state": DRAFT, "taken_ms": taken_ms, "size_bytes": len(data), "sent_bytes": 0}
            )

    async def read(self, sha256: str) -> bytes:
        """The photo's bytes. Raises: ProblemError photo.unknown, vault.cannot_open."""
        sealed = await self._disk.read(sha256)
        if sealed is None:
            raise ProblemError("photo.unknown")
        return await self._vault.open(sealed, aad("photo", sha256))

    def row(self, sha256: str) -> PhotoRow | None:
        return next(iter(self._rows("id = ?", [sha256])), None)

    def waiting(self) -> list[PhotoRow]:
        return self._rows("state = ?", [WAITING])

    def _rows(self, where: str, values: list[object]) -> list[PhotoRow]:
        found = self._db.table("photo").rows_where(where, values, order_by="rowid")
        return [
            PhotoRow(
                sha256=r["id"], state=r["state"], taken_ms=r["taken_ms"], size_bytes=r["size_bytes"],
                sent_bytes=r["sent_bytes"] or 0,
            )
            for r in found
        ]  # fmt: skip

    def attach(self, hashes: Iterable[str]) -> None:
        """Photos of a saved record: from now on they are owed to the server. Joins the caller's transaction."""
        self._turn(hashes, DRAFT, WAITING)

    def detach(self, hashes: Iterable[str]) -> None:
        """Photos of a record that was taken back: owed to nobody. Joins the caller's transaction."""
        self._turn(hashes, WAITING, DRAFT)

    def _turn(self, hashes: Iterable[str], before: str, after: str) -> None:
        with self._db.atomic():
            for sha256 in hashes:
                self._db.execute("UPDATE photo SET state = ? WHERE id = ? AND state = ?", [after, sha256, before])

    async def upload_of(self, sha256: str) -> str:
        """Where a started upload goes on ("" when none was)."""
        row = next(iter(self._db.table("photo").rows_where("id = ?", [sha256])), None)
        return "" if row is None or not row["body"] else await unseal(self._vault, "photo", sha256, row["body"], str)

    async def started(self, sha256: str, upload: str) -> None:
        cell = await seal(self._vault, "photo", sha256, upload)
        with writing(self._db):
            self._db.table("photo").update(sha256, {"body": cell})

    def progress(self, sha256: str, sent_bytes: int) -> None:
        with writing(self._db):
            self._db.table("photo").update(sha256, {"sent_bytes": sent_bytes})

    def mark_sent(self, sha256: str) -> None:
        with writing(self._db):
            self._db.execute("UPDATE photo SET state = ?, sent_bytes = size_bytes WHERE id = ?", [SENT, sha256])

    def queue_again(self) -> None:
        """After a restore of the server: ask again for every photo that belongs to a record."""
        with writing(self._db):
            self._db.execute("UPDATE photo SET state = ?, body = NULL WHERE state = ?", [WAITING, SENT])
