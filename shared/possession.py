"""What a phone signs to prove that it holds a key: at enrolment, and when it takes a new key.

Each message begins with its own words and is longer than a link of the chain (32 bytes), so a
signature of one kind is never taken for one of another.
"""

from __future__ import annotations

import hashlib

_ENROL = b"doorstep/1/enrol"
_RENEW = b"doorstep/1/renew"


def enrolling(code: str, public_key: bytes) -> bytes:
    """Return what the key of an enrolment signs.

    Args:
        code: The one-time code, digits only.
        public_key: The device's P-256 point, uncompressed X9.62 (65 bytes).

    """
    return _ENROL + hashlib.sha256(code.encode() + public_key).digest()


def renewing(device: str, public_key: bytes) -> bytes:
    """Return what both the new key and the one before it sign.

    Args:
        device: The id of the device with the key before.
        public_key: The new P-256 point.

    """
    return _RENEW + hashlib.sha256(device.encode() + public_key).digest()
