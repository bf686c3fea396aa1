"""Photos of any size and content that are whole JPEGs, made without a codec."""

from __future__ import annotations

import os

_HEAD = bytes.fromhex(
    "ffd8"
    "ffe000104a46494600010100000100010000"  # JFIF
    "ffc0000b080010001001011100"  # a frame of 16 x 16, grey
    "ffda0008010100003f00"  # a scan
)
_END = bytes.fromhex("ffd9")
SMALLEST_BYTES = len(_HEAD) + len(_END)


def jpeg(words: bytes) -> bytes:
    """A whole JPEG whose picture is these bytes; other words, another photo."""
    return _HEAD + words.replace(b"\xff", b"\xff\x00") + _END


def random_jpeg(size_bytes: int) -> bytes:
    """A whole JPEG of exactly this size that no other photo is like."""
    words = os.urandom(size_bytes - SMALLEST_BYTES).replace(b"\xff", b"\xfe")
    return jpeg(words)
