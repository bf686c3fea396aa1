"""IndexedDB: values by name. Each change is one durable transaction (durability strict).

Photos are stored here one by one, not in the file system of Python's side: that one holds
everything in memory and reads it all at the start.
"""

from __future__ import annotations

from typing import Any

from mobile.ports.browser.bridge import JsError, Refused, fields, heard, js

FILES, PHOTOS, KEYS = "files", "photos", "keys"
_VERSION = 1


class Shelf:
    """One database with three stores. Use `await Shelf.open(name)`. All raise: Refused."""

    def __init__(self, database: Any) -> None:
        self._database = database

    @classmethod
    async def open(cls, name: str) -> Shelf:
        """The database, made on the first start."""
        try:
            request = js.indexedDB.open(name, _VERSION)
        except JsError as error:
            raise Refused(error) from error
        # `upgradeneeded` comes before `success`, and both in time: what waits here is called with
        # each event.
        request.onupgradeneeded = _make_stores
        await heard(request, "success", "error", "blocked")
        return cls(request.result)

    async def get(self, store: str, name: str) -> Any:
        """The value, or None."""
        try:
            request = self._database.transaction(store, "readonly").objectStore(store).get(name)
        except JsError as error:
            raise Refused(error) from error
        await heard(request, "success", "error")
        return request.result

    async def put(self, store: str, name: str, value: Any) -> None:
        """Durable and whole on return, or as before."""
        await self._change(store, lambda records: records.put(value, name))

    async def remove(self, store: str, name: str) -> None:
        """Gone on return; also when there was none."""
        await self._change(store, lambda records: records.delete(name))

    async def _change(self, store: str, change: Any) -> None:
        try:
            transaction = self._database.transaction(
                store, "readwrite", fields(durability="strict")
            )
            change(transaction.objectStore(store))
        except JsError as error:
            raise Refused(error) from error
        await heard(transaction, "complete", "abort")

    def close(self) -> None:
        self._database.close()


def _make_stores(event: Any) -> None:
    database = event.target.result
    for store in (FILES, PHOTOS, KEYS):
        if not database.objectStoreNames.contains(store):
            database.createObjectStore(store)
