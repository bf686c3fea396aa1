"""P1: an acknowledged fact or photo survives kill -9 of the server at any moment. DOORSTEP_KILLS sets how many."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import shutil
import signal
import socket
from pathlib import Path

import httpx
import msgspec
from sqlalchemy import select, text

from shared import wire
from shared.digest import sha256_hex
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import tables as t
from tests.support.county import CLOCK, fill
from tests.support.devices import RawPhone, case_ids, fact_bytes, working_phone
from tests.support.feed import check_feed
from tests.support.jpegs import jpeg
from tests.support.ledger import chain_of
from tests.support.serve import FORKS, serve_on

KILLS = int(os.environ.get("DOORSTEP_KILLS", "8"))


class Mortal:
    """A server process that is killed and started again on the same port and folder."""

    def __init__(self, data: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._data = data
        self._process: multiprocessing.process.BaseProcess | None = None

    def start(self) -> None:
        self._process = FORKS.Process(
            target=serve_on, args=(self._data, self.port, CLOCK), daemon=True
        )
        self._process.start()

    def kill(self) -> None:
        assert self._process is not None
        assert self._process.pid is not None
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.join(10)
        self._process.close()


class Pusher:
    """Pushes facts (or photos) without end; keeps what was acknowledged, sends the rest again."""

    def __init__(self, phone: RawPhone, case: str, seed: int, *, photos: bool) -> None:
        self.phone, self.case, self.work = phone, case, self.photo if photos else self.push
        self.random = random.Random(seed)  # noqa: S311 - a test's choices
        self.waiting: list[wire.PushedFact] = []
        self.acked: dict[str, bytes] = {}
        self.photos: dict[str, bytes] = {}
        self.taken = b""
        self.duplicates = self.answered = 0

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self.work()
            except httpx.TransportError:
                await asyncio.sleep(0.01)  # dead, or dying in the middle of an answer

    async def push(self) -> None:
        if len(self.waiting) < 20:
            self.waiting += [
                self.phone.chained(fact_bytes(self.case)) for _ in range(self.random.randint(1, 8))
            ]
        sent = list(self.waiting)
        reply = await self.phone.push(*sent)
        self.answered += 1
        for packed, outcome in zip(sent, reply.outcomes, strict=True):
            assert outcome.outcome in (wire.CREATED, wire.DUPLICATE), outcome
            self.duplicates += outcome.outcome == wire.DUPLICATE
            data = wire.unb64(packed.bytes)
            self.acked[sha256_hex(data)] = data
        self.waiting = self.waiting[len(sent) :]

    async def photo(self) -> None:
        """A record, then the photo it names; both again after a kill."""
        if not self.waiting:
            self.taken = jpeg(self.random.randbytes(20_000))
            named = fact_bytes(self.case, photos=(sha256_hex(self.taken),))
            self.waiting.append(self.phone.chained(named))
        await self.push()
        data = self.taken
        path = (await self.phone.create_upload(data)).headers["Location"]
        answer = await self.phone.patch(path, 0, data)
        receipt = msgspec.json.decode(
            wire.unb64(answer.headers["doorstep-receipt"]), type=wire.Receipt
        )
        self.phone.receipt(receipt)
        self.photos[sha256_hex(data)] = data


async def test_what_was_acknowledged_is_there_after_every_kill(blank: Path, tmp_path: Path) -> None:
    data = tmp_path / "server"
    shutil.copytree(blank, data)
    settings = Settings(data_dir=data, clock_spec=CLOCK, public_url="http://server")
    services, server, stop = Services.open(settings).in_season(), Mortal(data), asyncio.Event()
    services.database.write(lambda c: fill(c, (6, 6)))
    server.start()
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{server.port}", trust_env=False, timeout=5
    ) as http:
        await up(http)
        phones = [await working_phone(http, services, f"0{1 + i % 2}", f"师{i}") for i in range(4)]
        pushers = [
            Pusher(p, case_ids(services, p.unit)[0], i, photos=i == 3) for i, p in enumerate(phones)
        ]
        services.close()
        running = [asyncio.create_task(p.run(stop)) for p in pushers]
        moments = random.Random(1)  # noqa: S311 - a test's choices
        for _ in range(KILLS):
            await up(http)
            await asyncio.sleep(moments.uniform(0.02, 0.5))
            await asyncio.to_thread(server.kill)
            server.start()
        await up(http)
        stop.set()
        await asyncio.wait_for(asyncio.gather(*running), 30)
        for pusher in pushers:
            await pusher.push()
    await asyncio.to_thread(server.kill)
    check(Services.open(settings), pushers)


async def up(http: httpx.AsyncClient) -> None:
    """Wait until the server answers."""
    async with asyncio.timeout(30):
        while True:
            try:
                if (await http.get("/v1/health")).is_success:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.01)


def check(services: Services, pushers: list[Pusher]) -> None:
    """Acknowledged is stored, byte for byte and once; chains and feeds are whole; the file is sound."""
    acked = {sha: data for p in pushers for sha, data in p.acked.items()}
    photos = {sha: data for p in pushers for sha, data in p.photos.items()}
    stored = services.database.read(
        lambda c: [(r.sha256, r.data) for r in c.execute(select(t.fact))]
    )
    assert len(stored) == len({sha for sha, _ in stored})
    assert {sha: data for sha, data in stored if sha in acked} == acked
    assert {sha: services.files.read(sha) for sha in photos} == photos
    on_disk = list(services.settings.path("photos").glob("*/*"))
    assert all(sha256_hex(p.read_bytes()) == p.name for p in on_disk), "a torn photo was accepted"
    for pusher in pushers:
        chain_of(services, pusher.phone)
    for unit in ("01", "02"):
        check_feed(services, unit)
    assert (
        services.database.read(lambda c: c.execute(text("PRAGMA integrity_check")).scalar()) == "ok"
    )
    services.close()
    assert len(acked) > KILLS, "too few facts went through for the kills to mean anything"
    print(  # noqa: T201 - the measured numbers are the point; `pytest -s` or -rP shows them
        f"P1: {KILLS} kills, {len(acked)} facts and {len(photos)} photos acknowledged = stored, 0 lost,"
        f" {sum(p.duplicates for p in pushers)} repeats answered duplicate, {sum(p.answered for p in pushers)} pushes answered"
    )
