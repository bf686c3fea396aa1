"""A phone that does nothing but follow its list, page after page: what it holds at a head is what the office has."""

from __future__ import annotations

import asyncio

import httpx
import msgspec

from shared import wire
from sync_server.services import Services
from tests.support.devices import RawPhone, enrol
from tests.support.feed import Mirror

PAUSE_S = 0.3
TEACHER = "阅"


class Reader(RawPhone):
    """A gateway without its server is a line that is cut."""

    async def page(self, after: str = "") -> wire.ChangesPage:
        answer = await self.ask("GET", "/v1/changes", params={"after": after})
        if answer.status_code >= 500:
            raise httpx.ReadError(f"{answer.status_code} {answer.text[:200]}")
        assert answer.status_code == 200, answer.text
        return msgspec.json.decode(answer.content, type=wire.ChangesPage)


class Follower:
    """`failures`: reads that did not get through. A head whose count or digest is another ends the run."""

    def __init__(self, url: str, unit: str) -> None:
        self.unit, self.failures, self.heads = unit, 0, 0
        self._http = httpx.AsyncClient(base_url=url, trust_env=False, timeout=20)
        self._mirror = Mirror(Reader(self._http))

    async def enrol(self, services: Services) -> None:
        await enrol(self._mirror.phone, services, self.unit, TEACHER)

    @property
    def pages(self) -> int:
        return self._mirror.pages

    @property
    def cases(self) -> int:
        return len(self._mirror.cases)

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self._mirror.read()
                self.heads += 1
            except httpx.TransportError:
                self.failures += 1
            await asyncio.sleep(PAUSE_S)

    async def finish(self) -> None:
        """Read to the head once more."""
        await self._mirror.read()

    async def close(self) -> None:
        await self._http.aclose()
