"""B8: what `doorstep serve` takes: memory at rest and under 8 clients, and the time to its first answer.

A county of 3,912 people; the server is a process of its own. Memory is the private memory of that process (what ends with it:
`Private_Clean` + `Private_Dirty` of /proc/PID/smaps_rollup) and beside it the resident set, which counts pages of shared
libraries too. At rest: two seconds after the first answer. Under 8 clients: the most that was seen while 8 phones
push 20 facts at a time and fetch their lists, and 8 windows read the home page, the cases, the schools
and one school. Worker processes are not counted: they end after
their job (ADR 0024). The start is counted from `exec` to the first answer of /v1/health, bytecode compiled before, as after any
first start: in seconds by the clock, and in processor time, which other processes disturb less.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from sync_server.app import create_app
from sync_server.services import Services
from sync_server.settings import Settings
from tests.bench.row import Row
from tests.support import county, devices
from tests.support.console_browser import PASSWORD, people
from tests.support.serve import listen

SCHOOLS = (412, *(250,) * 14)
"""People of each school: 3,912."""
CLIENTS = 8
STARTS = 5
ROUNDS = 6
BATCH = 20
REST_S = 2.0
PAGES = ("/", "/cases", "/schools", "/schools/01")
TOKEN = re.compile(r'name="_csrf_token" value="([^"]+)"')


@dataclass(frozen=True)
class Memory:
    """Memory of one process, in MB (10**6 bytes)."""

    private_mb: float
    resident_mb: float


class Running:
    """A server that is served as the office serves it."""

    def __init__(self, data: Path, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        environ = {**os.environ, "DOORSTEP_CLOCK": county.CLOCK, "DOORSTEP_URL": self.address}
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        command = [sys.executable, "-m", "sync_server.cli", "serve", "--data", str(data)]
        began_s = time.perf_counter()
        self.process = subprocess.Popen(
            [*command, "--port", str(port)], env=environ, stdout=subprocess.DEVNULL
        )
        self._wait()
        self.first_answer_s = time.perf_counter() - began_s
        self.first_answer_processor_s = self.processor_s()

    def _wait(self) -> None:
        for _ in range(6000):
            try:
                httpx.get(f"{self.address}/v1/health", timeout=30).raise_for_status()
                return
            except httpx.ConnectError:
                time.sleep(0.005)
        raise TimeoutError("the server does not answer")

    def processor_s(self) -> float:
        """User and system time since its start."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> Memory:
        """What it takes now."""
        lines = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines()[1:]
        kib = {
            name: int(value.split()[0]) for name, _, value in (li.partition(":") for li in lines)
        }
        private = kib["Private_Clean"] + kib["Private_Dirty"]
        return Memory(private * 1024 / 1e6, kib["Rss"] * 1024 / 1e6)

    def end(self) -> None:
        """Stop it."""
        self.process.terminate()
        self.process.wait(60)


@contextmanager
def served(data: Path) -> Iterator[Running]:
    """A started server, stopped at the end."""
    with listen(0) as free:
        port = free.getsockname()[1]
    running = Running(data, port)
    try:
        yield running
    finally:
        running.end()


async def made(data: Path) -> list[devices.RawPhone]:
    """Fill a data folder: the county, an account, and a phone in each of 8 schools with its cases."""
    app = create_app(Settings(data_dir=data, clock_spec=county.CLOCK, public_url="http://server"))
    services: Services = county.with_season(app.state["services"])
    services.database.write(lambda c: county.fill(c, SCHOOLS))
    people(services)
    async with httpx.AsyncClient(transport=devices.asgi(app), base_url="http://server") as http:
        phones = [
            await devices.working_phone(http, services, f"{n:02d}") for n in range(1, CLIENTS + 1)
        ]
    for phone in phones:
        phone.cases = devices.case_ids(services, phone.unit, phone.staff)
    services.close()
    return phones


async def at_work(running: Running, phones: list[devices.RawPhone]) -> Memory:
    """Let 8 phones and 8 windows work at once; the most memory that was seen meanwhile."""
    seen = [running.memory()]

    async def look() -> None:
        while True:
            await asyncio.sleep(0.1)
            seen.append(running.memory())

    async def push(phone: devices.RawPhone) -> None:
        async with httpx.AsyncClient(base_url=running.address, timeout=300) as phone.http:
            for number in range(ROUNDS):
                cases = phone.cases[number * BATCH :][:BATCH]
                await phone.push(*(phone.chained(devices.fact_bytes(case)) for case in cases))
                await phone.pages()

    async def signed_in() -> httpx.AsyncClient:
        http = httpx.AsyncClient(base_url=running.address, timeout=300)
        found = TOKEN.search((await http.get("/sign-in")).text)
        form = {"name": "admin", "password": PASSWORD, "_csrf_token": found[1] if found else ""}
        if (await http.post("/sign-in", data=form)).status_code != 303:
            raise ValueError("nobody was let in")
        return http

    async def read(http: httpx.AsyncClient) -> None:
        for _ in range(ROUNDS):
            for page in PAGES:
                (await http.get(page)).raise_for_status()
        await http.aclose()

    windows = [await signed_in() for _ in phones]  # one after another: a password takes its time
    looking = asyncio.create_task(look())
    await asyncio.gather(*map(push, phones), *map(read, windows))
    looking.cancel()
    return Memory(max(m.private_mb for m in seen), max(m.resident_mb for m in seen))


def rows() -> list[Row]:
    """Measure all of it."""
    folder = Path(tempfile.mkdtemp(prefix="doorstep-bench-"))
    try:
        phones = asyncio.run(made(folder / "data"))
        clock_s, processor_s, rest = [], [], []
        with served(folder / "data"):
            pass  # compiles what is not compiled yet
        for _ in range(STARTS):
            with served(folder / "data") as running:
                clock_s.append(running.first_answer_s)
                processor_s.append(running.first_answer_processor_s)
                time.sleep(REST_S)
                rest.append(running.memory())
        with served(folder / "data") as running:
            busy = asyncio.run(at_work(running, phones))
            time.sleep(REST_S)
            after = running.memory()
    finally:
        shutil.rmtree(folder)
    median = statistics.median
    return [
        Row("memory at rest, private", median(m.private_mb for m in rest), "MB", 80),
        Row("memory at rest, resident", median(m.resident_mb for m in rest), "MB", None),
        Row("memory under 8 clients, private", busy.private_mb, "MB", 110),
        Row("memory under 8 clients, resident", busy.resident_mb, "MB", None),
        Row("memory at rest after that, private", after.private_mb, "MB", None),
        Row("start to first answer", median(clock_s), "s", 0.7),
        Row("start to first answer, processor time", median(processor_s), "s", None),
    ]


if __name__ == "__main__":
    for row in rows():
        sys.stdout.write(f"{row}\n")
