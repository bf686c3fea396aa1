"""A request's body as it arrives, bounded in time: phones lose their line without a word, and TCP does not say so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from litestar.exceptions import InternalServerException

STALL_S = 30.0
"""Seconds without a byte after which a line counts as cut; the upload it held is free again
(docs/protocol.md#photos)."""


class CutError(Exception):
    """The line was cut, or went dead, before the body's end."""


async def chunks(stream: AsyncIterator[bytes], stall_s: float = STALL_S) -> AsyncIterator[bytes]:
    """The body's pieces until its end. Raises: CutError; what came before it was handed out."""
    while True:
        try:
            async with asyncio.timeout(stall_s):
                chunk = await anext(stream)
        except StopAsyncIteration:
            return
        except (TimeoutError, InternalServerException) as error:
            raise CutError from error
        yield chunk
