"""The arithmetic of keys with WebCrypto, which every phone's browser has had for years.

Nothing is written by ourselves (docs/sources.md#pyodide-limits). An imported key is kept for the
next call, found by a hash of its bytes: importing costs more than deciphering a cell.
"""

from __future__ import annotations

import hashlib
import os
from array import array
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from mobile.ports.api import Cell
from mobile.ports.browser.bridge import JsError, crossed, fields, js, script
from shared.box import POINT_BYTES as _POINT_BYTES
from shared.wire import unb64

_SHA256 = "SHA-256"
_P256 = "P-256"
_KEPT = 8
"""Imported keys kept: the data key, the signing key, the server's, and some of passage."""

_TAG_BYTES = 16
_DECRYPT_ALL = """
async (subtle, key, whole, sizes) => {
  const waiting = [];
  let at = 0;
  const next = (size) => whole.subarray(at, at += size);
  for (let n = 0; n < sizes.length; n += 3) {
    const iv = next(sizes[n]), data = next(sizes[n + 1]), additionalData = next(sizes[n + 2]);
    waiting.push(subtle.decrypt({ name: "AES-GCM", iv, additionalData }, key, data));
  }
  const opened = await Promise.all(waiting);
  const joined = new Uint8Array(opened.reduce((size, one) => size + one.byteLength, 0));
  let to = 0;
  for (const one of opened) { joined.set(new Uint8Array(one), to); to += one.byteLength; }
  return joined;
}
"""
"""All cells in one crossing: a promise awaited in Python costs five times what deciphering does."""


class WebCrypto:
    """See mobile.ports.api.Crypto."""

    def __init__(self) -> None:
        self._subtle = js.crypto.subtle
        self._kept: dict[tuple[str, bytes], Any] = {}
        self._decrypt_all = script(_DECRYPT_ALL)

    def random(self, size_bytes: int) -> bytes:
        return os.urandom(size_bytes)  # getRandomValues underneath

    def forget(self) -> None:
        self._kept.clear()

    async def stretch(self, secret: bytes, salt: bytes, iterations: int) -> bytes:
        how = fields(name="PBKDF2", hash=_SHA256, salt=salt, iterations=iterations)
        return await self._bits(how, await self._raw(secret, "PBKDF2", "deriveBits"))

    async def derive(self, material: bytes, salt: bytes, info: bytes) -> bytes:
        how = fields(name="HKDF", hash=_SHA256, salt=salt, info=info)
        return await self._bits(how, await self._raw(material, "HKDF", "deriveBits"))

    async def encrypt(self, key: bytes, nonce: bytes, data: bytes, aad: bytes) -> bytes:
        imported = await self._aes(key)
        return _bytes(await self._subtle.encrypt(_gcm(nonce, aad), imported, crossed(data)))

    async def decrypt(self, key: bytes, nonce: bytes, data: bytes, aad: bytes) -> bytes:
        try:
            imported = await self._aes(key)
            return _bytes(await self._subtle.decrypt(_gcm(nonce, aad), imported, crossed(data)))
        except JsError as error:
            raise ValueError("does not open") from error

    async def decrypt_many(self, key: bytes, cells: Sequence[Cell]) -> list[bytes]:
        if not cells:
            return []
        imported = await self._aes(key)
        sizes = array("I", (len(part) for cell in cells for part in cell))
        whole = b"".join(part for cell in cells for part in cell)
        try:
            opened = _bytes(
                await self._decrypt_all(self._subtle, imported, crossed(whole), crossed(sizes))
            )
        except JsError as error:
            raise ValueError("does not open") from error
        found, at = [], 0
        for _, data, _ in cells:
            found.append(opened[at : at + len(data) - _TAG_BYTES])
            at += len(data) - _TAG_BYTES
        return found

    async def new_private_key(self) -> bytes:
        pair = await self._subtle.generateKey(_curve("ECDSA"), True, crossed(["sign", "verify"]))
        return _bytes(await self._subtle.exportKey("pkcs8", pair.privateKey))

    async def public_point(self, private: bytes) -> bytes:
        key = await self._private(private, "ECDSA", "sign", extractable=True)
        found = await self._subtle.exportKey("jwk", key)
        return b"\x04" + unb64(str(found.x)) + unb64(str(found.y))

    async def sign(self, private: bytes, message: bytes) -> bytes:
        key = await self._kept_key("sign", private, lambda: self._private(private, "ECDSA", "sign"))
        return _bytes(await self._subtle.sign(_es256(), key, crossed(message)))

    async def verify(self, public: bytes, message: bytes, signature: bytes) -> bool:
        try:
            key = await self._kept_key(
                "verify", public, lambda: self._point(public, "ECDSA", "verify")
            )
        except ValueError:
            return False
        return bool(await self._subtle.verify(_es256(), key, crossed(signature), crossed(message)))

    async def agree(self, private: bytes, public: bytes) -> bytes:
        point = await self._point(public, "ECDH")
        return await self._bits(
            fields(name="ECDH", public=point), await self._private(private, "ECDH", "deriveBits")
        )

    async def _bits(self, how: Any, key: Any) -> bytes:
        return _bytes(await self._subtle.deriveBits(how, key, 256))

    async def _raw(self, data: bytes, name: str, *uses: str) -> Any:
        return await self._subtle.importKey("raw", crossed(data), name, False, crossed(list(uses)))

    async def _aes(self, key: bytes) -> Any:
        return await self._kept_key(
            "aes", key, lambda: self._raw(key, "AES-GCM", "encrypt", "decrypt")
        )

    async def _private(self, data: bytes, name: str, use: str, *, extractable: bool = False) -> Any:
        return await self._import("pkcs8", data, name, use, extractable=extractable)

    async def _point(self, data: bytes, name: str, *uses: str) -> Any:
        if len(data) != _POINT_BYTES:
            # some browsers also take compressed ones, the protocol does not
            raise ValueError("no P-256 point")
        return await self._import("raw", data, name, *uses)

    async def _import(
        self, form: str, data: bytes, name: str, *uses: str, extractable: bool = False
    ) -> Any:
        try:
            return await self._subtle.importKey(
                form, crossed(data), _curve(name), extractable, crossed(list(uses))
            )
        except JsError as error:
            raise ValueError("no P-256 key") from error

    async def _kept_key(self, use: str, data: bytes, imported: Callable[[], Awaitable[Any]]) -> Any:
        name = (use, hashlib.sha256(data).digest())
        if name not in self._kept:
            key = await imported()
            while len(self._kept) >= _KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[name] = key
        return self._kept[name]


def _gcm(nonce: bytes, aad: bytes) -> Any:
    return fields(name="AES-GCM", iv=nonce, additionalData=aad)


def _curve(name: str) -> Any:
    return fields(name=name, namedCurve=_P256)


def _es256() -> Any:
    return fields(name="ECDSA", hash=_SHA256)


def _bytes(buffer: Any) -> bytes:
    return bytes(buffer.to_bytes())
