"""`doorstep serve` as a process of its own over a new county with enrolled phones, and what it costs its processor."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from shared.clock import VARIABLE
from sync_server.app import create_app
from sync_server.sample.processes import Process, free_port, wait_until_up
from sync_server.settings import Settings
from sync_server.store import cases
from tests.support.county import CLOCK, SEASON, fill, with_season
from tests.support.devices import RawPhone, asgi, case_ids, enrol

TICK_S = 1 / os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 0.0

TEMPORARY = tempfile.gettempdir()
"""Where folders are made: a server in this process has files made in its own folder from then on."""


class RealServer:
    """A data folder whose phones are enrolled, and the server over it once it was started."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = free_port(18350)
        self._process: Process | None = None

    def enrolled(self, phones: int, people: int) -> list[tuple[RawPhone, list[str]]]:
        """So many phones of as many teachers of one school, each with the ids of its people."""
        return asyncio.run(self._enrolled(phones, people))

    async def _enrolled(self, count: int, people: int) -> list[tuple[RawPhone, list[str]]]:
        settings = Settings(data_dir=self._folder, clock_spec=CLOCK, public_url=self.url)
        app = create_app(settings)
        services = with_season(app.state["services"])
        services.database.write(lambda c: fill(c, (people,)))
        async with httpx.AsyncClient(transport=asgi(app), base_url=self.url) as http:
            names = [f"师{chr(0x4E00 + i)}" for i in range(count)]
            phones = [await enrol(RawPhone(http), services, "01", name) for name in names]
        everybody = case_ids(services, "01")
        found = [(phone, everybody[i::count]) for i, phone in enumerate(phones)]
        services.database.write(
            lambda c: [cases.assign(c, SEASON, ids, phone.staff) for phone, ids in found]
        )
        services.close()
        return found

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait for its first answer."""
        where = ("serve", "--data", str(self._folder), "--port", str(self.port))
        quiet = {VARIABLE: CLOCK, "PYTHONDONTWRITEBYTECODE": "1"}
        self._process = Process("-m", "sync_server.cli", *where, **quiet)
        self._process.log = self._folder / "server.log"
        self._process.start()
        wait_until_up(self.url)

    def processor_s(self) -> float:
        """Seconds of processor, user and system, that this process alone has used."""
        assert self._process is not None
        assert self._process.process is not None
        stat = Path(f"/proc/{self._process.process.pid}/stat").read_text("ascii")
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) * TICK_S

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.stop()


@contextmanager
def real_server() -> Iterator[RealServer]:
    """A server over a folder of its own; both are gone at the end."""
    if sys.platform != "linux":
        raise RuntimeError("processor time of another process is read from /proc")
    folder = Path(tempfile.mkdtemp(prefix="doorstep-bench-", dir=TEMPORARY))
    server = RealServer(folder)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
