"""Sharpness by the definition of the other codec, for a browser.

Grey, at most 800 px, variance of the Laplacian. Pure.

Browsers shrink a picture each in their own way, which moves this measure by half; so it is done
here, with Pillow's own arithmetic (bicubic, fixed point) and its exact result. Without arrays in C,
whole rows are reckoned with as one large integer each, four bytes a pixel: a sum of rows is one
addition, and no pixel ever runs over into its neighbour.
"""

from __future__ import annotations

import math
from collections import Counter
from functools import lru_cache

from mobile.ports.jpeg import JUDGE_PX, is_twice, shrunk

_BITS = 22
"""Of a weight, as Pillow's."""
_LANE_BYTES = 4


def sharpness(rgba: bytes, width: int, height: int) -> float:
    """Variance of the Laplacian of a picture given as four bytes a pixel, row by row."""
    small_width, small_height = shrunk(width, height, JUDGE_PX)
    if min(small_width, small_height) < 3:
        return 0.0
    grey = to_grey(rgba, width)
    if is_twice(width, height):
        grey = halved(grey, width)
    elif (small_width, small_height) != (width, height):
        # columns are rows for the time being
        across = shrink_rows(turned(grey, width), height, small_width)
        grey = shrink_rows(turned(across, height), small_width, small_height)
    return _variance(edges(grey, small_width, small_height))


def to_grey(rgba: bytes, width: int) -> bytes:
    """ITU-R 601-2 luma, one byte a pixel."""
    row_bytes = width * _LANE_BYTES
    low, half = lanes(0xFF, width), lanes(0x8000, width)
    out = bytearray()
    for at in range(0, len(rgba), row_bytes):
        row = int.from_bytes(rgba[at : at + row_bytes], "little")
        grey = (row & low) * 19595 + (row >> 8 & low) * 38470 + (row >> 16 & low) * 7471 + half
        out += grey.to_bytes(row_bytes, "little")[2::_LANE_BYTES]
    return bytes(out)


def halved(grey: bytes, width: int) -> bytes:
    """Each four neighbours become one pixel, their mean; width and height are even."""
    upper = b"".join(grey[at : at + width] for at in range(0, len(grey), 2 * width))
    lower = b"".join(grey[at : at + width] for at in range(width, len(grey), 2 * width))
    pixels = len(grey) // 4
    total = int.from_bytes(b"\x02\0" * pixels, "little")  # rounds
    for quarter in (upper[::2], upper[1::2], lower[::2], lower[1::2]):
        wide = bytearray(2 * pixels)
        wide[::2] = quarter
        total += int.from_bytes(wide, "little")
    # what comes down from the pixel above falls into the byte that is left out
    return (total >> 2).to_bytes(2 * pixels, "little")[::2]


def turned(grey: bytes, width: int) -> bytes:
    """Rows become columns."""
    return b"".join(grey[x::width] for x in range(width))


def shrink_rows(grey: bytes, width: int, rows: int) -> bytes:
    """As many rows as wanted out of those there are, each a weighted sum of its neighbourhood."""
    row_bytes = width * _LANE_BYTES
    wide = bytearray(len(grey) * _LANE_BYTES)
    wide[::_LANE_BYTES] = grey
    given = [
        int.from_bytes(wide[at : at + row_bytes], "little") for at in range(0, len(wide), row_bytes)
    ]
    # rounds, and keeps what is below nothing above it
    base = lanes((1 << _BITS - 1) + (256 << _BITS), width)
    tail = lanes((1 << 32 - _BITS) - 1, width)
    out = bytearray()
    for first, weights in _windows(len(given), rows):
        total = base
        for row, weight in zip(given[first : first + len(weights)], weights, strict=True):
            total += row * weight
        out += _clipped((total >> _BITS & tail).to_bytes(row_bytes, "little"))
    return bytes(out)


def edges(grey: bytes, width: int, height: int) -> Counter[int]:
    """How often each value of the Laplacian occurs, plus 1024, of all pixels but the border."""
    row_bytes = width * 2
    wide = bytearray(len(grey) * 2)
    wide[::2] = grey
    rows = [
        int.from_bytes(wide[at : at + row_bytes], "little") for at in range(0, len(wide), row_bytes)
    ]
    base = int.from_bytes((1024).to_bytes(2, "little") * width, "little")
    found: Counter[int] = Counter()
    for above, row, below in zip(rows, rows[1:], rows[2:], strict=False):
        total = base + above + below + (row << 16) + (row >> 16) - row * 4
        line = (total & (1 << 16 * width) - 1).to_bytes(row_bytes, "little")
        found.update(memoryview(line)[2:-2].cast("H"))
    return found


def _variance(found: Counter[int]) -> float:
    """Pillow keeps 128 plus the Laplacian in a byte: what is beyond it is cut off."""
    number = found.total()
    kept = [(min(255, max(0, value - 1024 + 128)), times) for value, times in found.items()]
    mean = sum(value * times for value, times in kept) / number
    return sum(value * value * times for value, times in kept) / number - mean * mean


def _clipped(line: bytes) -> bytes:
    """Lanes of value + 256, of which a byte is kept."""
    low, high = line[::_LANE_BYTES], line[1::_LANE_BYTES]
    if high.count(1) == len(high):
        return low
    return bytes(a if b == 1 else 0 if b == 0 else 255 for a, b in zip(low, high, strict=True))


def lanes(value: int, width: int) -> int:
    """A row of one value."""
    return int.from_bytes(value.to_bytes(_LANE_BYTES, "little") * width, "little")


@lru_cache(maxsize=8)
def _windows(given: int, wanted: int) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """Return first source row and weights of each wanted row (Pillow: precompute_coeffs)."""
    return tuple(_window(given, wanted, row) for row in range(wanted))


def _window(given: int, wanted: int, row: int) -> tuple[int, tuple[int, ...]]:
    scale = given / wanted
    centre, reach = (row + 0.5) * scale, 2.0 * max(scale, 1.0)
    first = max(0, int(centre - reach + 0.5))
    last = min(given, int(centre + reach + 0.5))
    weights = [_bicubic((x - centre + 0.5) / max(scale, 1.0)) for x in range(first, last)]
    whole = sum(weights)
    return first, tuple(
        math.floor(0.5 + abs(w / whole) * (1 << _BITS)) * (1 if w >= 0 else -1) for w in weights
    )


def _bicubic(x: float) -> float:
    x = abs(x)
    if x < 1:
        return (1.5 * x - 2.5) * x * x + 1
    return ((-0.5 * x + 2.5) * x - 4) * x + 2 if x < 2 else 0.0
