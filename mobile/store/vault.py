"""The opened vault: seals cells and photos under the data key, signs with the device's key. The same on every device."""

from __future__ import annotations

from mobile.ports.api import Crypto
from shared.problems import ProblemError

_VERSION = b"\x01"
_NONCE_BYTES = 12


async def seal_with(crypto: Crypto, key: bytes, data: bytes, aad: bytes) -> bytes:
    """Seal under a key: 1 | nonce | ciphertext and tag."""
    nonce = crypto.random(_NONCE_BYTES)
    return _VERSION + nonce + await crypto.encrypt(key, nonce, data, aad)


async def open_with(crypto: Crypto, key: bytes, sealed: bytes, aad: bytes) -> bytes:
    """Open what `seal_with` sealed. Raises: ProblemError vault.cannot_open."""
    nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    try:
        if sealed[:1] != _VERSION:
            raise ValueError("another version")
        return await crypto.decrypt(key, nonce, body, aad)
    except ValueError as error:
        raise ProblemError("vault.cannot_open", what=aad.decode(errors="replace")) from error


class KeyVault:
    """Made by the keyring once the data key is known; see mobile.ports.api.Vault."""

    def __init__(self, crypto: Crypto, data_key: bytes, private: bytes, public: bytes) -> None:
        self._crypto = crypto
        self._data_key = data_key
        self._private = private
        self._public = public

    @property
    def crypto(self) -> Crypto:
        return self._crypto

    async def seal(self, data: bytes, aad: bytes) -> bytes:
        return await seal_with(self._crypto, self._data_key, data, aad)

    async def open(self, sealed: bytes, aad: bytes) -> bytes:
        return await open_with(self._crypto, self._data_key, sealed, aad)

    async def public_key(self) -> bytes:
        return self._public

    async def sign(self, message: bytes) -> bytes:
        return await self._crypto.sign(self._private, message)

    async def verify(self, public_key: bytes, message: bytes, signature: bytes) -> bool:
        return await self._crypto.verify(public_key, message, signature)

    def random(self, size_bytes: int) -> bytes:
        return self._crypto.random(size_bytes)
