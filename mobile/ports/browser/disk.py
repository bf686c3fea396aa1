"""The disk port in a browser: files as records of their own, on the disk when a write returns."""

from __future__ import annotations

from mobile.ports.browser.bridge import Refused, crossed
from mobile.ports.browser.indexed_db import Shelf
from mobile.ports.browser.quota import Quota, trouble


class ShelfDisk:
    """See mobile.ports.api.Disk. One store of the shelf."""

    def __init__(self, shelf: Shelf, store: str, quota: Quota) -> None:
        self._shelf = shelf
        self._store = store
        self._quota = quota

    async def write(self, name: str, data: bytes) -> None:
        try:
            await self._shelf.put(self._store, name, crossed(data))
        except Refused as error:
            raise trouble(error) from error
        await self._quota.refresh()

    async def read(self, name: str) -> bytes | None:
        try:
            found = await self._shelf.get(self._store, name)
        except Refused as error:
            raise trouble(error) from error
        return None if found is None else bytes(found.to_bytes())

    async def remove(self, name: str) -> None:
        try:
            await self._shelf.remove(self._store, name)
        except Refused as error:
            raise trouble(error) from error

    def free_bytes(self) -> int:
        return self._quota.free_bytes

    def quota_bytes(self) -> int:
        return self._quota.quota_bytes

    def promised(self) -> bool | None:
        return self._quota.promised
