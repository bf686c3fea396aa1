"""What a JPEG says of itself before anything decodes it, and the size it is fitted to. Pure.

The same rules as Pillow's, so that one photo has one size on every device: halved while it decodes
as long as it stays large enough, then shrunk keeping its proportions.
"""

from __future__ import annotations

import math
from collections.abc import Callable

LONGEST_SIDE_PX = 1600
JUDGE_PX = 800
"""The longest side at which sharpness is measured."""
_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Start-of-frame markers: all of C0 to CF but tables (C4), an extension (C8) and arithmetic
conditioning (CC).
"""
_SCAN = 0xDA
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
"""Markers without a length."""
_BESIDES = frozenset({*range(0xE1, 0xEE), 0xEF, 0xFE})
"""Application segments but JFIF's (E0) and the one that says how colours are stored (EE), and
comments.
"""


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height in pixels, as stored. Raises: ValueError for an incomplete JPEG."""
    if data[:3] != b"\xff\xd8\xff":
        raise ValueError("no JPEG")
    size, at = (0, 0), 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # padding
            at += 1
        elif marker in _ALONE:
            at += 2
        elif marker == _SCAN:
            # in a scan FF is always followed by 00 or a restart
            if not all(size) or data.find(b"\xff\xd9", at) < 0:
                break
            return size
        else:
            if marker in _SIZES:
                size = (
                    int.from_bytes(data[at + 7 : at + 9]),
                    int.from_bytes(data[at + 5 : at + 7]),
                )
            at += 2 + int.from_bytes(data[at + 2 : at + 4])
    raise ValueError("no whole JPEG")


def bare(jpeg: bytes) -> bytes:
    """Return a canvas's JPEG without colour profile (it is sRGB), comments and EXIF."""
    out, at = bytearray(jpeg[:2]), 2
    while jpeg[at + 1] != _SCAN:
        end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4])
        if jpeg[at + 1] not in _BESIDES:
            out += jpeg[at:end]
        at = end
    return bytes(out + jpeg[at:])


def fitted(width: int, height: int) -> tuple[int, int]:
    """The size at most 1600 px long, for a picture of this stored size."""
    scale = min(1.0, LONGEST_SIDE_PX / max(width, height))
    wanted = max(1, round(width * scale)), max(1, round(height * scale))
    ratio = min(width // wanted[0], height // wanted[1])
    part = next(s for s in (8, 4, 2, 1) if ratio >= s)
    return shrunk(-(-width // part), -(-height // part), LONGEST_SIDE_PX)


def shrunk(width: int, height: int, longest_px: int) -> tuple[int, int]:
    """At most `longest_px` long, its proportions as near as whole pixels allow."""
    if max(width, height) <= longest_px:
        return width, height
    aspect = width / height
    if aspect <= 1:
        return _nearest(longest_px * aspect, lambda x: abs(aspect - x / longest_px)), longest_px
    return longest_px, _nearest(
        longest_px / aspect, lambda y: abs(aspect - longest_px / y) if y else 0.0
    )


def is_twice(width: int, height: int) -> bool:
    """Whether a picture is just twice as large as it is judged: a camera's photo, fitted."""
    return max(width, height) == 2 * JUDGE_PX and width % 2 == height % 2 == 0


def _nearest(number: float, off: Callable[[int], float]) -> int:
    return max(min(math.floor(number), math.ceil(number), key=off), 1)
