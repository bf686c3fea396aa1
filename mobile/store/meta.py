"""Small single values of the phone: enrolment, chain head, cursor, briefing, settings.

All encrypted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeVar

import msgspec
from sqlite_utils import Database

from mobile.ports.api import Flush, Vault, nothing_to_flush
from mobile.store.database import writing
from mobile.store.encrypted_columns import decrypt, encrypt
from shared.digest import GENESIS
from shared.wire import Briefing, Scope, b64

T = TypeVar("T")


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """How this phone reaches its server.

    Attributes:
        token: The bearer token, a secret: it leaves the encrypted cell only in a header.
        ca: The one root this phone trusts for its server (DER, base64url); "" for the public roots.

    """

    url: str
    device: str
    token: str
    server_key: str
    scope: Scope
    ca: str = ""


class ChainHead(msgspec.Struct, frozen=True, kw_only=True):
    """The last number and link this device gave out."""

    n: int = 0
    link: str = b64(GENESIS)


class Rewound(msgspec.Struct, frozen=True, kw_only=True):
    """That this phone's chain no longer continues the server's.

    `missing`: the number the server waits for and this phone no longer has; 0 where its data went
    back to an earlier state or was copied.
    """

    missing: int = 0


REWOUND = "rewound"
"""The meta key of `Rewound`; deleted when a new chain begins."""
NEXT_SEASON = "next_season"
"""The meta key that says: the season has changed, and this phone waits for its liaison."""
SIGNING_KEY = "key"
"""The meta key of the point (base64url) the chain is signed with; absent for the first key."""


class ProblemNote(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A problem as the phone keeps it: a code of `shared.problems` and the values of its sentences.

    Attributes:
        code: The problem's code; "" where an old store kept none.
        values: What fills the code's sentences.
        title: The server's own sentence (Chinese), where its values stayed at the server.
        detail: The server's own advice, as `title`.

    """

    code: str = ""
    values: dict[str, int | str] = {}
    title: str = ""
    detail: str = ""


class SyncState(msgspec.Struct, frozen=True, kw_only=True):
    """Where the pull stopped.

    Attributes:
        refreshed_at: When it last reached the end of the feed, by the phone's clock (ISO 8601).
        complete: Whether count and digest matched the server's then.
        problem: Why the last sync failed; None when it did not.
        office_at: The same moment by the office's clock; "" from a server that does not say.
        reads: The `CASE_FIELDS` of the app that pulled; an older app dropped what it did not know.
        own: Whether the teacher's own records came with the cases; a server of 0.1 sends none.

    """

    cursor: str = ""
    epoch: str = ""
    refreshed_at: str = ""
    complete: bool = False
    problem: ProblemNote | None = None
    office_at: str = ""
    reads: int = 0
    own: bool = False


class _StoredSyncState(SyncState, frozen=True, kw_only=True):
    """A sync state as 0.1 stored it, too: with the rendered sentences of its last problem."""

    last_problem: str = ""
    last_problem_code: str = ""

    def current(self) -> SyncState:
        note = self.problem
        if note is None and (self.last_problem or self.last_problem_code):
            note = ProblemNote(code=self.last_problem_code, title=self.last_problem)
        return SyncState(
            cursor=self.cursor,
            epoch=self.epoch,
            refreshed_at=self.refreshed_at,
            complete=self.complete,
            problem=note,
            office_at=self.office_at,
            reads=self.reads,
            own=self.own,
        )


class Meta:
    """Reads and writes single values; what was read once is kept decrypted."""

    def __init__(self, db: Database, vault: Vault, flush: Flush = nothing_to_flush) -> None:
        self._db = db
        self._vault = vault
        self._flush = flush
        self._kept: dict[str, object] = {}

    async def get(self, key: str, shape: type[T]) -> T | None:
        """Return the value under `key`, or None."""
        if key in self._kept:
            return msgspec.convert(self._kept[key], shape)
        rows = list(self._db.table("meta").rows_where("id = ?", [key]))
        if not rows:
            return None
        value: T = await decrypt(self._vault, "meta", key, rows[0]["body"], shape)
        self._kept[key] = value
        return value

    async def put(self, key: str, value: object) -> None:
        """Store a value; durable on return."""
        await self.put_all({key: value})

    async def put_all(self, values: Mapping[str, object]) -> None:
        """Store several values in one transaction; durable on return."""
        cells = {key: await self.encrypted(key, value) for key, value in values.items()}
        with writing(self._db):
            for key, cell in cells.items():
                self.write(key, cell)
        for key, value in values.items():
            self.remember(key, value)
        await self._flush()

    async def encrypted(self, key: str, value: object) -> bytes:
        """Return a value's encrypted cell, for a caller that writes it in its own transaction."""
        return await encrypt(self._vault, "meta", key, value)

    def write(self, key: str, cell: bytes) -> None:
        """Write a cell within the caller's transaction; call `remember` after its commit."""
        self._db.table("meta").upsert({"id": key, "body": cell}, pk="id")

    def remember(self, key: str, value: object) -> None:
        """Keep a committed value in memory; never before the commit."""
        self._kept[key] = value

    def erase(self, keys: Collection[str]) -> None:
        """Delete values within the caller's transaction; call `forget` after its commit."""
        with self._db.atomic():
            for key in keys:
                self._db.table("meta").delete_where("id = ?", [key])

    def forget(self, keys: Collection[str]) -> None:
        """Drop deleted values from memory, after the commit."""
        for key in keys:
            self._kept.pop(key, None)

    def every_key(self) -> list[str]:
        """Return every key that has a value."""
        return [row["id"] for row in self._db.table("meta").rows_where(select="id", order_by="id")]

    async def enrolment(self) -> Enrolment | None:
        """Return the enrolment, or None."""
        return await self.get("enrolment", Enrolment)

    async def chain_head(self) -> ChainHead:
        """Return the head of this device's chain."""
        return await self.get("chain", ChainHead) or ChainHead()

    async def rewound(self) -> Rewound | None:
        """Return that this phone's chain is broken, so that it needs a new key; None while not."""
        return await self.get(REWOUND, Rewound)

    async def waits_for_season(self) -> bool:
        """Return whether a new season has begun in which this phone is not confirmed yet."""
        return await self.get(NEXT_SEASON, bool) or False

    async def key_in_use(self) -> str:
        """Return the point of the key the chain is signed with; "" for the phone's first."""
        return await self.get(SIGNING_KEY, str) or ""

    async def sync_state(self) -> SyncState:
        """Return where the last sync stopped; the form that 0.1 stored is read, too."""
        if "sync" not in self._kept:
            stored = await self.get("sync", _StoredSyncState)
            if stored is not None:
                self.remember("sync", stored.current())
        return await self.get("sync", SyncState) or SyncState()

    async def briefing(self) -> Briefing | None:
        """Return what the office said of this school and season, or None before the first sync."""
        return await self.get("briefing", Briefing)
