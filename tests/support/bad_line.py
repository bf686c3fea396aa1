"""A bad connection between a phone's core and a server: requests are lost, doubled, or arrive much later."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from random import Random

import httpx


class BadLine(httpx.AsyncBaseTransport):
    """The way to a server: down, or with `badness` (0 to 1) of each fault; `faults` counts them."""

    def __init__(self, through: Callable[[], httpx.AsyncBaseTransport], choose: Random) -> None:
        self.up, self.badness = True, 0.0
        self.faults: Counter[str] = Counter()
        self._through, self._choose = through, choose
        self._late: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        if not self.up or self._happens("request lost"):
            raise httpx.ConnectError("no line", request=request)
        if self._happens("request held up"):
            self._late.append(_again(request))
            raise httpx.ReadTimeout("held up", request=request)
        if self._happens("request doubled"):
            await (await self._through().handle_async_request(_again(request))).aread()
        answer = await self._through().handle_async_request(request)
        if self._happens("answer lost"):
            await answer.aclose()
            raise httpx.ReadError("the answer was lost", request=request)
        return answer

    async def deliver_late(self) -> None:
        """Let what was held up arrive after all, in any order; nobody hears the answers."""
        self._choose.shuffle(self._late)
        waiting, self._late = self._late, []
        for request in waiting:
            self.faults["request arrived late"] += 1
            with suppress(httpx.TransportError):
                await (await self._through().handle_async_request(request)).aread()

    def _happens(self, fault: str) -> bool:
        if self._choose.random() >= self.badness:
            return False
        self.faults[fault] += 1
        return True


def _again(request: httpx.Request) -> httpx.Request:
    """The same request, to be sent once more."""
    return httpx.Request(
        request.method, request.url, headers=request.headers, content=request.content
    )
