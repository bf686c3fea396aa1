"""Read a request's body with a timeout: a phone that loses its connection does not close it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from litestar.exceptions import InternalServerException
from litestar.types import Receive

STALL_S = 30.0
"""Seconds without a byte after which a connection counts as cut and its upload is free again.

Source: docs/protocol.md#photos.
"""


class CutError(Exception):
    """The connection was cut, or went silent, before the body's end."""


async def chunks(stream: AsyncIterator[bytes], stall_s: float = STALL_S) -> AsyncIterator[bytes]:
    """Yield the body's chunks until its end.

    Args:
        stream: The body.
        stall_s: Seconds without a byte after which the connection counts as cut.

    Raises:
        CutError: Chunks received before it were yielded.
    """
    while True:
        try:
            async with asyncio.timeout(stall_s):
                chunk = await anext(stream)
        except StopAsyncIteration:
            return
        except (TimeoutError, InternalServerException) as error:
            raise CutError from error
        yield chunk


async def sent(receive: Receive) -> AsyncIterator[bytes]:
    """Yield a body's chunks as the server gives them. Raises: CutError before its end."""
    more = True
    while more:
        message: Any = await receive()
        if message["type"] == "http.disconnect":
            raise CutError
        yield message.get("body", b"")
        more = message.get("more_body", False)


async def whole(
    stream: AsyncIterator[bytes], check: Callable[[int], None], stall_s: float = STALL_S
) -> bytes:
    """Return a body that is kept in memory: as `chunks`, with one timer for most of them.

    Args:
        stream: The body.
        check: Told how many bytes came so far; raises where that is too many.
        stall_s: Seconds without a byte after which the connection counts as cut.

    Raises:
        CutError: It was cut.
    """
    data, clock = bytearray(), asyncio.get_running_loop().time
    try:
        async with asyncio.timeout(stall_s) as silence:
            moved_at = clock()
            async for chunk in stream:
                data += chunk
                check(len(data))
                if clock() - moved_at > stall_s / 30:
                    moved_at = clock()
                    silence.reschedule(moved_at + stall_s)
    except (TimeoutError, InternalServerException) as error:
        raise CutError from error
    return bytes(data)
