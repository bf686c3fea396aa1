"""Several pages of changes in one answer, one a line: a phone far away waits for them once.

Each page is sent as soon as it is made, and in gzip the later ones refer to the text of earlier
ones. An answer ends early rather than late: the phone asks on at the last page's cursor, and what
went wrong meanwhile is then answered as usual.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec
from litestar.response import Stream

from shared import wire
from shared.problems import ProblemError
from sync_server.api.accept_encoding import named

MEDIA_TYPE = "application/x-ndjson"
MOST_PAGES = 20
MOST_BYTES = 2 * 1024 * 1024
"""Unpacked; the page that passes it is the last. A list of 4,000 is 1.3 MB, packed a tenth."""
LEVEL, GZIP_BITS = 5, 31
NextPage = Callable[[str], Awaitable[wire.ChangesPage]]
"""Makes the page after a cursor."""


def answer(page: wire.ChangesPage, tag: str, accepted: str, next_page: NextPage) -> Stream:
    """Return an answer of this page and those that follow.

    Args:
        page: The first one.
        tag: Of the season that the phone has.
        accepted: How it may be packed (Accept-Encoding).
        next_page: Makes the others.
    """
    lines = _lines(page, tag, next_page)
    if "gzip" not in named(accepted):
        return Stream(lines, media_type=MEDIA_TYPE)
    return Stream(_packed(lines), media_type=MEDIA_TYPE, headers={"Content-Encoding": "gzip"})


async def _lines(page: wire.ChangesPage, tag: str, next_page: NextPage) -> AsyncIterator[bytes]:
    """Yield the lines; while a phone reads one no page is held, which is ten times its bytes."""
    line, following, tag = _line(page, tag)
    del page
    yield line
    made_bytes = len(line)
    for _ in range(MOST_PAGES - 1):
        if not following or made_bytes > MOST_BYTES:
            return
        try:
            line, following, tag = _line(await next_page(following), tag)
        except ProblemError:
            return
        yield line
        made_bytes += len(line)


def _line(page: wire.ChangesPage, tag: str) -> tuple[bytes, str, str]:
    """Return a page's line, the cursor of the one that follows or "", and the phone's tag then."""
    lean = wire.lean(msgspec.structs.replace(page, ahead=msgspec.UNSET), tag)
    following = page.next if page.more else ""
    return msgspec.json.encode(lean) + b"\n", following, wire.tag_after(page, tag)


async def _packed(lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Pack each line so that it can be read when it has come."""
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP_BITS)
    async for line in lines:
        packed = packer.compress(line) + packer.flush(zlib.Z_SYNC_FLUSH)
        del line
        yield packed
    yield packer.flush()
