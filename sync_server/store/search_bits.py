"""Sets of numbers as they are kept: a few as a list, many as a bit each.

A set is of the cases of one block, whose numbers run from 0 to `BLOCK` - 1. In memory a set of
every block is one integer, so that two are joined or intersected in one step.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

BLOCK = 8192
"""Cases of one block: a set of them takes at most 1 KiB and a byte."""
_LIST, _BITS = b"l", b"b"
_BYTES = BLOCK // 8


def packed(numbers: Iterable[int]) -> bytes:
    """Return a set as it is kept; b"" for none."""
    ordered = sorted(numbers)
    if not ordered:
        return b""
    if len(ordered) * 2 < ordered[-1] // 8 + 1:
        return _LIST + struct.pack(f"<{len(ordered)}H", *ordered)
    bits = bytearray(ordered[-1] // 8 + 1)
    for number in ordered:
        bits[number >> 3] |= 1 << (number & 7)
    return _BITS + bytes(bits)


def unpacked(data: bytes) -> set[int]:
    """Return a kept set."""
    if data[:1] == _LIST:
        return set(_listed(data))
    return set(members(int.from_bytes(data[1:], "little")))


def has(data: bytes, number: int) -> bool:
    """Return whether a number is in a kept set."""
    if data[:1] == _LIST:
        return number in _listed(data)
    at = 1 + (number >> 3)
    return at < len(data) and bool(data[at] >> (number & 7) & 1)


def changed(data: bytes, more: Iterable[int], less: Iterable[int]) -> bytes:
    """Return a kept set, or b"", with some numbers more and others less; b"" for none."""
    if data[:1] != _BITS:
        return packed((unpacked(data) - set(less)) | set(more))
    bits = int.from_bytes(data[1:], "little")
    bits = (bits & ~of(less)) | of(more)
    size = -(-bits.bit_length() // 8)
    if bits.bit_count() * 2 < size or not bits:
        return packed(members(bits))
    return _BITS + bits.to_bytes(size, "little")


def joined(blocks: Iterable[tuple[int, bytes]]) -> int:
    """Return kept sets, each with the number of its block, as one set of every block."""
    made = bytearray()
    for block, data in blocks:
        start = block * _BYTES
        if len(made) < start + _BYTES:
            made.extend(bytes(start + _BYTES - len(made)))
        if data[:1] == _LIST:
            for number in _listed(data):
                made[start + (number >> 3)] |= 1 << (number & 7)
        else:
            made[start : start + len(data) - 1] = data[1:]
    return int.from_bytes(made, "little")


def members(bits: int) -> Iterator[int]:
    """Yield the numbers of a set, the lowest first."""
    for at, byte in enumerate(bits.to_bytes(-(-bits.bit_length() // 8), "little")):
        while byte:
            low = byte & -byte
            yield at * 8 + low.bit_length() - 1
            byte ^= low


def of(numbers: Iterable[int]) -> int:
    """Return numbers of every block as a set."""
    found = list(numbers)
    bits = bytearray(max(found, default=-1) // 8 + 1)
    for number in found:
        bits[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(bits, "little")


def _listed(data: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(data) // 2}H", data[1:])
