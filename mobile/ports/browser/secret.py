"""The device-bound secret in a browser: a key the browser stores and never gives out."""

from __future__ import annotations

from typing import Any

from mobile.ports.browser.bridge import JsError, Refused, crossed, fields, js
from mobile.ports.browser.indexed_db import KEYS, Shelf
from mobile.ports.browser.quota import trouble
from shared.problems import ProblemError

ENTRY = "device-secret"


class WebCryptoSecret:
    """See mobile.ports.api.DeviceSecret. An HMAC key, not extractable, as a record of the shelf."""

    kind = "webcrypto"

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def make(self) -> None:
        how = fields(name="HMAC", hash="SHA-256", length=256)
        await self.keep(await js.crypto.subtle.generateKey(how, False, crossed(["sign"])))

    async def keep(self, key: Any) -> None:
        """Put a CryptoKey in its place. Raises: ProblemError disk.full, disk.broken."""
        try:
            await self._shelf.put(KEYS, ENTRY, key)
        except Refused as error:
            raise trouble(error) from error

    async def mac(self, message: bytes) -> bytes:
        try:
            key = await self._shelf.get(KEYS, ENTRY)
        except Refused as error:
            raise trouble(error) from error
        if key is None:
            raise ProblemError("vault.secret_missing")
        try:
            return bytes((await js.crypto.subtle.sign("HMAC", key, crossed(message))).to_bytes())
        except JsError as error:
            raise ProblemError("vault.secret_missing") from error
