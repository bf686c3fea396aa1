"""The arithmetic of keys with `cryptography`: Android, iOS, desktop, headless."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from mobile.ports.api import Cell

_KEY_BYTES = 32
_CURVE = ec.SECP256R1()
_HASH = hashes.SHA256()


class NativeCrypto:
    """See mobile.ports.api.Crypto."""

    def random(self, size_bytes: int) -> bytes:
        return os.urandom(size_bytes)

    def forget(self) -> None:
        """Do nothing: no key is prepared here."""

    async def stretch(self, secret: bytes, salt: bytes, iterations: int) -> bytes:
        kdf = PBKDF2HMAC(_HASH, _KEY_BYTES, salt, iterations)
        # about a second on a cheap phone: the screen stays responsive
        return await asyncio.to_thread(kdf.derive, secret)

    async def derive(self, material: bytes, salt: bytes, info: bytes) -> bytes:
        return HKDF(_HASH, _KEY_BYTES, salt, info).derive(material)

    async def encrypt(self, key: bytes, nonce: bytes, data: bytes, aad: bytes) -> bytes:
        return AESGCM(key).encrypt(nonce, data, aad)

    async def decrypt(self, key: bytes, nonce: bytes, data: bytes, aad: bytes) -> bytes:
        try:
            return AESGCM(key).decrypt(nonce, data, aad)
        except InvalidTag as error:
            raise ValueError("does not open") from error

    async def decrypt_many(self, key: bytes, cells: Sequence[Cell]) -> list[bytes]:
        cipher = AESGCM(key)
        try:
            return [cipher.decrypt(nonce, data, aad) for nonce, data, aad in cells]
        except InvalidTag as error:
            raise ValueError("does not open") from error

    async def new_private_key(self) -> bytes:
        return ec.generate_private_key(_CURVE).private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    async def public_point(self, private: bytes) -> bytes:
        return (
            _private(private)
            .public_key()
            .public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        )

    async def sign(self, private: bytes, message: bytes) -> bytes:
        r, s = decode_dss_signature(_private(private).sign(message, ec.ECDSA(_HASH)))
        return r.to_bytes(32) + s.to_bytes(32)

    async def verify(self, public: bytes, message: bytes, signature: bytes) -> bool:
        if len(signature) != 64:
            return False
        der = encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
        try:
            ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, public).verify(
                der, message, ec.ECDSA(_HASH)
            )
        except (InvalidSignature, ValueError):
            return False
        return True

    async def agree(self, private: bytes, public: bytes) -> bytes:
        point = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, public)
        return _private(private).exchange(ec.ECDH(), point)


def _private(der: bytes) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_der_private_key(der, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != _CURVE.name:
        raise ValueError("no P-256 key")
    return key
