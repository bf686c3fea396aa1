"""One run from the first start to the table: phones begin, machines die, phones end, and everything is counted."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec

from tests.cluster import county as counties
from tests.cluster.child import say
from tests.cluster.county import County
from tests.cluster.faults import FAULTS, IMPORT, SEAL, Faults
from tests.cluster.follower import Follower
from tests.cluster.line import TWICE, Traffic
from tests.cluster.office import Import
from tests.cluster.phones import LoadPhone
from tests.cluster.room import BUILD, Room
from tests.cluster.table import QUIET, Struck, noticed, table
from tests.cluster.truth import Truth, judge
from tests.support.long_form import SEED, amount, dice

ROUNDS = amount("ROUNDS", short=1, long=5)
"""How often each victim is killed in each middle."""
SCHOOLS = amount("SCHOOLS", short=3, long=4)
PHONES = amount("PHONES", short=4, long=6)
"""Of a school."""
PEOPLE = amount("PEOPLE", short=800, long=2000)
"""In a list that is imported."""
MIDDLES_OF_FAULTS = Counter(middle for _, middle in FAULTS)
QUIET_S = 10.0
RESULT = BUILD / "cluster.txt"


class Told(msgspec.Struct):
    """What a run found."""

    truth: Truth
    struck: list[Struck]
    lines: list[str]
    seconds: float
    follower: dict[str, int]
    faults: int = ROUNDS * len(FAULTS)


def tell(room: Room) -> Told:
    """Run it all; every process is the caller's to end."""
    begun = time.monotonic()
    say(f"seed {SEED}, {ROUNDS} rounds, {SCHOOLS * PHONES} phones")
    room.start_below()
    seals = 1 + ROUNDS * MIDDLES_OF_FAULTS[SEAL]
    county = counties.begin(room, SCHOOLS, seals)
    say(f"{county.people} people in {SCHOOLS + seals + 1} schools, {seals} summaries stamped")
    room.start_ours()
    return asyncio.run(_told(room, county, begun))


async def _told(room: Room, county: County, begun: float) -> Told:
    traffic, moments = Traffic(), dice("cluster")
    imports = [
        Import(counties.due_list(_file(room, n), n, PEOPLE, county.list_school), n, PEOPLE)
        for n in range(1 + ROUNDS * MIDDLES_OF_FAULTS[IMPORT])
    ]
    follower = Follower(room.proxy.url, county.schools[0])
    with room.office() as services:
        await follower.enrol(services)
    phones = await counties.enrolled(room, county, traffic, f"{SEED}", PHONES)
    say(f"{len(phones)} phones enrolled")
    stop = asyncio.Event()
    following = asyncio.create_task(follower.run(stop))
    working = [asyncio.create_task(phone.run()) for phone in phones]
    faults = Faults(room, traffic, phones, moments)
    try:
        await _strikes(faults, imports, county)
        say("no more faults: phones end")
        await _end(phones, working)
        stop.set()
        await following
        await follower.finish()
    finally:
        for task in (*working, following):
            task.cancel()
        await asyncio.gather(*working, following, return_exceptions=True)
        await follower.close()
    truth = await asyncio.to_thread(_judged, room, county, phones, imports)
    lines = _lines(faults, phones, truth, follower, room)
    for phone in phones:
        phone.close()
    seconds = time.monotonic() - begun
    lines.append(f"\nseed {SEED}; {ROUNDS} rounds; {seconds:.0f} s in all")
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text("\n".join(lines) + "\n", "utf-8")
    read = {"heads": follower.heads, "failures": follower.failures, "cases": follower.cases}
    return Told(truth, faults.struck, lines, seconds, read)


def _file(room: Room, number: int) -> Path:
    return room.folder / f"名单{number}.csv"


async def _strikes(faults: Faults, imports: list[Import], county: County) -> None:
    """Time without any fault, then every victim in every middle, round after round."""
    begun = time.monotonic()
    lists, schools = iter(imports), iter(county.sealable)
    await faults.quietly(next(lists), next(schools))
    await asyncio.sleep(max(0.0, QUIET_S - (time.monotonic() - begun)))
    faults.struck.append(Struck(what=QUIET, begun=begun, over=time.monotonic()))
    for _ in range(ROUNDS):
        for victim, middle in FAULTS:
            what: Any = {IMPORT: lists, SEAL: schools}.get(middle)
            await faults.strike(victim, middle, next(what) if what is not None else None)


async def _end(phones: list[LoadPhone], working: list[asyncio.Task[None]]) -> None:
    """No more records; every phone empties its queue by itself."""
    for phone in phones:
        phone.stop()
    _, late = await asyncio.wait(working, timeout=300)
    for task in late:
        task.cancel()
    for task in working:
        if task.done() and not task.cancelled():
            task.result()
    await asyncio.gather(*(phone.try_alone() for phone in phones))


def _judged(room: Room, county: County, phones: list[LoadPhone], imports: list[Import]) -> Truth:
    with room.office() as services:
        return judge(services, county, phones, imports, county.sealable)


def _lines(
    faults: Faults, phones: list[LoadPhone], truth: Truth, follower: Follower, room: Room
) -> list[str]:
    timing = room.timing
    return [
        *table(faults.struck, phones),
        "",
        "counted: " + ", ".join(f"{what} {n}" for what, n in truth.counts.items()),
        f"lost: {len(truth.lost)}, doubled: {len(truth.doubled)}, stuck: {len(truth.stuck)}",
        f"syncs that did not get through said: {noticed(phones)}",
        f"the list was read to its head {follower.heads} times, {follower.failures} reads were cut",
        f"pushes sent to both servers at once: {faults.traffic.sent[TWICE]}",
        f"Patroni: ttl {timing.ttl_s}, loop_wait {timing.loop_wait_s},"
        f" retry_timeout {timing.retry_timeout_s}",
        *truth.wrong,
    ]
