"""Read a request's body with a timeout: a phone that loses its connection does not close it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from litestar.exceptions import InternalServerException

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
