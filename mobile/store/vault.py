"""The phone's opened keys.

Encrypts cells and photos with the data key, signs with the device's key.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from mobile.ports.api import Crypto
from shared.problems import ProblemError
from shared.wire import b64

_VERSION = b"\x01"
_NONCE_BYTES = 12


async def encrypt_with(crypto: Crypto, key: bytes, data: bytes, aad: bytes) -> bytes:
    """Encrypt under a key: 1 | nonce | ciphertext and tag."""
    nonce = crypto.random(_NONCE_BYTES)
    return _VERSION + nonce + await crypto.encrypt(key, nonce, data, aad)


async def decrypt_with(crypto: Crypto, key: bytes, encrypted: bytes, aad: bytes) -> bytes:
    """Decrypt what `encrypt_with` encrypted.

    Raises:
        ProblemError: vault.cannot_open.

    """
    nonce, body = encrypted[1 : 1 + _NONCE_BYTES], encrypted[1 + _NONCE_BYTES :]
    try:
        if encrypted[:1] != _VERSION:
            raise ValueError("another version")
        return await crypto.decrypt(key, nonce, body, aad)
    except ValueError as error:
        raise ProblemError("vault.cannot_open", what=aad.decode(errors="replace")) from error


async def decrypt_many_with(
    crypto: Crypto, key: bytes, cells: Sequence[tuple[bytes, bytes]]
) -> list[bytes]:
    """Decrypt many cells, each (encrypted, aad), as `decrypt_with` does one.

    Raises:
        ProblemError: vault.cannot_open, which names the first that does not open.

    """
    if all(encrypted[:1] == _VERSION for encrypted, _ in cells):
        split = [(e[1 : 1 + _NONCE_BYTES], e[1 + _NONCE_BYTES :], aad) for e, aad in cells]
        with suppress(ValueError):  # one of them: it is looked for below
            return await crypto.decrypt_many(key, split)
    return [await decrypt_with(crypto, key, encrypted, aad) for encrypted, aad in cells]


class KeyVault:
    """The keys, made by the keyring once the data key is known; see mobile.ports.api.Vault."""

    def __init__(self, crypto: Crypto, data_key: bytes, private: bytes, public: bytes) -> None:
        self._crypto = crypto
        self._data_key = data_key
        self._private = private
        self._public = public

    def sign_with(self, private: bytes, public: bytes) -> None:
        """Sign with another key from now on; what is encrypted stays under the same data key."""
        self._private, self._public = private, public

    def signs_as(self, public: str) -> bool:
        """Return whether the signing key is the one with this point (base64url)."""
        return b64(self._public) == public

    @property
    def crypto(self) -> Crypto:
        """The key arithmetic underneath."""
        return self._crypto

    async def encrypt(self, data: bytes, aad: bytes) -> bytes:
        """See mobile.ports.api.Vault."""
        return await encrypt_with(self._crypto, self._data_key, data, aad)

    async def decrypt(self, encrypted: bytes, aad: bytes) -> bytes:
        """See mobile.ports.api.Vault."""
        return await decrypt_with(self._crypto, self._data_key, encrypted, aad)

    async def decrypt_many(self, cells: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        """See mobile.ports.api.Vault."""
        return await decrypt_many_with(self._crypto, self._data_key, cells)

    async def keyed_hash(self, purpose: str, data: bytes) -> bytes:
        """See mobile.ports.api.Vault. HKDF is HMAC twice: its info is what is hashed."""
        return await self._crypto.derive(self._data_key, b"", f"{purpose}|".encode() + data)

    async def public_key(self) -> bytes:
        """See mobile.ports.api.Vault."""
        return self._public

    async def sign(self, message: bytes) -> bytes:
        """See mobile.ports.api.Vault."""
        return await self._crypto.sign(self._private, message)

    async def verify(self, public_key: bytes, message: bytes, signature: bytes) -> bool:
        """See mobile.ports.api.Vault."""
        return await self._crypto.verify(public_key, message, signature)

    def random(self, size_bytes: int) -> bytes:
        """See mobile.ports.api.Vault."""
        return self._crypto.random(size_bytes)
