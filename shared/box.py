"""What both sides agree on about boxes for the office: the data key of a phone (escrow) and a hand-over file.

A box is closed for one P-256 key: an ephemeral key pair, ECDH with the recipient's key, HKDF-SHA256 over the shared
x-coordinate with no salt and the context below, then AES-256-GCM. The context names the purpose and both points, so
a box made for one purpose or one office opens as nothing else. Pure: who holds the keys does the arithmetic.
"""

from __future__ import annotations

import msgspec

ESCROW = b"doorstep/1/escrow"
"""A phone's data key, closed for the office (docs/threat-model.md: said openly, for a forgotten PIN)."""
RECOVERY = b"doorstep/1/recovery"
"""The same key, closed by the office for the phone that asked."""
HANDOVER = b"doorstep/1/handover"
"""Records and photos in one file (docs/protocol.md#without-a-network-the-hand-over-file)."""
POINT_BYTES = 65
"""An uncompressed X9.62 P-256 point."""
NONCE = bytes(12)
"""A box's key closes one thing only, so its nonce may be nothing."""


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """`point`: the ephemeral public key; `sealed`: ciphertext and tag. Both unpadded base64url."""

    point: str
    sealed: str


def escrow_of(device: str) -> bytes:
    """The purpose of one device's escrow: its box, carried to another device's recovery, does not open."""
    return ESCROW + b"|" + device.encode()


def context(purpose: bytes, point: bytes, recipient: bytes) -> bytes:
    """HKDF's info of a box. Raises: ValueError when a point has not 65 bytes."""
    if len(point) != POINT_BYTES or len(recipient) != POINT_BYTES:
        raise ValueError("a P-256 point has 65 bytes")
    return purpose + point + recipient
