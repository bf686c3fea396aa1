"""Photos: encrypted files named by their hash, and where each stands.

draft (taken, not yet part of a record) -> waiting -> sent (signed receipt held; the copy may go) ->
leaving -> gone (the row and a thumbnail stay, the copy does not). `dropped`: everything goes. What
is leaving or dropped is decided in one transaction; `sweep` removes the files afterwards and
continues after a kill.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

import msgspec
from sqlite_utils import Database

from mobile.ports.api import Disk, Flush, Vault, nothing_to_flush
from mobile.store.database import writing
from mobile.store.encrypted_columns import aad, decrypt_column, encrypt
from shared.problems import ProblemError

State = Literal["draft", "waiting", "sent", "leaving", "gone", "dropped"]
"""Where a photo stands (docs/states.md, "A photo")."""
DRAFT: Final = "draft"
WAITING: Final = "waiting"
SENT: Final = "sent"
LEAVING: Final = "leaving"
GONE: Final = "gone"
DROPPED: Final = "dropped"
SMALL = ".small"
"""What follows a photo's hash in the name of its thumbnail's file."""


class PhotoRow(msgspec.Struct, kw_only=True):
    """One photo. `size_bytes` is the photo's own size, not its encrypted file's.

    `thumbnail_bytes`: of its small picture; 0 where there is none. `sent_ms`: when a sync first
    found it sent; None until then.
    """

    sha256: str
    state: State
    taken_ms: int
    size_bytes: int
    thumbnail_bytes: int = 0
    sent_ms: int | None = None


class PhotoNote(msgspec.Struct, frozen=True, kw_only=True):
    """The encrypted cell of a photo.

    Attributes:
        upload: The path of a started upload.
        source: sha256 of the file as camera or gallery gave it: with another caption strip the same
            picture has another name.

    """

    upload: str = ""
    source: str = ""


class PhotoStore:
    """The only writer of `photo` and its files."""

    def __init__(
        self, db: Database, vault: Vault, disk: Disk, flush: Flush = nothing_to_flush
    ) -> None:
        self._db = db
        self._vault = vault
        self._disk = disk
        self._flush = flush

    async def add(self, sha256: str, data: bytes, taken_ms: int, source: str = "") -> None:
        """Store a photo; durable on return.

        The same photo twice is one photo, also when its copy was deleted meanwhile.

        Raises:
            ProblemError: disk.full, disk.broken.

        """
        before = self.row(sha256)
        if before is not None and before.state in (DRAFT, WAITING, SENT):
            await self._flush()  # the row may be of a first try on a full disk
            return
        await self._disk.write(sha256, await self._vault.encrypt(data, aad("photo", sha256)))
        cell = await encrypt(self._vault, "photo", sha256, PhotoNote(source=source))
        found_by = await self._found_by(source)
        state = SENT if before is not None and before.state in (LEAVING, GONE) else DRAFT
        row = {
            "id": sha256,
            "state": state,
            "taken_ms": taken_ms,
            "size_bytes": len(data),
        }
        with writing(self._db):
            self._db.table("photo").upsert({**row, "body": cell, "source_hash": found_by}, pk="id")
        await self._flush()

    async def read(self, sha256: str) -> bytes:
        """Return a photo's bytes.

        Raises:
            ProblemError: photo.unknown, vault.cannot_open.

        """
        encrypted = await self._disk.read(sha256)
        if encrypted is None:
            raise ProblemError("photo.unknown")
        return await self._vault.decrypt(encrypted, aad("photo", sha256))

    async def add_thumbnail(self, sha256: str, data: bytes) -> None:
        """Store a small picture of a photo, which stays when the photo's copy goes.

        Raises:
            ProblemError: disk.full, disk.broken.

        """
        name = sha256 + SMALL
        await self._disk.write(name, await self._vault.encrypt(data, aad("photo", name)))
        with writing(self._db):
            self._db.table("photo").update(sha256, {"thumbnail_bytes": len(data)})

    async def thumbnail(self, sha256: str) -> bytes:
        """Return a photo's small picture; b"" where there is none."""
        encrypted = await self._disk.read(sha256 + SMALL)
        if encrypted is None:
            return b""
        return await self._vault.decrypt(encrypted, aad("photo", sha256 + SMALL))

    def row(self, sha256: str) -> PhotoRow | None:
        """Return a photo's row, or None."""
        return next(iter(self._rows("id = ?", [sha256])), None)

    def all(self) -> list[PhotoRow]:
        """Every photo whose copy is here or whose receipt is, in the order they were taken."""
        return self._rows("state != ?", [DROPPED])

    def waiting(self) -> list[PhotoRow]:
        """Return the photos that wait for the server."""
        return self._rows("state = ?", [WAITING])

    def _rows(self, where: str, values: list[object]) -> list[PhotoRow]:
        found = self._db.table("photo").rows_where(where, values, order_by="rowid")
        return [
            PhotoRow(
                sha256=r["id"],
                state=r["state"],
                taken_ms=r["taken_ms"],
                size_bytes=r["size_bytes"],
                thumbnail_bytes=r["thumbnail_bytes"] or 0,
                sent_ms=r["sent_ms"],
            )
            for r in found
        ]

    def attach(self, hashes: Iterable[str]) -> None:
        """Mark a saved record's photos as waiting, within the caller's transaction."""
        self._turn(hashes, DRAFT, WAITING)

    def detach(self, hashes: Iterable[str]) -> None:
        """Mark photos of a record taken back as drafts, within the caller's transaction."""
        self._turn(hashes, WAITING, DRAFT)

    def release(self, hashes: Iterable[str]) -> None:
        """Mark copies whose receipt is held for deletion; nothing else changes.

        `sweep` follows the commit.
        """
        with writing(self._db):
            self._turn(hashes, SENT, LEAVING)

    def drop(self, hashes: Iterable[str]) -> None:
        """Mark rows and copies for deletion, within the caller's transaction; `sweep` follows.

        A photo that waits for the server is never dropped, whatever the caller says.
        """
        with self._db.atomic():
            for sha256 in hashes:
                self._db.execute(
                    "UPDATE photo SET state = ?, body = NULL WHERE id = ? AND state != ?",
                    [DROPPED, sha256, WAITING],
                )

    def give_up(self, hashes: Iterable[str]) -> None:
        """Mark waiting photos that nobody can hand in for deletion; `sweep` follows.

        The only way a waiting photo goes (mobile/usecases/replaced_photos.py).
        """
        with writing(self._db):
            for sha256 in hashes:
                self._db.execute(
                    "UPDATE photo SET state = ?, body = NULL WHERE id = ? AND state = ?",
                    [DROPPED, sha256, WAITING],
                )

    def _turn(self, hashes: Iterable[str], before: str, after: str) -> None:
        with self._db.atomic():
            for sha256 in hashes:
                self._db.execute(
                    "UPDATE photo SET state = ? WHERE id = ? AND state = ?", [after, sha256, before]
                )

    async def sweep(self) -> int:
        """Remove the files of what is leaving or dropped.

        The decision is flushed first: no row may claim a file that is gone. Each file goes before
        its row, so a kill in between is repaired by the next sweep.

        Returns:
            How many files went.

        """
        rows = self._rows("state IN (?, ?)", [LEAVING, DROPPED])
        if rows:
            await self._flush()
        for row in rows:
            await self._disk.remove(row.sha256)
            if row.state == DROPPED:
                await self._disk.remove(row.sha256 + SMALL)
            with writing(self._db):
                self._db.execute(
                    "DELETE FROM photo WHERE id = ? AND state = ?", [row.sha256, DROPPED]
                )
                self._turn([row.sha256], LEAVING, GONE)
        if rows:
            await self._flush()
        return len(rows)

    async def upload_of(self, sha256: str) -> str:
        """Return the path of a started upload; "" when none was started."""
        return (await self._note(sha256)).upload

    async def of_source(self, source: str) -> list[str]:
        """Return the photos made of the file with this sha256, whatever their caption says."""
        if not source:
            return []
        found = self._rows(
            "source_hash = ? AND state != ?", [await self._found_by(source), DROPPED]
        )
        return [row.sha256 for row in found]

    async def _found_by(self, source: str) -> bytes:
        """What `source` is looked up by; b"" for none. It shows no more than that two are equal."""
        return await self._vault.keyed_hash("photo.source", source.encode()) if source else b""

    async def index_sources(self) -> None:
        """Fill the column of an earlier version's rows, once; a kill in between begins it again."""
        rows = self._db.execute(
            "SELECT id, body FROM photo WHERE source_hash IS NULL AND body IS NOT NULL"
        ).fetchall()
        notes = [_note(data) for data in await decrypt_column(self._vault, "photo", rows)]
        hashes = [await self._found_by(note.source) for note in notes]
        if rows:
            with writing(self._db):
                for (sha256, _), found_by in zip(rows, hashes, strict=True):
                    self._db.table("photo").update(sha256, {"source_hash": found_by})

    async def _note(self, sha256: str) -> PhotoNote:
        row = next(iter(self._db.table("photo").rows_where("id = ?", [sha256])), None)
        if row is None or not row["body"]:
            return PhotoNote()
        return _note(await self._vault.decrypt(row["body"], aad("photo", sha256)))

    async def started(self, sha256: str, upload: str) -> None:
        """Keep the path of a started upload.

        Not flushed: after a kill the upload begins again, which repeats one photo at most.
        """
        note = msgspec.structs.replace(await self._note(sha256), upload=upload)
        cell = await encrypt(self._vault, "photo", sha256, note)
        with writing(self._db):
            self._db.table("photo").update(sha256, {"body": cell})

    def mark_sent(self, sha256: str) -> None:
        """Mark a photo as sent: its receipt was checked."""
        with writing(self._db):
            self._db.execute("UPDATE photo SET state = ? WHERE id = ?", [SENT, sha256])

    def note_sent(self, hashes: Iterable[str], now_ms: int) -> None:
        """Keep since when photos are known to be sent, where that is not kept yet."""
        with writing(self._db):
            for sha256 in hashes:
                self._db.execute(
                    "UPDATE photo SET sent_ms = ? WHERE id = ? AND state = ? AND sent_ms IS NULL",
                    [now_ms, sha256, SENT],
                )

    def ask_again(self, hashes: Iterable[str]) -> None:
        """Queue photos that were sent before their record, within the caller's transaction.

        The server may have removed them meanwhile, as photos that no record names; it is asked.
        """
        with self._db.atomic():
            for sha256 in hashes:
                self._db.execute(
                    "UPDATE photo SET state = ?, sent_ms = NULL WHERE id = ? AND state = ?",
                    [WAITING, sha256, SENT],
                )

    def queue_again(self) -> None:
        """Queue again every sent photo that still has its copy, after the server was restored.

        An upload's path stays: the restored server either knows it, or says so and a new one is
        started.
        """
        with writing(self._db):
            self._db.execute(
                "UPDATE photo SET state = ?, sent_ms = NULL WHERE state = ?", [WAITING, SENT]
            )


def _note(data: bytes) -> PhotoNote:
    if data.startswith(b'"'):  # before 0.2 the cell was the upload's path alone
        return PhotoNote(upload=msgspec.json.decode(data, type=str))
    return msgspec.json.decode(data, type=PhotoNote)
