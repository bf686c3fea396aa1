"""Decompress gzip request bodies within bounds: 1 MiB, or 100 times the compressed size.

Source: docs/sources.md#bounded-unpacking.
"""

from __future__ import annotations

import zlib

from shared.problems import ProblemError
from shared.wire import MAX_PUSH_BYTES

MAX_RATIO = 100
"""Most times a body may grow when decompressed (docs/sources.md#bounded-unpacking)."""


def inflate(data: bytes, encoding: str, limit: int = MAX_PUSH_BYTES) -> bytes:
    """Return the body as it was before compression.

    Args:
        data: The body as sent.
        encoding: The Content-Encoding header: "", identity or gzip.
        limit: The most bytes of the result.

    Raises:
        ProblemError: request.too_large, request.bad_encoding, request.unreadable.
    """
    if encoding in ("", "identity"):
        if len(data) > limit:
            raise ProblemError("request.too_large", limit=limit)
        return data
    if encoding != "gzip":
        raise ProblemError("request.bad_encoding")
    machine = zlib.decompressobj(wbits=31)
    allowed = min(limit, max(len(data) * MAX_RATIO, 1024))
    try:
        plain = machine.decompress(data, allowed + 1)
    except zlib.error as error:
        raise ProblemError("request.unreadable") from error
    if len(plain) > allowed or machine.unconsumed_tail:
        raise ProblemError("request.too_large", limit=allowed)
    if not machine.eof or machine.unused_data:
        raise ProblemError("request.unreadable")
    return plain
