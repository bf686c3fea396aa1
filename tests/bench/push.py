"""B1: facts in batches of 100 through request, ledger and feed, over a bare loop that verifies and inserts them.

Both get the same new facts in turns and in one process; ours gets each batch as the bytes of a request. Divided is
processor time, of all threads, so that who else uses the machine changes little. A batch has two records each of
50 people, and nobody gets more than three in all, as in a season: what is kept of a person is judged from all of
that person's records. The bare loop verifies each signature
with the key read once, and commits each batch durably. `python -m tests.bench.push` runs it alone.
"""

from __future__ import annotations

import asyncio
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

import httpx
import msgspec
from litestar import Litestar

from shared import wire
from shared.digest import sha256_hex
from sync_server.app import create_app
from sync_server.crypto.keys import signature_holds
from sync_server.settings import Settings
from sync_server.store import tables as t
from sync_server.store.database import Connection
from sync_server.store.engine import sqlite_module
from tests.bench.real_server import TEMPORARY
from tests.support.county import CLOCK, fill, with_season
from tests.support.devices import asgi, case_ids, fact_bytes, working_phone

Clock = Callable[[], float]
FACTS, BATCH, ROUNDS = 1000, 100, 5
PEOPLE = 2000


def ratios(rounds: int = ROUNDS, clock: Clock = time.process_time) -> list[float]:
    """Ours over bare, round by round; a first round warms up and does not count.

    `clock`: `time.perf_counter` for the time that passes, which has sense on a machine with nothing else to do.
    """
    folder = Path(tempfile.mkdtemp(prefix="doorstep-bench-", dir=TEMPORARY))
    loop = asyncio.new_event_loop()
    try:
        return _ratios(folder, loop, rounds, clock)
    finally:
        loop.close()
        shutil.rmtree(folder, ignore_errors=True)


def _ratios(
    folder: Path, loop: asyncio.AbstractEventLoop, rounds: int, clock: Clock
) -> list[float]:
    settings = Settings(data_dir=folder / "server", clock_spec=CLOCK, public_url="http://bench")
    app = create_app(settings)
    services = with_season(app.state["services"])
    services.database.write(lambda c: fill(c, (PEOPLE,)))
    http = httpx.AsyncClient(transport=asgi(app), base_url="http://bench")
    phone = loop.run_until_complete(working_phone(http, services))
    cases, bare = case_ids(services, "01"), _Bare(folder / "bare.db")
    while services.database.read(
        _is_due
    ):  # the county itself is refreshed before anything is measured
        time.sleep(0.1)
    found = []
    for number in range(rounds + 1):
        first = number * FACTS // 2
        facts = [
            phone.chained(fact_bytes(cases[(first + i // 2) % len(cases)])) for i in range(FACTS)
        ]
        batches = [facts[i : i + BATCH] for i in range(0, FACTS, BATCH)]
        bodies = [msgspec.json.encode(wire.PushRequest(facts=batch)) for batch in batches]
        base_s = _took(clock, partial(bare.take, phone.public_key, batches))
        ours_s = _took(clock, partial(_push_all, app, loop, phone.token, bodies))
        found.append(ours_s / base_s)
    loop.run_until_complete(http.aclose())
    services.close()
    return found[1:]


def _is_due(connection: Connection) -> bool:
    """Whether anything is left to refresh."""
    due = (t.standing_due, t.search_due)
    return any(connection.execute(table.select().limit(1)).first() for table in due)


def _took(clock: Clock, work: Callable[[], object]) -> float:
    began = clock()
    work()
    return clock() - began


def _push_all(
    app: Litestar, loop: asyncio.AbstractEventLoop, token: str, bodies: list[bytes]
) -> None:
    for body in bodies:
        if loop.run_until_complete(_answer(app, token, body)).count(b'"created"') != BATCH:
            raise ValueError("a fact was not taken")


async def _answer(app: Litestar, token: str, body: bytes) -> bytes:
    """The answer to a push, asked for as a server asks the app: no client's work is in it."""
    headers = {
        "host": "bench",
        "authorization": f"Bearer {token}",
        "content-length": str(len(body)),
    }
    scope = {
        **{"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST"},
        **{"scheme": "http", "path": "/v1/facts", "raw_path": b"/v1/facts", "query_string": b""},
        **{"root_path": "", "client": ("127.0.0.1", 1), "server": ("bench", 80), "state": {}},
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    parts = [{"type": "http.request", "body": body, "more_body": False}]
    got = bytearray()

    async def receive() -> dict[str, Any]:
        return parts.pop() if parts else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        got.extend(message.get("body", b""))

    await app(cast(Any, scope), cast(Any, receive), send)
    return bytes(got)


class _Bare:
    """The least a ledger could do: verify each signature, insert each row, commit each batch."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite_module().connect(str(path))
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute(
            "CREATE TABLE fact (sha BLOB PRIMARY KEY, n INT, link BLOB, sig BLOB, data BLOB)"
        )

    def take(self, key: bytes, batches: list[list[wire.PushedFact]]) -> None:
        for batch in batches:
            rows = []
            for fact in batch:
                data, link, sig = (
                    wire.unb64(fact.bytes),
                    wire.unb64(fact.link),
                    wire.unb64(fact.sig),
                )
                if not signature_holds(key, link, sig):
                    raise ValueError(fact.n)
                rows.append((sha256_hex(data), fact.n, link, sig, data))
            self._connection.executemany("INSERT OR IGNORE INTO fact VALUES (?,?,?,?,?)", rows)
            self._connection.commit()


def main() -> None:
    """Print the ratio, of processor time and of the time that passed."""
    for words, clock in (("processor time", time.process_time), ("time", time.perf_counter)):
        found = ratios(clock=clock)
        median, least, most = statistics.median(found), min(found), max(found)
        sys.stdout.write(
            f"push / bare verify and insert, {words}: {median:.2f} ({least:.2f} to {most:.2f})\n"
        )


if __name__ == "__main__":
    main()
