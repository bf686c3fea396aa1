"""B1: 1,000 facts through the real server in one process.

Compared with a bare loop that verifies and inserts them.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path

import httpx

from shared import wire
from shared.digest import sha256_hex
from sync_server.app import create_app
from sync_server.crypto.keys import signature_holds
from sync_server.settings import Settings
from sync_server.store.engine import sqlite_module
from tests.support.county import CLOCK, fill, with_season
from tests.support.devices import asgi, case_ids, fact_bytes, working_phone

BOUND = 6.0
FACTS, BATCH = 1000, 100


def pair() -> tuple[Callable[[], object], Callable[[], object]]:
    """Return both benchmarks: each round pushes, or verifies and inserts, as many new facts."""
    loop = asyncio.new_event_loop()
    folder = Path(tempfile.mkdtemp(prefix="doorstep-bench-"))
    settings = Settings(data_dir=folder / "server", clock_spec=CLOCK, public_url="http://bench")
    app = create_app(settings)
    services = with_season(app.state["services"])
    services.database.write(lambda c: fill(c, (50,)))
    http = httpx.AsyncClient(transport=asgi(app), base_url="http://bench")
    phone = loop.run_until_complete(working_phone(http, services))
    cases = case_ids(services, "01")
    bare = _Bare(folder / "bare.db")

    def batches() -> list[list[wire.PushedFact]]:
        facts = [phone.chained(fact_bytes(cases[i % len(cases)])) for i in range(FACTS)]
        return [facts[i : i + BATCH] for i in range(0, FACTS, BATCH)]

    async def push_all(made: list[list[wire.PushedFact]]) -> None:
        for batch in made:
            if set(await phone.outcomes(*batch)) != {wire.CREATED}:
                raise ValueError("a fact was not taken")

    waiting: list[list[list[wire.PushedFact]]] = []

    def bare_round() -> None:
        made = waiting.pop(0)
        bare.take(phone.public_key, made)

    def our_round() -> None:
        loop.run_until_complete(push_all(ready.pop(0)))

    ready = [batches() for _ in range(6)]
    waiting.extend(ready)
    return our_round, bare_round


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
