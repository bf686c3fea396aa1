"""Encrypt to a phone's P-256 key, and decrypt what was encrypted to the server's.

The format is in shared/box.py.
"""

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
    """Derive the AES-256 key of what the holder of `point` encrypted to this server.

    Args:
        keys: the server's key.
        purpose: what the key is for; another purpose gives another key.
        point: the sender's P-256 point, uncompressed.

    Returns:
        32 bytes.

    Raises:
        ValueError: when `point` is not a point.
    """
    return _derive(keys.agree(point), context(purpose, point, keys.public()))


def decrypt_box(keys: ReceiptKey, purpose: bytes, box: Box) -> bytes:
    """Decrypt what was encrypted to this server.

    Args:
        keys: the server's key.
        purpose: what it was encrypted for.
        box: the sender's point and the encrypted bytes.

    Returns:
        The plain bytes.

    Raises:
        ValueError: when it is for another server or purpose, or was changed.
    """
    point = unb64(box.point)
    try:
        return AESGCM(key_for(keys, purpose, point)).decrypt(NONCE, unb64(box.sealed), b"")
    except InvalidTag as error:
        raise ValueError("cannot be decrypted") from error


def encrypt_box(purpose: bytes, recipient: bytes, data: bytes) -> Box:
    """Encrypt data to the holder of a P-256 key.

    Args:
        purpose: what it is for; decryption must name the same.
        recipient: the recipient's point, uncompressed.
        data: the plain bytes.

    Returns:
        A fresh point and the encrypted bytes.

    Raises:
        ValueError: when `recipient` is not a point.
    """
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), recipient)
    private = ec.generate_private_key(ec.SECP256R1())
    form = serialization.PublicFormat.UncompressedPoint
    point = private.public_key().public_bytes(serialization.Encoding.X962, form)
    key = _derive(private.exchange(ec.ECDH(), public), context(purpose, point, recipient))
    return Box(point=b64(point), sealed=b64(AESGCM(key).encrypt(NONCE, data, b"")))


def _derive(material: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(material)
