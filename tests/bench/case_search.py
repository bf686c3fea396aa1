"""How long the list of cases takes the server's processor, for every filter and every kind of search.

Each address is asked through the ASGI app without a network, over counties of 1, 10 and 100 times the sample:
processor milliseconds of the whole process for one warm request, the median of ROUNDS, its first and its last page
apart; and the growth exponent, log10 of the time at ten times the county over the time before: 0 is flat, 1 grows as
the county does. Search terms and standings are refreshed before.

`python -m tests.bench.case_search [rounds]` prints the table; `rows()` returns it. The counties are those of
tests/bench/large_county.py, made once.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from math import log10
from urllib.parse import urlencode

from sqlalchemy import func, select

from sync_server.console.pages.cases import FILTERS
from sync_server.store import tables as t
from sync_server.store.database import Connection
from tests.bench.large_county import SIZES, Size, folder, opened
from tests.bench.page_times import Row, measured, table

ROUNDS = 5
AIM_MS = {1: 50, 10: 150, 100: 150}
"""Processor milliseconds of a page by the size of the county: aims of the project, not bounds."""
LAST = 10**6
"""A page number behind every last one."""
SEARCHES = {
    "a character": "王",
    "a letter": "w",
    "a digit": "1",
    "initials": "wj",
    "a name": "王军",
    "a village": "村",
    "the beginning of a code": "0100",
    "the end of a phone": "0001",
    "a whole phone": "13800000001",
    "nobody": "没有这个人",
}


def pages() -> list[tuple[str, str, str]]:
    """Return name, account and address of every request."""
    asked = {f"filter {show or 'all'}": {"show": show} for show in FILTERS}
    asked |= {f"search {name}": {"q": q} for name, q in SEARCHES.items()}
    asked["search a letter, filter undelivered"] = {"q": "w", "show": "undelivered"}
    asked["officer"] = {"show": "undelivered"}
    return [
        (f"{name}, {where} page", name if name == "officer" else "admin", address)
        for name, query in asked.items()
        for where, more in (("first", {}), ("last", {"at": str(LAST)}))
        for address in ("/cases?" + urlencode({**query, **more}),)
    ]


def rows(sizes: Sequence[int] = (1, 10, 100), rounds: int = ROUNDS) -> list[Row]:
    """Measure every request over counties of these multiples."""
    made, before = list[Row](), dict[str, float]()
    for times in sizes:
        refreshed(SIZES[times])
        for page, ms, kilobytes in measured(SIZES[times], pages(), rounds):
            grown = log10(ms / before[page]) if page in before else None
            before[page] = ms
            row = Row(
                page=page,
                times=times,
                ms=ms,
                kilobytes=kilobytes,
                exponent=grown,
                aim_ms=AIM_MS[times],
            )
            made.append(row)
    return made


def refreshed(size: Size) -> None:
    """Wait until everything that is kept of a county is refreshed."""

    def due(connection: Connection) -> int:
        tables = (t.search_due, t.standing_due)
        counts = (select(func.count()).select_from(table).scalar_subquery() for table in tables)
        return int(sum(connection.execute(select(*counts)).one()))

    with opened(folder(size)) as services:
        while services.database.read(due):
            time.sleep(0.2)


def main() -> int:
    """Print the table."""
    found = rows(rounds=int(sys.argv[1]) if sys.argv[1:] else ROUNDS)
    sys.stdout.write(table(found) + "\n")
    return 0 if all(row.ms <= row.aim_ms for row in found) else 1


if __name__ == "__main__":
    sys.exit(main())
