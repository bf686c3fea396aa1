"""`doorstep serve --workers`: several processes on one socket, one that watches over them."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import uvicorn

from shared.problems import ProblemError
from sync_server.cli import workers
from sync_server.cli.serving import DrainingServer, Options, until_stopped
from sync_server.settings import Settings
from sync_server.store import holds
from sync_server.store.database import Database
from tests.support.ended import is_running
from tests.support.replicas import new_database

LONG_S = 90.0
POSIX = pytest.mark.skipif(os.name != "posix", reason="NOT PROVED: --workers is for POSIX alone")


def test_one_sqlite_file_is_served_by_one_process(tmp_path: Path) -> None:
    with pytest.raises(ProblemError) as refused:
        until_stopped(tmp_path, Options(workers=2))
    assert refused.value.code == "serve.workers_sqlite"


@pytest.mark.parametrize("number", [0, -1, workers.MOST + 1])
def test_a_number_of_workers_has_bounds(tmp_path: Path, number: int) -> None:
    with pytest.raises(ProblemError) as refused:
        workers.check(Settings(data_dir=tmp_path), number)
    assert refused.value.code == "serve.workers_number"


def test_a_worker_that_keeps_dying_is_started_more_and_more_slowly() -> None:
    deaths, waits = 0, []
    for _ in range(len(workers.AGAIN_S) + 1):
        deaths, wait_s = workers.after_death(deaths, ran_s=1.0)
        waits.append(wait_s)
    assert waits == [*workers.AGAIN_S, workers.AGAIN_S[-1]]
    assert workers.after_death(deaths, ran_s=workers.WELL_AFTER_S + 1) == (1, 0.0)


async def test_a_server_that_is_told_to_stop_goes_on_until_a_proxy_has_turned_away() -> None:
    stopping = threading.Event()
    server = DrainingServer(uvicorn.Config(cast(Any, None)), stopping, drain_s=0.2)
    server.handle_exit(signal.SIGTERM, None)
    assert (stopping.is_set(), await server.on_tick(1)) == (True, False)
    await asyncio.sleep(0.25)
    assert await server.on_tick(2)


@pytest.mark.parametrize("again", [signal.SIGTERM, signal.SIGINT])
async def test_told_again_it_stops_at_once(again: signal.Signals) -> None:
    server = DrainingServer(uvicorn.Config(cast(Any, None)), threading.Event(), drain_s=60)
    server.handle_exit(signal.SIGTERM, None)
    server.handle_exit(again, None)
    assert await server.on_tick(1)


@pytest.fixture(scope="module")
def url(postgres_url: str) -> str:
    return new_database(postgres_url, "workers")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workers") / "data"


class Served:
    """A running `doorstep serve --workers 2`."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, database: Database) -> None:
        self.process, self.port, self.database = process, port, database

    def pids(self) -> set[int]:
        """Its workers, as the database knows them."""
        held = self.database.read(lambda c: holds.held(c, "serve:"))
        return {int(by.split()[1]) for by in held.values() if is_running(int(by.split()[1]))}

    def health(self) -> int:
        """The number of the worker that answers a new connection."""
        answer = httpx.get(f"http://127.0.0.1:{self.port}/v1/health", trust_env=False, timeout=20)
        return int(answer.raise_for_status().json()["worker"])


@contextmanager
def served(url: str, data: Path) -> Iterator[Served]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    database = Database(url)
    process = subprocess.Popen(
        [sys.executable, "-m", "sync_server.cli", "serve", "--workers", "2", "--port", str(port)],
        env={**os.environ, "DOORSTEP_DATABASE": url, "DOORSTEP_DATA": str(data)},
        stdout=subprocess.DEVNULL,
    )
    try:
        found = Served(process, port, database)
        until(lambda: len(found.pids()) == 2)
        yield found
    finally:
        process.kill()
        process.wait()
        database.close()


def until(look: Callable[[], bool]) -> None:
    until_s = time.monotonic() + LONG_S
    while not look():
        assert time.monotonic() < until_s
        time.sleep(0.1)


@POSIX
def test_a_killed_worker_is_replaced_and_the_others_answer_meanwhile(url: str, data: Path) -> None:
    with served(url, data) as server:
        before = server.pids()
        until(lambda: server.health() in (1, 2))
        os.kill(min(before), signal.SIGKILL)
        answers = [server.health() for _ in range(10)]  # none is refused
        assert set(answers) <= {1, 2}
        until(lambda: len(server.pids()) == 2)
        assert min(before) not in server.pids()
        former = server.pids()
        server.process.send_signal(signal.SIGUSR1)  # as a worker does when the office has chosen
        until(lambda: len(server.pids() - former) == 2 and not server.pids() & former)
        until(lambda: server.health() in (1, 2))
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(LONG_S) == 0
        assert server.pids() == set()


@POSIX
def test_workers_end_with_the_process_that_watches_over_them(url: str, data: Path) -> None:
    with served(url, data) as server:
        pids = server.pids()
        server.process.kill()
        until(lambda: not any(is_running(pid) for pid in pids))
