"""The pages of the feed from a cursor on, one after the other.

A list from its start comes as several pages in one answer. Where that is cut or damaged, and
everywhere else, pages are asked for one by one, some ahead (ahead.py): a bad line then repeats a
page and no more.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import suppress

import msgspec

from mobile.sync.ahead import Ahead
from mobile.sync.client import Server
from mobile.sync.schedule import Retry
from shared.problems import ProblemError
from shared.wire import ChangesPage


class Pages:
    """What one pull reads. Use as `async with`.

    Args:
        server: The server.
        retry: How to repeat a failed request.
        held_from: The lowest number of its chain that the phone holds.

    """

    def __init__(self, server: Server, retry: Retry, held_from: int) -> None:
        self._server, self._retry, self._held_from = server, retry, held_from
        self._coming: AsyncGenerator[ChangesPage] | None = None
        self._many = False
        self._came = 0
        self._ahead = Ahead(self._one)

    async def __aenter__(self) -> Pages:
        await self._ahead.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._end()
        await self._ahead.__aexit__(*error)

    async def first(self, cursor: str, tag: str) -> ChangesPage:
        """Return the page at the cursor where the pull begins.

        Args:
            cursor: "" for the list from its start.
            tag: Of the season on the phone.

        """
        self._many = cursor == ""
        return await self._retry(self._begin, cursor, tag)

    async def follow(self, page: ChangesPage, tag: str) -> None:
        """Ask for what follows a page before that is stored, unless it is on its way already."""
        if self._many and page.ahead is not msgspec.UNSET:  # a server of before: one page an answer
            self._many = False
            await self._end()
        if not self._many:
            await self._ahead.follow(page, tag)
        elif not page.more:
            await self._read_end()

    async def after(self, page: ChangesPage, tag: str) -> ChangesPage:
        """Return the page that follows the one last given to `follow`."""
        if not self._many:
            return await self._ahead.page(page.next)
        if self._coming is not None:
            try:
                self._came += 1
                return await anext(self._coming)
            except StopAsyncIteration:
                self._coming = None
                self._many = self._came > 1
            except ProblemError as problem:
                # cut, or cut short by a middlebox that calls it the end: smaller answers may come
                if problem.code not in ("net.unreachable", "net.bad_answer"):
                    raise
                self._many = False
                await self._end()
        return await self._retry(self._begin, page.next, tag)

    async def _begin(self, cursor: str, tag: str) -> ChangesPage:
        """Ask for several pages, once; where that failed, for one."""
        if not self._many:
            return await self._server.changes(cursor, self._held_from, tag)
        self._many = False
        self._coming = coming = self._server.pages(cursor, self._held_from, tag)
        page = await anext(coming, None)
        if page is None:  # not our server: it gives one page at least
            raise ProblemError("net.bad_answer")
        self._many, self._came = True, 0
        return page

    async def _one(self, cursor: str, tag: str) -> ChangesPage:
        return await self._retry(self._server.changes, cursor, self._held_from, tag)

    async def _read_end(self) -> None:
        """Read what is left after the last page, its packing's end: the line is used again then."""
        if self._coming is not None:
            with suppress(ProblemError):
                await anext(self._coming, None)
            await self._end()

    async def _end(self) -> None:
        if self._coming is not None:
            coming, self._coming = self._coming, None
            await coming.aclose()
