"""The native vault: AES-256-GCM under a data key, P-256 for the device's signature, both in one key file.

Key file (JSON): `format` 1, `wraps` - ways to the data key. Now one, `device`: the key as it is, in a file only the
app may read. A PIN wrap joins the list later without touching a sealed cell (ADR 0006).
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.problems import ProblemError
from shared.wire import b64, unb64

_VERSION = b"\x01"
_NONCE_BYTES = 12


class _Wrap(msgspec.Struct):
    kind: str
    key: str


class _KeyFile(msgspec.Struct):
    format: int
    wraps: list[_Wrap]
    signing: str


class NativeVault:
    """Opens the key file in `directory`, or makes it on first start."""

    def __init__(self, directory: Path) -> None:
        path = directory / "keys.json"
        if not path.exists():
            _create(path)
        keys = msgspec.json.decode(path.read_bytes(), type=_KeyFile)
        device = next(w for w in keys.wraps if w.kind == "device")
        self._aead = AESGCM(unb64(device.key))
        self._private = ec.derive_private_key(int.from_bytes(unb64(keys.signing)), ec.SECP256R1())

    async def seal(self, data: bytes, aad: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + self._aead.encrypt(nonce, data, aad)

    async def open(self, sealed: bytes, aad: bytes) -> bytes:
        nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return self._aead.decrypt(nonce, body, aad)
        except (InvalidTag, ValueError) as error:
            raise ProblemError("vault.cannot_open", what=aad.decode(errors="replace")) from error

    async def public_key(self) -> bytes:
        return self._private.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )

    async def sign(self, message: bytes) -> bytes:
        r, s = decode_dss_signature(self._private.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)

    async def verify(self, public_key: bytes, message: bytes, signature: bytes) -> bool:
        if len(signature) != 64:
            return False
        der = encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
        try:
            key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
            key.verify(der, message, ec.ECDSA(hashes.SHA256()))
        except (InvalidSignature, ValueError):
            return False
        return True

    def random(self, size_bytes: int) -> bytes:
        return os.urandom(size_bytes)


def _create(path: Path) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    keys = _KeyFile(
        format=1,
        wraps=[_Wrap("device", b64(AESGCM.generate_key(256)))],
        signing=b64(private.private_numbers().private_value.to_bytes(32)),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(keys))
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
