"""B5: a phone's first sync through a line of 1 Mbit/s and 200 ms / the line's time for the bytes that came.

The phone's core (its client, its store with a vault, its pull) fetches 3,917 people from the server's own process
through a proxy that lets 125,000 bytes a second through each way, shared by all connections, and holds every piece back for
half of 200 ms each way. The limit is 8 bits a byte over 1 Mbit/s of everything that came down, and one round trip.

The floor: a bare socket that asks once, on a new connection as a phone's, and is answered at once with as many bytes, made before.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sync_server.office import phones
from sync_server.sample.processes import Phone
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import devices
from tests.bench.served import Served, phone_of
from tests.support.county import CLOCK, SEASON

CASES = 3917
BYTES_A_SECOND = 125_000
ROUND_TRIP_S = 0.2
PIECE_BYTES = 1460
ROUNDS = 5


class SlowLine:
    """The proxy; `down_bytes` counts what came to the phone."""

    def __init__(self, upstream_port: int) -> None:
        self.down_bytes = 0
        self._upstream = upstream_port
        self._free_at_s = {True: 0.0, False: 0.0}
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[int]:
        """Listen on this machine; yields the port."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=PIECE_BYTES)
        try:
            yield int(server.sockets[0].getsockname()[1])
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(ROUND_TRIP_S)  # the handshake of TCP
        theirs, up = await asyncio.open_connection("127.0.0.1", self._upstream)
        both = asyncio.gather(
            self._way(reader, up, down=False), self._way(theirs, writer, down=True)
        )
        self._tasks.add(asyncio.ensure_future(both))

    async def _way(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, down: bool
    ) -> None:
        """Each piece leaves when the line is free, takes its time by its length, and arrives half a round trip later."""
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(64)
        arriving = asyncio.create_task(self._arrive(under_way, writer))
        while piece := await reader.read(PIECE_BYTES):
            begins_s = max(time.monotonic(), self._free_at_s[down])
            self._free_at_s[down] = begins_s + len(piece) / BYTES_A_SECOND
            self.down_bytes += len(piece) if down else 0
            await under_way.put((self._free_at_s[down] + ROUND_TRIP_S / 2, piece))
        await under_way.put((time.monotonic(), b""))
        await arriving

    async def _arrive(
        self, under_way: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter
    ) -> None:
        while True:
            at_s, piece = await under_way.get()
            await asyncio.sleep(max(0.0, at_s - time.monotonic()))
            if not piece:
                writer.close()
                return
            writer.write(piece)
            await writer.drain()


def values() -> dict[str, list[float]]:
    """The ratios and seconds, round by round."""
    return asyncio.run(_values())


async def _values() -> dict[str, list[float]]:
    found: dict[str, list[float]] = {"first": [], "floor": [], "s": [], "bytes": []}
    with tempfile.TemporaryDirectory(prefix="doorstep-bench-") as folder:
        async with phone_of((CASES,)) as served:
            line = SlowLine(served.port)
            async with line.open() as port:
                enrolled = Path(folder) / "phone"
                await asyncio.to_thread(_enrol, enrolled, served, f"http://127.0.0.1:{port}")
                for number in range(ROUNDS):
                    copy = shutil.copytree(enrolled, Path(folder) / f"phone-{number}")
                    before_bytes = line.down_bytes
                    took_s = await asyncio.to_thread(_first_sync, copy)
                    came_bytes = line.down_bytes - before_bytes
                    least_s = came_bytes / BYTES_A_SECOND + ROUND_TRIP_S
                    found["s"].append(took_s)
                    found["bytes"].append(came_bytes)
                    found["first"].append(took_s / least_s)
                    found["floor"].append(await _one_answer(came_bytes) / least_s)
    return found


async def _one_answer(size_bytes: int) -> float:
    """Seconds of one request and one answer through such a line, on a new connection."""

    async def at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(bytes(size_bytes))
        writer.close()

    server = await asyncio.start_server(at_once, "127.0.0.1", 0)
    async with server, SlowLine(server.sockets[0].getsockname()[1]).open() as port:
        began_s = time.perf_counter()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET\n")
        came = await reader.read(-1)
        took_s = time.perf_counter() - began_s
        writer.close()
    if len(came) != size_bytes:
        raise ValueError(f"{len(came)} bytes came")
    return took_s


def _enrol(folder: Path, served: Served, url: str) -> None:
    """The phone of the teacher who has the whole school's list; it has not synced yet."""
    settings = Settings(data_dir=served.data, clock_spec=CLOCK, public_url=url)
    services = Services.open(settings).in_season()
    phone = Phone(folder, "甲", served.phone.unit, CLOCK)
    try:
        issued = phones.issue(services, served.phone.unit, "甲", who="bench")
        phone.ask("enrol", url=url, code=issued.code)
        for device in services.database.read(lambda c: devices.of_unit(c, SEASON, phone.unit)):
            if device.state == devices.PENDING:
                phones.confirm(services, device.id, who="bench")
    finally:
        phone.stop()
        services.close()


def _first_sync(folder: Path) -> float:
    """Seconds of a first sync; starting the phone is not in them."""
    phone = Phone(folder, "甲", "01", CLOCK)
    try:
        phone.ask("cases")
        began_s = time.perf_counter()
        synced = phone.ask("sync")
        took_s = time.perf_counter() - began_s
        if synced["received"] < CASES:
            raise ValueError(f"only {synced['received']} cases came")
        return took_s
    finally:
        phone.stop()
