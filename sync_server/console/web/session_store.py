"""Where sessions lie: in files of the data folder, or in the database where several serve.

On one machine files it is: they are in no backup, a click costs no commit, and who frees a full
disk can still sign in. Over a shared database any process finds the session of any other.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from litestar.stores.base import Store
from litestar.stores.file import FileStore

from sync_server.services import Services
from sync_server.store import kept

KIND: Final = "session"
LONGEST = timedelta(days=30)
"""For a value without an end; sessions have one."""


class DatabaseStore(Store):
    """Values in the table of what pages keep, under hashes of their keys."""

    __slots__ = ("_services",)

    def __init__(self, services: Services) -> None:
        self._services = services

    async def set(
        self, key: str, value: str | bytes, expires_in: int | timedelta | None = None
    ) -> None:
        """Keep a value in place of an earlier one."""
        data = value.encode() if isinstance(value, str) else value
        lasts = _lasts(expires_in)
        await self._services.write(lambda c: kept.put(c, KIND, key, data, lasts))

    async def get(self, key: str, renew_for: int | timedelta | None = None) -> bytes | None:
        """Return a value that has not ended."""
        found = await self._services.read(lambda c: kept.find(c, KIND, key))
        if found is not None and renew_for:
            await self.set(key, found.body, renew_for)
        return found.body if found is not None else None

    async def delete(self, key: str) -> None:
        """Forget a value."""
        await self._services.write(lambda c: kept.forget(c, KIND, key))

    async def delete_all(self) -> None:
        """Forget every value."""
        await self._services.write(lambda c: kept.forget_all(c, KIND))

    async def delete_expired(self) -> None:
        """Forget what has ended."""
        await self._services.write(kept.forget_over)

    async def exists(self, key: str) -> bool:
        """Whether a value is kept."""
        return await self.get(key) is not None

    async def expires_in(self, key: str) -> int | None:
        """Seconds that are left."""
        found = await self._services.read(lambda c: kept.find(c, KIND, key))
        return int(found.left_s) if found is not None else None


def store_of(services: Services) -> DatabaseStore | FileStore:
    """Return where this server's sessions lie."""
    if services.settings.is_shared:
        return DatabaseStore(services)
    return FileStore(services.settings.path("sessions"))


def _lasts(expires_in: int | timedelta | None) -> timedelta:
    if isinstance(expires_in, timedelta):
        return expires_in
    return timedelta(seconds=expires_in) if expires_in else LONGEST
