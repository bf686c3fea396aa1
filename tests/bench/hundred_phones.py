"""A hundred phones fetch their first list at the same moment from a real server, over sockets.

Each is a connection of its own that reads page after page, as a phone does, without the phone's own work. Found are the
seconds until the last has everything, and the slowest over the median. `python -m tests.bench.hundred_phones` runs it alone.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from typing import NamedTuple

import httpx
import msgspec

from shared import wire
from tests.bench.real_server import real_server

PHONES, PEOPLE = 100, 4000
ALL_DONE_S = 60.0
SLOWEST = 3.0
"""Over the median."""


class Found(NamedTuple):
    """How a hundred first syncs at once went."""

    all_done_s: float
    median_s: float
    slowest_over_median: float
    processor_ms: float


def measure(phones: int = PHONES, people: int = PEOPLE) -> Found:
    """Have all phones fetch everything at once."""
    with real_server() as server:
        enrolled = server.enrolled(phones, people)
        server.start()
        before = server.processor_s()
        wanted = [(phone.token, len(cases)) for phone, cases in enrolled]
        times = asyncio.run(_all(server.url, wanted))
        used = server.processor_s() - before
    median = statistics.median(times)
    return Found(max(times), median, max(times) / median, used / phones * 1000)


async def _all(url: str, wanted: list[tuple[str, int]]) -> list[float]:
    gate = asyncio.Event()
    tasks = [asyncio.create_task(_first_sync(url, *one, gate)) for one in wanted]
    await asyncio.sleep(0.5)  # all stand ready
    gate.set()
    return await asyncio.gather(*tasks)


async def _first_sync(url: str, token: str, cases: int, gate: asyncio.Event) -> float:
    """Seconds until a phone has all its cases, and the count that the server gives agrees."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=120) as http:
        await gate.wait()
        began, cursor, found = time.perf_counter(), "", 0
        while True:
            answer = await http.get("/v1/changes", params={"after": cursor}, headers=headers)
            page = msgspec.json.decode(answer.raise_for_status().content, type=wire.ChangesPage)
            found += sum(change.case is not None for change in page.changes)
            cursor = page.next
            if not page.more:
                break
    if not found == cases == page.scope_count:
        raise ValueError(f"{found} of {cases} cases came")
    return time.perf_counter() - began


def main() -> None:
    """Print what was found."""
    found = measure()
    sys.stdout.write(
        f"{PHONES} first syncs at once: all done in {found.all_done_s:.1f} s, median {found.median_s:.2f} s, "
        f"slowest / median {found.slowest_over_median:.2f}; {found.processor_ms:.1f} ms of the server's processor a phone\n"
    )


if __name__ == "__main__":
    main()
