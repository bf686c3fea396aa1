"""B4: bytes of a first sync of 3,917 cases, of 40 changed cases and of a sync with nothing new, as they travel.

The phone's own client asks the server through a socket (no TLS), where a relay counts. The ratio: the answers' bodies of the first
sync over gzip-6 of the cases alone. The two others: every byte both ways, headers and requests included, on a line of their own.
"""

from __future__ import annotations

import asyncio
import gzip
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import msgspec

from mobile.sync.client import Server
from shared import wire
from sync_server.app import create_app
from sync_server.settings import Settings
from tests.bench.row import Row
from tests.support.county import CLOCK, fill, repaid, with_season
from tests.support.devices import asgi, working_phone
from tests.support.serve import on_socket

BOUND = 1.25
CASES = 3917
CHANGED = 40


class Relay:
    """Passes bytes on and counts them: `sent` by the phone, `bodies` and `answered` by the server."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.sent = self.answered = self.bodies = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        """The address in front of the server."""
        relay = await asyncio.start_server(self._pass_on, "127.0.0.1", 0)
        async with relay:
            yield f"http://127.0.0.1:{relay.sockets[0].getsockname()[1]}"

    async def _pass_on(self, phone: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        server, forth = await asyncio.open_connection("127.0.0.1", self._port)

        async def up() -> None:
            while data := await phone.read(65536):
                self.sent += len(data)
                forth.write(data)
            forth.close()

        async def down() -> None:
            while head := await self._head(server):
                length = int(httpx.Headers(_fields(head))["content-length"])
                back.write(head + await server.readexactly(length))
                self.answered += len(head) + length
                self.bodies += length
            back.close()

        with suppress(asyncio.CancelledError):
            await asyncio.gather(up(), down())

    @staticmethod
    async def _head(server: asyncio.StreamReader) -> bytes:
        try:
            return await server.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return b""

    def take(self) -> tuple[int, int]:
        """All bytes both ways, and those of bodies, since the last call."""
        found = self.sent + self.answered, self.bodies
        self.sent = self.answered = self.bodies = 0
        return found


def _fields(head: bytes) -> list[tuple[bytes, bytes]]:
    lines = head.split(b"\r\n")[1:-2]
    return [(name, value.strip()) for name, _, value in (line.partition(b":") for line in lines)]


def rows() -> list[Row]:
    """Measure all three."""
    return asyncio.run(_rows())


def ratio() -> float:
    """Answers' bodies of the first sync, over the gzipped JSON of all cases."""
    return rows()[0].value


async def _rows() -> list[Row]:
    folder = Path(tempfile.mkdtemp(prefix="doorstep-bench-"))
    settings = Settings(data_dir=folder / "server", clock_spec=CLOCK, public_url="http://bench")
    app = create_app(settings)
    services = with_season(app.state["services"])
    services.database.write(lambda c: fill(c, (CASES,)))
    async with httpx.AsyncClient(transport=asgi(app), base_url="http://bench") as http:
        phone = await working_phone(http, services)
    with on_socket(app, server_header=False) as address:
        relay = Relay(int(address.rpartition(":")[2]))
        async with relay.open() as through:
            cursor, cases, tag = await _pulled(through, phone.token, "")
            whole, bodies = relay.take()
            if len(cases) != CASES:
                raise ValueError(f"{len(cases)} cases came")
            paid = {case.contracts[0].contract_no: 1_00 for case in cases[:CHANGED]}
            repaid(services, "2019-12-11", paid)
            cursor, changed, tag = await _pulled(through, phone.token, cursor, tag)
            delta, _ = relay.take()
            if len(changed) < CHANGED:
                raise ValueError(f"{len(changed)} changed cases came")
            await _pulled(through, phone.token, cursor, tag)
            empty, _ = relay.take()
    alone = len(gzip.compress(msgspec.json.encode(cases), 6))
    return [
        Row("first sync, bodies / gzip-6 of the cases", bodies / alone, "", 1.15),
        Row("first sync, with headers / gzip-6 of the cases", whole / alone, "", None),
        Row(f"{len(changed)} changed cases, with headers", delta, "B", 6000),
        Row("nothing new, with headers", empty, "B", 700),
    ]


async def _pulled(
    address: str, token: str, cursor: str, tag: str = wire.NO_SEASON
) -> tuple[str, list[wire.Case], str]:
    """Read to the head of the feed on a line of its own; the cursor there, the cases, the season's tag."""
    cases = []
    async with Server(address, token) as server:
        while True:
            page = await server.changes(cursor, 1, tag)
            cases += [change.case.case for change in page.changes if change.case is not None]
            for change in page.changes:
                if change.briefing is not None:
                    tag = wire.season_tag(change.briefing.season)
            cursor = page.next
            if not page.more:
                return cursor, cases, tag


if __name__ == "__main__":
    for row in rows():
        print(row)  # noqa: T201 - a bench says what it found
