"""A phone's way to the proxy: real sockets, and what is on its way right now is seen."""

from __future__ import annotations

import asyncio
import random
import statistics
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence

import httpx

PUSHES, UPLOADS, OTHERS = "pushes", "uploads", "others"
TWICE = "pushes sent to both at once"


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
        self._next: dict[str, Struck] = {}

    def on_its_way(self, kind: str) -> Struck | None:
        """Note a request; the blow that is to fall while it is under way, if one is."""
        self.sent[kind] += 1
        return self._next.pop(kind, None)

    def through(self, kind: str, seconds: float) -> None:
        self.took_s.setdefault(kind, deque(maxlen=KEPT)).append(seconds)

    async def strike(
        self, kind: str, server: str, share: float, blow: Callable[[], object]
    ) -> Struck:
        """Have something done in the middle of the next request of a kind; return when it is done.

        Args:
            kind: Of which kind.
            server: The server that the request goes to; "" for any.
            share: After which share of what such a request usually takes.
            blow: What is done, in a thread of its own.
        """
        usual_s = statistics.median(self.took_s.get(kind) or [0.05])
        one = Struck(server, share * usual_s, blow, asyncio.get_running_loop().create_future())
        self._next[kind] = one
        await asyncio.wait_for(one.done, 120)
        return one


class Struck:
    """A blow in the middle of a request; `cut` once the request failed."""

    def __init__(
        self, server: str, after_s: float, blow: Callable[[], object], done: asyncio.Future[None]
    ) -> None:
        self.server, self.after_s, self.blow, self.done = server, after_s, blow, done
        self.cut = False

    def begin(self) -> None:
        """The request is being sent: the blow falls a little later, whatever the loop does."""
        loop = asyncio.get_running_loop()

        def fall() -> None:
            try:
                self.blow()
            finally:
                loop.call_soon_threadsafe(self.done.set_result, None)

        threading.Timer(self.after_s, fall).start()


class Line(httpx.AsyncBaseTransport):
    """One phone's transport; a sync that ends closes it, the next one opens it again.

    `twice`: the share of pushes that reach both servers at once, as when a gateway gave up on the
    first and asked the other; the phone hears the later answer.
    """

    def __init__(
        self, traffic: Traffic, dice: random.Random, servers: Sequence[str], twice: float
    ) -> None:
        self._traffic, self._dice, self._servers, self._twice = traffic, dice, servers, twice
        self._inner: httpx.AsyncHTTPTransport | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._inner is None:
            self._inner = httpx.AsyncHTTPTransport(trust_env=False)
        kind = kind_of(request.method, request.url.path)
        struck, begun = self._traffic.on_its_way(kind), time.monotonic()
        if struck is not None:
            if struck.server:
                request.headers[SERVER] = struck.server
            struck.begin()
        try:
            if struck is None and kind == PUSHES and self._dice.random() < self._twice:
                answer = await self._both(self._inner, request)
            else:
                answer = await self._inner.handle_async_request(request)
        except httpx.TransportError as error:
            self._failed(kind, type(error).__name__, struck)
            raise
        if answer.status_code >= 500:
            self._failed(kind, str(answer.status_code), struck)
        elif answer.is_success:
            self._traffic.through(kind, time.monotonic() - begun)
        return answer

    async def _both(
        self, inner: httpx.AsyncHTTPTransport, request: httpx.Request
    ) -> httpx.Response:
        """Send the same request to each server at once; the last answer that is one."""
        self._traffic.sent[TWICE] += 1
        body = await request.aread()
        copies = [
            httpx.Request(
                request.method, request.url, headers={**request.headers, SERVER: name},
                content=body, extensions=request.extensions,
            )
            for name in self._servers
        ]  # fmt: skip
        sent = [asyncio.ensure_future(inner.handle_async_request(copy)) for copy in copies]
        answers = []
        for one in asyncio.as_completed(sent):
            try:
                answer = await one
            except httpx.TransportError:
                continue
            answers.append(answer)
        if not answers:
            raise httpx.ConnectError("neither answered", request=request)
        for early in answers[:-1]:
            await early.aread()
            await early.aclose()
        return answers[-1]

    def _failed(self, kind: str, why: str, struck: Struck | None) -> None:
        self._traffic.failed[kind] += 1
        self._traffic.said[why] += 1
        if struck is not None:
            struck.cut = True

    async def aclose(self) -> None:
        if self._inner is not None:
            inner, self._inner = self._inner, None
            await inner.aclose()
