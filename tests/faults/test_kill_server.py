"""P1: an acknowledged fact or photo survives kill -9 of the server at any moment. DOORSTEP_KILLS sets how many."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import suppress
from pathlib import Path

import httpx
import msgspec
import pytest
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
from tests.support.long_form import Count, amount, counting, dice, rounds
from tests.support.mortal import mortal_server, up

KILLS = amount("KILLS", short=6, long=1000)
ROUND = 50
"""Kills of one data folder."""
MOST_ANSWERS = 24
"""Answers in one life of the server, so that a kill strikes at work on a busy machine too."""
LONGEST_LIFE_S = 3.0
LONGEST_REQUEST_S = 0.02


class Answers:
    """Counts the answers that all pushers get."""

    def __init__(self) -> None:
        self._number, self._more = 0, asyncio.Event()

    def note(self) -> None:
        self._number += 1
        self._more.set()

    async def wait(self, more: int) -> None:
        """Wait for so many more, but not for ever."""
        wanted = self._number + more
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_LIFE_S):
                while self._number < wanted:
                    self._more.clear()
                    await self._more.wait()


class Pusher:
    """Pushes facts (or photos) without end; keeps what was acknowledged, sends the rest again."""

    def __init__(
        self, phone: RawPhone, case: str, seed: int, answers: Answers, *, photos: bool
    ) -> None:
        self.phone, self.case, self.work = phone, case, self.photo if photos else self.push
        self.random = dice("pusher", seed)
        self.waiting: list[wire.PushedFact] = []
        self.acked: dict[str, bytes] = {}
        self.photos: dict[str, bytes] = {}
        self.duplicates = 0
        self.answers = answers
        self.current = b""

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
        await self.send()

    async def send(self) -> None:
        sent = list(self.waiting)
        reply = await self.phone.push(*sent)
        self.answers.note()
        for packed, outcome in zip(sent, reply.outcomes, strict=True):
            assert outcome.outcome in (wire.CREATED, wire.DUPLICATE), outcome
            self.duplicates += outcome.outcome == wire.DUPLICATE
            data = wire.unb64(packed.bytes)
            self.acked[sha256_hex(data)] = data
        self.waiting = self.waiting[len(sent) :]

    async def photo(self) -> None:
        """Send a record that names a photo, and go on sending the photo where the last life of the server ended."""
        if not self.current:
            self.current = jpeg(self.random.randbytes(20_000))
            named = fact_bytes(self.case, photos=(sha256_hex(self.current),))
            self.waiting.append(self.phone.chained(named))
        if self.waiting:
            await self.send()
        path = (await self.phone.create_upload(self.current)).headers["Location"]
        self.answers.note()
        answer = await self.phone.patch(
            path, held := await self.phone.held(path), self.current[held:]
        )
        self.answers.note()
        receipt = msgspec.json.decode(
            wire.unb64(answer.headers["doorstep-receipt"]), type=wire.Receipt
        )
        self.phone.receipt(receipt)
        self.photos[sha256_hex(self.current)] = self.current
        self.current = b""


@pytest.mark.parametrize(("number", "kills"), rounds(KILLS, ROUND))
async def test_what_was_acknowledged_is_there_after_every_kill(
    blank: Path, tmp_path: Path, number: int, kills: int
) -> None:
    shutil.copytree(blank, tmp_path / "server")
    with counting("kill -9 of the server under four pushing phones") as count:
        settings, pushers = await _killed(tmp_path / "server", number, kills)
        check(Services.open(settings), pushers, kills, count)


async def _killed(data: Path, number: int, kills: int) -> tuple[Settings, list[Pusher]]:
    settings = Settings(data_dir=data, clock_spec=CLOCK, public_url="http://server")
    services, stop = Services.open(settings).in_season(), asyncio.Event()
    services.database.write(lambda c: fill(c, (6, 6)))
    with mortal_server(settings) as server:
        await asyncio.to_thread(server.start)
        address = f"http://127.0.0.1:{server.port}"
        async with httpx.AsyncClient(base_url=address, trust_env=False, timeout=30) as http:
            await up(http)
            phones = [
                await working_phone(http, services, f"0{1 + i % 2}", f"师{i}") for i in range(4)
            ]
            answers = Answers()
            pushers = [
                Pusher(p, case_ids(services, p.unit)[0], i, answers, photos=i == 3)
                for i, p in enumerate(phones)
            ]
            services.close()
            running = [asyncio.create_task(p.run(stop)) for p in pushers]
            moments = dice("server", number)
            for _ in range(kills):
                await up(http)
                await answers.wait(moments.randint(0, MOST_ANSWERS))
                await asyncio.sleep(moments.uniform(0.0, LONGEST_REQUEST_S))
                await asyncio.to_thread(server.kill)
                await asyncio.to_thread(server.start)
            await up(http)
            stop.set()
            await asyncio.wait_for(asyncio.gather(*running), 120)
            for pusher in pushers:
                await pusher.push()
    return settings, pushers


def check(services: Services, pushers: list[Pusher], kills: int, count: Count) -> None:
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
    assert len(acked) > kills, "too few facts went through for the kills to mean anything"
    count.tried = kills
    count.named = {
        "facts acknowledged and stored": len(acked),
        "photos acknowledged and stored": len(photos),
        "repeats answered duplicate": sum(p.duplicates for p in pushers),
    }
