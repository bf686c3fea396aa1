"""Small single values of the phone: enrolment, chain head, cursor, briefing, settings. All sealed."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

import msgspec
from sqlite_utils import Database

from mobile.ports.api import Flush, Vault, nothing_to_flush
from mobile.store.database import writing
from mobile.store.encrypted_columns import seal, unseal
from shared.digest import GENESIS
from shared.wire import Briefing, Scope, b64

T = TypeVar("T")


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """How this phone reaches its server. `token` is a secret: it never leaves the sealed cell but in a header.

    `ca`: the one root this phone trusts for its server (DER, base64url), "" for the roots everyone trusts.
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


class SyncState(msgspec.Struct, frozen=True, kw_only=True):
    """Where the pull stands. `complete`: count and digest matched the server's at the last head.

    `refreshed_at` is that moment by the phone's clock, `office_at` by the office's ("" from a server that says none).
    """

    cursor: str = ""
    epoch: str = ""
    refreshed_at: str = ""
    complete: bool = False
    last_problem: str = ""
    last_problem_en: str = ""
    last_problem_code: str = ""
    office_at: str = ""


class Meta:
    """Reads and writes single values; what was read once is kept decrypted."""

    def __init__(self, db: Database, vault: Vault, flush: Flush = nothing_to_flush) -> None:
        self._db = db
        self._vault = vault
        self._flush = flush
        self._kept: dict[str, object] = {}

    async def get(self, key: str, shape: type[T]) -> T | None:
        """The value under `key`, or None."""
        if key in self._kept:
            return msgspec.convert(self._kept[key], shape)
        rows = list(self._db.table("meta").rows_where("id = ?", [key]))
        if not rows:
            return None
        value: T = await unseal(self._vault, "meta", key, rows[0]["body"], shape)
        self._kept[key] = value
        return value

    async def put(self, key: str, value: object) -> None:
        """Store a value, durable on return."""
        cell = await self.sealed(key, value)
        with writing(self._db):
            self.write(key, cell)
        self.remember(key, value)
        await self._flush()

    async def sealed(self, key: str, value: object) -> bytes:
        """The cell a value would have, for a caller that writes it inside its own transaction."""
        return await seal(self._vault, "meta", key, value)

    def write(self, key: str, cell: bytes) -> None:
        """Write a cell made by `sealed`; joins the caller's transaction, after which `remember` follows."""
        self._db.table("meta").upsert({"id": key, "body": cell}, pk="id")

    def remember(self, key: str, value: object) -> None:
        """What was written and committed is what is read from now on; never before the commit."""
        self._kept[key] = value

    def erase(self, keys: Collection[str]) -> None:
        """Delete values; joins the caller's transaction, after which `forget` follows."""
        with self._db.atomic():
            for key in keys:
                self._db.table("meta").delete_where("id = ?", [key])

    def forget(self, keys: Collection[str]) -> None:
        """What was erased and committed is no longer known."""
        for key in keys:
            self._kept.pop(key, None)

    def every_key(self) -> list[str]:
        """Every key there is a value under."""
        return [row["id"] for row in self._db.table("meta").rows_where(select="id", order_by="id")]

    async def enrolment(self) -> Enrolment | None:
        return await self.get("enrolment", Enrolment)

    async def chain_head(self) -> ChainHead:
        return await self.get("chain", ChainHead) or ChainHead()

    async def sync_state(self) -> SyncState:
        return await self.get("sync", SyncState) or SyncState()

    async def briefing(self) -> Briefing | None:
        return await self.get("briefing", Briefing)
