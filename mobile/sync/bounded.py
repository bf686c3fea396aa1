"""An answer's bytes, read piece by piece up to a limit: what is longer is never held.

Packed bytes are unpacked here and not by httpx, which would hold all that a small packed answer
becomes. Only gzip is requested: an answer in another coding, or in several, is refused.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Callable, Iterator

import httpx

ACCEPTED = "gzip"
"""What a request says it can read (Accept-Encoding)."""
_GZIP_BITS = 31


class UnfitError(ValueError):
    """Longer than its limit, packed in another way than asked for, or damaged."""


async def body_of(answer: httpx.Response, limit_bytes: int) -> bytes:
    """Return an answer's body, unpacked; nothing beyond the limit is read.

    Args:
        answer: The answer, its body not read yet.
        limit_bytes: The most bytes, packed and unpacked alike.

    Raises:
        UnfitError: The body is longer, or cannot be unpacked.
        httpx.RequestError: The line was cut.

    """
    if answer.is_stream_consumed:  # its transport had the whole of it already
        if len(answer.content) > limit_bytes:
            raise UnfitError("too long")
        return answer.content
    unpack, whole = _unpacking(answer.headers.get("Content-Encoding", ""))
    found, packed_bytes = bytearray(), 0
    async for piece in answer.aiter_raw():
        packed_bytes += len(piece)
        found += unpack(piece, limit_bytes + 1 - len(found))
        if max(len(found), packed_bytes) > limit_bytes:
            raise UnfitError("too long")
    if packed_bytes and not whole():
        raise UnfitError("stops midway")
    return bytes(found)


async def lines_of(answer: httpx.Response, limit_bytes: int) -> AsyncIterator[bytes]:
    """Yield an answer's lines, unpacked, each as soon as it has come; the last may lack its end.

    Args:
        answer: The answer, its body not read yet.
        limit_bytes: The most bytes of a line; of one whose transport had the whole answer already,
            that one's limit holds.

    Raises:
        UnfitError: A line is longer, or cannot be unpacked.
        httpx.RequestError: The line was cut.

    """
    found, packed_bytes = bytearray(), 0
    if answer.is_stream_consumed:  # its transport had the whole of it already
        found += answer.content
        for line in _taken_from(found, 0):
            yield line
    else:
        unpack, whole = _unpacking(answer.headers.get("Content-Encoding", ""))
        async for piece in answer.aiter_raw():
            packed_bytes += len(piece)
            held_bytes = len(found)
            found += unpack(piece, limit_bytes + 1 - held_bytes)
            if len(found) > limit_bytes:
                raise UnfitError("too long")
            for line in _taken_from(found, held_bytes):
                yield line
        if packed_bytes and not whole():
            raise UnfitError("stops midway")
    if found:
        yield bytes(found)


def _taken_from(found: bytearray, searched_bytes: int) -> Iterator[bytes]:
    """Yield the whole lines one by one, however many they are; what is left is without an end."""
    begin, end = 0, found.find(b"\n", searched_bytes)
    while end >= 0:
        yield bytes(found[begin:end])
        begin, end = end + 1, found.find(b"\n", end + 1)
    del found[:begin]


def _unpacking(coding: str) -> tuple[Callable[[bytes, int], bytes], Callable[[], bool]]:
    """How to unpack a piece to at most so many bytes, and whether the end was reached."""
    name = coding.strip().lower()
    if name in ("", "identity"):
        return (lambda piece, _: piece), (lambda: True)
    if name not in ("gzip", "x-gzip"):
        raise UnfitError(f"packed as {name[:40]}")
    stream = zlib.decompressobj(_GZIP_BITS)

    def unpack(piece: bytes, most: int) -> bytes:
        try:
            found = stream.decompress(piece, most)
        except zlib.error as error:
            raise UnfitError("damaged") from error
        if stream.unused_data:
            raise UnfitError("more after its end")
        return found

    return unpack, lambda: stream.eof
