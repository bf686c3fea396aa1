"""Pages asked for before the one at hand is stored: a slow line is never idle.

The next page's cursor stands on each page; the first page of a long list also names the pages after
that one, as they are at that moment. What was asked for in vain, since the list changed meanwhile,
is called back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from shared.wire import ChangesPage

MOST_AT_ONCE = 4
"""Requests under way: at 1 Mbit/s and 200 ms a page takes as long on the line as a fourth of its
way there and back."""


class Ahead:
    """What follows a page, under way. Use as `async with`.

    Args:
        ask: Asks for the page at a cursor, with the tag of the season on the phone by then.

    """

    def __init__(self, ask: Callable[[str, str], Awaitable[ChangesPage]]) -> None:
        self._ask = ask
        self._named: list[str] = []
        self._under_way: dict[str, asyncio.Future[ChangesPage]] = {}

    async def __aenter__(self) -> Ahead:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._call_back(list(self._under_way))

    async def follow(self, page: ChangesPage, tag: str) -> None:
        """Ask for what follows this page, as far as it is known and not under way."""
        if page.ahead is not msgspec.UNSET:
            self._named = [page.next, *page.ahead]
        known = [page.next] if page.more else []
        if page.more and page.next in self._named:
            known = self._named[self._named.index(page.next) :]
        await self._call_back([cursor for cursor in self._under_way if cursor not in known])
        for cursor in known[:MOST_AT_ONCE]:
            if cursor not in self._under_way:
                self._under_way[cursor] = asyncio.ensure_future(self._ask(cursor, tag))

    async def page(self, cursor: str) -> ChangesPage:
        """Return the page at a cursor that follows the page last given to `follow`."""
        return await self._under_way.pop(cursor)

    async def _call_back(self, cursors: list[str]) -> None:
        gone = [self._under_way.pop(cursor) for cursor in cursors]
        for future in gone:
            future.cancel()
        await asyncio.gather(*gone, return_exceptions=True)
