"""Boxes encrypted for the office: a phone's data key (escrow) and a hand-over file.

A box is encrypted for one P-256 key: an ephemeral key pair, ECDH with the recipient's key,
HKDF-SHA256 over the shared x-coordinate with no salt and the context below, then AES-256-GCM. The
context names the purpose and both points, so a box made for one purpose or one office cannot be
decrypted as another. Pure: whoever holds the keys does the arithmetic.
"""

from __future__ import annotations

import msgspec

ESCROW = b"doorstep/1/escrow"
"""A phone's data key, encrypted for the office, for a forgotten PIN (docs/threat-model.md names
it).
"""
RECOVERY = b"doorstep/1/recovery"
"""The same key, encrypted by the office for the phone that asked."""
HANDOVER = b"doorstep/1/handover"
"""Records and photos in one file (docs/protocol.md#without-a-network-the-hand-over-file)."""
POINT_BYTES = 65
"""An uncompressed X9.62 P-256 point."""
NONCE = bytes(12)
"""A box's key encrypts one message only, so its nonce may be zero."""


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """An encrypted box.

    Attributes:
        point: The ephemeral public key, unpadded base64url.
        sealed: Ciphertext and tag, unpadded base64url. The wire's name; it has nothing to do with a
            summary's seal.

    """

    point: str
    sealed: str


def escrow_of(device: str) -> bytes:
    """Return the purpose of one device's escrow: its box cannot recover another device."""
    return ESCROW + b"|" + device.encode()


def context(purpose: bytes, point: bytes, recipient: bytes) -> bytes:
    """Return HKDF's info of a box.

    Args:
        purpose: ESCROW, RECOVERY or HANDOVER.
        point: The ephemeral public key (65 bytes).
        recipient: The recipient's public key (65 bytes).

    Raises:
        ValueError: When a point does not have 65 bytes.

    """
    if len(point) != POINT_BYTES or len(recipient) != POINT_BYTES:
        raise ValueError("a P-256 point has 65 bytes")
    return purpose + point + recipient
