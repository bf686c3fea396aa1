"""What a photo is on the wire: one whole JPEG and nothing else. Pure; nothing is decoded.

The segments are followed from the first byte to the last, as a decoder would, so that no other file
passes for a photo: neither a page nor an archive with a picture before it.
"""

from __future__ import annotations

import re

MAX_SIDE_PX = 16_383
"""A phone sends 1600 px and a strip below; a quarter of what the format can say is never a photo.

Source: docs/sources.md#photo-size.
"""
MAX_PIXELS = 64_000_000
"""What a phone opens at most. Source: docs/sources.md#photo-size."""
_START, _END = b"\xff\xd8", b"\xff\xd9"
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Start-of-frame markers: all of C0 to CF but tables (C4), an extension (C8) and arithmetic
conditioning (CC).
"""
_SCAN, _EOI = 0xDA, 0xD9
_SEGMENTS = frozenset({*range(0xC0, 0xD0), *range(0xDA, 0xFF)}) - {0xC8}
"""Markers that a length follows; of C8 and of those below C0 no meaning is given (ITU-T T.81)."""
_NEXT = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""In a scan, FF is followed by 00 (a byte of the picture), a restart, padding or the marker that
ends it.
"""
_MOST_SEGMENTS = 10_000
"""Steps until a file is taken for something else; a photo has about twelve segments."""


def size_of_whole(data: bytes) -> tuple[int, int]:
    """Return width and height of a JPEG that begins and ends with these bytes.

    Raises:
        ValueError: For anything else, and for a picture no phone makes so large.

    """
    if not data.startswith(_START) or not data.endswith(_END):
        raise ValueError("no JPEG")
    size, scans, at = (0, 0), 0, len(_START)
    for _ in range(_MOST_SEGMENTS):
        if at + 2 > len(data):
            break
        marker = data[at + 1]
        if data[at] != 0xFF:
            raise ValueError("no marker")
        if marker == 0xFF:  # padding
            at += 1
        elif marker == _EOI:
            if at + 2 != len(data) or not scans:
                raise ValueError("more than a picture, or none")
            return size
        else:
            end = _end_of(data, at, marker)
            if marker in _FRAMES:
                size = _size(data, at, end, size)
            if marker == _SCAN:
                if size == (0, 0):
                    raise ValueError("a scan before its frame")
                scans += 1
                end = _end_of_scan(data, end)
            at = end
    raise ValueError("no end")


def _end_of(data: bytes, at: int, marker: int) -> int:
    length = int.from_bytes(data[at + 2 : at + 4])
    if marker not in _SEGMENTS or length < 2 or at + 2 + length > len(data):
        raise ValueError("no segment")
    return at + 2 + length


def _size(data: bytes, at: int, end: int, before: tuple[int, int]) -> tuple[int, int]:
    height, width = (int.from_bytes(data[at + n : at + n + 2]) for n in (5, 7))
    if end - at < 11 or before != (0, 0) or not (width and height):
        raise ValueError("no frame, or two")
    if max(width, height) > MAX_SIDE_PX or width * height > MAX_PIXELS:
        raise ValueError("too large")
    return width, height


def _end_of_scan(data: bytes, at: int) -> int:
    found = _NEXT.search(data, at)
    if found is None:
        raise ValueError("no end of a scan")
    return found.start()
