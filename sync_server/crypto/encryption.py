"""Boxes for P-256 keys (shared/box.py) on the server's side: opened with the server's key, closed for a phone's point."""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.box import NONCE, Box, context
from shared.wire import b64, unb64
from sync_server.crypto.keys import ReceiptKey


def key_for(keys: ReceiptKey, purpose: bytes, point: bytes) -> bytes:
    """The AES-256 key of something closed for this server by `point`. Raises: ValueError for what is no point."""
    return _derive(keys.agree(point), context(purpose, point, keys.public()))


def decrypt_box(keys: ReceiptKey, purpose: bytes, box: Box) -> bytes:
    """Raises: ValueError when it is not for this server or purpose, or was changed."""
    point = unb64(box.point)
    try:
        return AESGCM(key_for(keys, purpose, point)).decrypt(NONCE, unb64(box.sealed), b"")
    except InvalidTag as error:
        raise ValueError("does not open") from error


def encrypt_box(purpose: bytes, recipient: bytes, data: bytes) -> Box:
    """Close `data` for the holder of `recipient`. Raises: ValueError when that is no point."""
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), recipient)
    private = ec.generate_private_key(ec.SECP256R1())
    form = serialization.PublicFormat.UncompressedPoint
    point = private.public_key().public_bytes(serialization.Encoding.X962, form)
    key = _derive(private.exchange(ec.ECDH(), public), context(purpose, point, recipient))
    return Box(point=b64(point), sealed=b64(AESGCM(key).encrypt(NONCE, data, b"")))


def _derive(material: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(material)
