"""What is left of a single fact (B0) where everything of ours is taken away: its floor, in processor time.

The sum of three things, each the least of several rounds in one thread: an empty POST of the same bytes through the reader
of HTTP and Litestar that serve here; one signature checked and one made; a row in a table with three indexes, eight of
them in one durable commit. No ledger, no feed, no kept standing. `python -m tests.bench.single_fact_floor` runs it alone.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import msgspec
import uvicorn
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from litestar import Litestar, Request, post
from uvicorn.server import ServerState

from shared import wire
from sync_server.connection_limits import Limits, limited_protocol
from sync_server.store.engine import sqlite_module
from tests.bench import frame
from tests.bench.real_server import TEMPORARY

TIMES, GROUP = 200, 8
FACT = wire.PushedFact(bytes="a" * 600, n=1, link="b" * 43, sig="c" * 86)


def values() -> list[float]:
    """Milliseconds of processor, round by round."""
    return [1000 * (empty_post_s() + signatures_s() + row_s()) for _ in range(frame.ROUNDS)]


@post("/v1/facts", status_code=200)
async def empty(request: Request[Any, Any, Any]) -> dict[str, str]:
    """Reads the body and answers as many bytes as the answer to a push has."""
    await request.body()
    return {"receipt": "x" * 480}


class _Wire(asyncio.Transport):
    """A transport without a socket: what is written ends the waiting for it."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 80)})
        self.answered = asyncio.Event()

    def write(self, data: Any) -> None:
        if data.endswith(b"}"):
            self.answered.set()

    def is_closing(self) -> bool:
        return False

    def close(self) -> None: ...

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


def empty_post_s() -> float:
    """An empty POST, from its bytes to those of its answer."""
    return asyncio.run(_empty_post_s())


async def _empty_post_s() -> float:
    app = Litestar([empty], openapi_config=None, logging_config=None)
    config = uvicorn.Config(
        cast(Any, app), http=limited_protocol(Limits()), ws="none", log_config=None
    )
    config.access_log, config.proxy_headers = False, False
    config.load()
    made: Any = config.http_protocol_class
    connection, transport = (
        made(config=config, server_state=ServerState(), app_state={}),
        _Wire(),
    )
    connection.connection_made(transport)
    body = msgspec.json.encode(wire.PushRequest(facts=[FACT]))
    head = f"POST /v1/facts HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"

    async def ask() -> None:
        transport.answered.clear()
        connection.data_received(head.encode() + body)
        await transport.answered.wait()

    least = float("inf")
    for _ in range(5):
        began = time.thread_time()
        for _ in range(TIMES):
            await ask()
        least = min(least, (time.thread_time() - began) / TIMES)
    connection.connection_lost(None)
    return least


def signatures_s() -> float:
    """One signature checked, and one made."""
    key, kind, message = ec.generate_private_key(ec.SECP256R1()), ec.ECDSA(hashes.SHA256()), b"m"
    made, public = key.sign(message, kind), key.public_key()

    def both() -> None:
        public.verify(made, message, kind)
        key.sign(message, kind)

    return _least_s(both)


def row_s() -> float:
    """A row of a group, with its share of the commit."""
    with tempfile.TemporaryDirectory(dir=TEMPORARY) as folder:
        connection = sqlite_module().connect(str(Path(folder) / "bare.db"))
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE fact (id INTEGER PRIMARY KEY, a, b, c, data BLOB)")
        for column in "abc":
            connection.execute(f"CREATE INDEX by_{column} ON fact ({column})")
        rows = [("a" * 36, "b" * 64, "c" * 36, bytes(450))] * GROUP

        def commit() -> None:
            for row in rows:
                connection.execute("INSERT INTO fact (a, b, c, data) VALUES (?, ?, ?, ?)", row)
            connection.commit()

        took = _least_s(commit, 25) / GROUP
        connection.close()
        return took


def _least_s(work: Callable[[], None], times: int = TIMES) -> float:
    least = float("inf")
    for _ in range(5):
        began = time.thread_time()
        for _ in range(times):
            work()
        least = min(least, (time.thread_time() - began) / times)
    return least


def main() -> None:
    """Print its parts."""
    for name, of in (("post", empty_post_s), ("signatures", signatures_s), ("row", row_s)):
        sys.stdout.write(f"{name}: {of() * 1000:.3f} ms\n")


if __name__ == "__main__":
    main()
