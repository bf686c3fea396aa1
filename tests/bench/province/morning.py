"""A morning: phones and offices come when they come, in time that is compressed, whether or not others are done."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

import msgspec

from tests.bench.province import assumed
from tests.bench.province.assumed import Call, Kind
from tests.bench.province.calls import Cost, first_school, office, sign_in
from tests.bench.province.county import repay
from tests.bench.province.engines import Engine, Used
from tests.bench.province.line import Wire
from tests.bench.province.phone import Phone

DAY = "2019-12-11"
LOOK_S = 1.0


class Took(msgspec.Struct, frozen=True, kw_only=True):
    """How long requests of a kind took, from the first byte sent to the last received."""

    count: int
    p50_ms: float
    p99_ms: float


class Morning(msgspec.Struct, frozen=True, kw_only=True):
    """What a morning used, and how long its requests took.

    Attributes:
        took_s: How long it took, compressed.
        generator_s: Processor seconds of the load generator.
        repaid_s: Processor seconds of storing the day's repayment file, in no other number; `repaid` people paid.
        rows: By how many the tables grew; `database_bytes`, `photo_bytes` likewise.
        server_memory_bytes: The most while it went on.
    """

    syncs: int
    records: int
    photos: int
    pages: int
    took_s: float
    compressed: float
    used: Used
    generator_s: float
    sent_bytes: int
    received_bytes: int
    repaid: int
    repaid_s: float
    rows: int
    database_bytes: int
    photo_bytes: int
    server_memory_bytes: int
    database_memory_bytes: int
    took: dict[str, Took]

    @property
    def processor_s(self) -> float:
        """Of server and database."""
        return self.used.server_s + self.used.database_s


def counts_of(calls: Sequence[Call]) -> dict[Kind, int]:
    """How many calls of each kind these are: a phone's first sync has the day's repayments to fetch, later ones do not."""
    syncs = [call for call in calls if call.who == "phone"]
    first = [call for call in syncs if call.records > 1]
    return {
        "changes": len(first),
        "nothing new": len(syncs) - len(first),
        "records": sum(call.records for call in first),
        "record": len(syncs) - len(first),
        "photo": sum(call.photos for call in syncs),
        "page": len(calls) - len(syncs),
    }


def by_costs_s(counts: Mapping[Kind, int], costs: Mapping[Kind, Cost]) -> float:
    """Processor seconds of so many calls by what one of each kind costs."""
    return sum(count * costs[kind].ms for kind, count in counts.items()) / 1000


async def held(
    engine: Engine, phones: Sequence[Phone], schools: int, costs: dict[Kind, Cost], busy: float
) -> Morning:
    """Hold a morning of so many phones and schools, compressed so that server and database are that busy."""
    calls = assumed.morning(len(phones), schools)
    expected = by_costs_s(counts_of(calls), costs)
    began, before = time.process_time(), engine.quiet()
    repaid = repay(engine.settings, DAY, assumed.PAID_TODAY)
    day = engine.quiet().since(before)
    repaid_s = time.process_time() - began + day.server_s + day.database_s
    rows, database, photos = engine.rows(), engine.database_bytes(), engine.photo_bytes()
    wire, memory = Wire(), [(0, 0)]
    minutes = calls[-1].at_min - calls[0].at_min
    second_of_min = expected / busy / minutes
    async with office(engine) as http:
        await sign_in(http)
        code = await first_school(http)
        looking = asyncio.create_task(_look(engine, memory))
        before, began, started = engine.quiet(), time.process_time(), time.perf_counter()

        async def call_of(call: Call) -> None:
            at_s = (call.at_min - calls[0].at_min) * second_of_min
            await asyncio.sleep(started + at_s - time.perf_counter())
            if call.who == "phone":
                phone = phones[call.number]
                await phone.sync(engine.port, wire, call.records, call.photos)
                return
            asked = time.perf_counter()
            (await http.get(f"/schools/{code}")).raise_for_status()
            wire.note("page", time.perf_counter() - asked)

        async with asyncio.TaskGroup() as group:
            for call in calls:
                group.create_task(call_of(call))
        took_s, generator_s = time.perf_counter() - started, time.process_time() - began
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking
    used = engine.quiet().since(before)
    return Morning(
        syncs=sum(call.who == "phone" for call in calls),
        records=sum(call.records for call in calls),
        photos=sum(call.photos for call in calls),
        pages=sum(call.who == "office" for call in calls),
        took_s=took_s,
        compressed=minutes * 60 / took_s,
        used=used,
        generator_s=generator_s,
        sent_bytes=wire.sent_bytes,
        received_bytes=wire.received_bytes,
        repaid=repaid,
        repaid_s=repaid_s,
        rows=engine.rows() - rows,
        database_bytes=engine.database_bytes() - database,
        photo_bytes=engine.photo_bytes() - photos,
        server_memory_bytes=max(server for server, _ in memory),
        database_memory_bytes=max(base for _, base in memory),
        took={kind: _took(times) for kind, times in sorted(wire.took_s.items())},
    )


async def _look(engine: Engine, memory: list[tuple[int, int]]) -> None:
    while True:
        memory.append(engine.memory_bytes())
        await asyncio.sleep(LOOK_S)


def _took(times: list[float]) -> Took:
    times = sorted(times)
    at = [times[min(len(times) - 1, int(len(times) * share))] for share in (0.5, 0.99)]
    return Took(count=len(times), p50_ms=at[0] * 1000, p99_ms=at[1] * 1000)
