"""How long the office's first pages take the server's processor, as the county grows a hundredfold.

Home, my schools, the county's summary, a school's page (of the county's and the school's own account), the morning
sheets, the slips and the inspection log of the county, each asked through the ASGI app without a
network: processor milliseconds of the whole process for one warm request, the median of ROUNDS; the size
of its HTML; and the growth exponent, log10 of the time at ten times the county over the time before:
0 is flat, 1 grows as the county does. `school of 10,000` is the page of one school that large.

`python -m tests.bench.page_times [rounds]` prints the table; `rows()` returns it. The counties are those of
tests/bench/large_county.py, made once.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections.abc import Sequence
from math import log10

import msgspec
from litestar import Litestar

from sync_server.app import create_app
from sync_server.settings import Settings
from tests.bench.large_county import LARGE_SCHOOL, SIZES, Size, folder, opened
from tests.support.console_browser import Browser, signed_in
from tests.support.county import CLOCK
from tests.support.one_app import app_over

ROUNDS = 7
AIM_MS = {1: 50, 10: 150, 100: 150}
"""Processor milliseconds of a page by the size of the county: aims of the project, not bounds."""
PAGES = (
    ("home", "admin", "/"),
    ("county", "admin", "/county"),
    ("my schools", "officer", "/my-schools"),
    ("school", "admin", "/schools/{first}"),
    ("own school", "one", "/schools/{first}"),
    ("mornings", "admin", "/morning"),
    ("slips", "admin", "/hand-in"),
    ("inspection", "auditor", "/inspection"),
)
"""Name, account, address; `{first}` is the first school."""
LARGE = "school of 10,000"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A page over a county.

    Attributes:
        page: Its name.
        times: How many times as large as the sample the county is.
        ms: Processor milliseconds of one warm request, the median.
        kilobytes: Its HTML.
        exponent: How the time grew from the next smaller county; None for the smallest.
        aim_ms: What is aimed at.
    """

    page: str
    times: int
    ms: float
    kilobytes: float
    exponent: float | None
    aim_ms: int


def rows(sizes: Sequence[int] = (1, 10, 100), rounds: int = ROUNDS) -> list[Row]:
    """Measure every page over counties of these multiples, and the page of a large school."""
    made, before = list[Row](), dict[str, float]()
    smallest = dict[str, float]()
    for times in sizes:
        for page, ms, kilobytes in measured(SIZES[times], PAGES, rounds):
            grown = log10(ms / before[page]) if page in before else None
            before[page] = ms
            smallest.setdefault(page, ms)
            aim = AIM_MS[times]
            row = Row(
                page=page, times=times, ms=ms, kilobytes=kilobytes, exponent=grown, aim_ms=aim
            )
            made.append(row)
    one_school = [(LARGE, who, address) for name, who, address in PAGES if name == "school"]
    for page, ms, kilobytes in measured(LARGE_SCHOOL, one_school, rounds):
        # a hundred times the people of the sample's school: two steps of ten
        grown = log10(ms / one) / 2 if (one := smallest.get("school")) else None
        made.append(
            Row(page=page, times=100, ms=ms, kilobytes=kilobytes, exponent=grown, aim_ms=150)
        )
    return made


def measured(
    size: Size, pages: Sequence[tuple[str, str, str]], rounds: int
) -> list[tuple[str, float, float]]:
    """Return name, processor milliseconds and kilobytes of each page over a county."""
    place = folder(size)
    with opened(place) as services:
        built = create_app(Settings(data_dir=place, clock_spec=CLOCK, public_url="http://server"))
        try:
            return asyncio.run(_measured(app_over(built, services), size, pages, rounds))
        finally:
            built.state["services"].close()


async def _measured(
    app: Litestar, size: Size, pages: Sequence[tuple[str, str, str]], rounds: int
) -> list[tuple[str, float, float]]:
    browsers: dict[str, Browser] = {}
    taken: dict[str, list[float]] = {name: [] for name, _, _ in pages}
    size_kb: dict[str, float] = {}
    for number in range(rounds + 1):  # the pages take turns, and the first round warms up
        for name, who, address in pages:
            if who not in browsers:
                browsers[who] = await signed_in(app, who)
            began = time.process_time()
            answer = await browsers[who].get(address.format(first=size.code(0)))
            ms = (time.process_time() - began) * 1000
            assert answer.status_code == 200, f"{address}: {answer.status_code}"
            size_kb[name] = len(answer.content) / 1000
            taken[name] += [ms] if number else []
    for one in browsers.values():
        await one.http.aclose()
    return [(name, statistics.median(taken[name]), size_kb[name]) for name, _, _ in pages]


def table(found: Sequence[Row]) -> str:
    """Write the rows as a table."""
    lines = ["| page | county | ms | aim | KB of HTML | exponent |", "|---|---|---|---|---|---|"]
    for row in found:
        grown = "" if row.exponent is None else f"{row.exponent:.2f}"
        lines.append(
            f"| {row.page} | {row.times}× | {row.ms:.0f} | {row.aim_ms} | {row.kilobytes:.0f} | {grown} |"
        )
    return "\n".join(lines)


def main() -> int:
    """Print the table."""
    found = rows(rounds=int(sys.argv[1]) if sys.argv[1:] else ROUNDS)
    sys.stdout.write(table(found) + "\n")
    return 0 if all(row.ms <= row.aim_ms for row in found) else 1


if __name__ == "__main__":
    sys.exit(main())
