"""A phone's way to the proxy: real sockets, and what is on its way right now is seen."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import Counter, deque

import httpx

PUSHES, UPLOADS, OTHERS = "pushes", "uploads", "others"


def kind_of(method: str, path: str) -> str:
    """What a request is about."""
    if path.startswith("/v1/facts") and method == "POST" and not path.endswith("held"):
        return PUSHES
    if path.startswith("/v1/uploads") and method in ("POST", "PATCH"):
        return UPLOADS
    return OTHERS


SERVER = "X-Test-Server"
"""A request with it goes to the server it names (proxy.py), so that the one that dies has it."""
KEPT = 200


class Traffic:
    """All phones' requests: who waits for one of a kind is told when it is on its way."""

    def __init__(self) -> None:
        self.sent: Counter[str] = Counter()
        self.took_s: dict[str, deque[float]] = {}
        """How long the last of each kind took that got through."""
        self.failed: Counter[str] = Counter()
        """Answers of a gateway and cut lines, by kind."""
        self.said: Counter[str] = Counter()
        """Every answer that is no success, by status."""
        self._waiting: dict[str, tuple[str, asyncio.Future[None]]] = {}

    def on_its_way(self, kind: str) -> str:
        """Note a request; the server that it is to go to, "" for any."""
        self.sent[kind] += 1
        server, future = self._waiting.pop(kind, ("", None))
        if future is not None and not future.done():
            future.set_result(None)
        return server

    def through(self, kind: str, seconds: float) -> None:
        self.took_s.setdefault(kind, deque(maxlen=KEPT)).append(seconds)

    async def next_of(self, kind: str, server: str) -> float:
        """Return when the next request of a kind is sent, to a server; how long one takes, about."""
        future = asyncio.get_running_loop().create_future()
        self._waiting[kind] = (server, future)
        await asyncio.wait_for(future, 120)
        return statistics.median(self.took_s.get(kind) or [0.05])


class Line(httpx.AsyncBaseTransport):
    """One phone's transport; a sync that ends closes it, the next one opens it again."""

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic
        self._inner: httpx.AsyncHTTPTransport | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._inner is None:
            self._inner = httpx.AsyncHTTPTransport(trust_env=False)
        kind = kind_of(request.method, request.url.path)
        if server := self._traffic.on_its_way(kind):
            request.headers[SERVER] = server
        begun = time.monotonic()
        try:
            answer = await self._inner.handle_async_request(request)
        except httpx.TransportError as error:
            self._traffic.failed[kind] += 1
            self._traffic.said[type(error).__name__] += 1
            raise
        if answer.status_code >= 400:
            self._traffic.said[str(answer.status_code)] += 1
        if answer.status_code >= 500:
            self._traffic.failed[kind] += 1
        elif answer.is_success:
            self._traffic.through(kind, time.monotonic() - begun)
        return answer

    async def aclose(self) -> None:
        if self._inner is not None:
            inner, self._inner = self._inner, None
            await inner.aclose()
