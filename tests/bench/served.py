"""The real server in a process of its own, with a small county and one phone, for benches that go through a socket."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

from sync_server.app import create_app
from sync_server.settings import Settings
from tests.support.county import CLOCK, fill, with_season
from tests.support.devices import RawPhone, asgi, case_ids, working_phone


class Served(NamedTuple):
    """A server over a data folder, a phone of it, and the ids of the phone's cases."""

    phone: RawPhone
    port: int
    cases: list[str]
    data: Path


@asynccontextmanager
async def phone_of(cases: Sequence[int] = (50,), at: Path | None = None) -> AsyncIterator[Served]:
    """A server, and a phone that is enrolled and confirmed.

    Args:
        cases: how many people each school has; the phone is the first school's.
        at: where the server's data folder is made; a temporary one where nothing is given.
    """
    with tempfile.TemporaryDirectory(prefix="doorstep-bench-", dir=at) as made:
        data = Path(made) / "server"
        app = create_app(Settings(data_dir=data, clock_spec=CLOCK, public_url="http://server"))
        services = with_season(app.state["services"])
        services.database.write(lambda c: fill(c, cases))
        async with httpx.AsyncClient(transport=asgi(app), base_url="http://server") as inside:
            phone = await working_phone(inside, services)
            ids = case_ids(services, phone.unit)
        services.close()
        server = subprocess.Popen(  # noqa: ASYNC220 - nothing else runs yet
            [sys.executable, "-m", "tests.support.serve", str(data), "0", CLOCK],
            stdout=subprocess.PIPE,
        )
        try:
            if server.stdout is None:
                raise OSError("no standard output")
            port = int(server.stdout.readline())
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
                phone.http = http
                (await phone.ask("GET", "/v1/health")).raise_for_status()
                yield Served(phone, port, ids, data)
        finally:
            server.terminate()
            server.wait(30)
