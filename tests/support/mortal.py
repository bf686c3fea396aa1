"""A server that is killed and started again: forked from a process that built its routes once, so that a start is cheap."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

import httpx
import uvicorn
from litestar import Litestar

from sync_server.app import create_app
from sync_server.services import Services
from sync_server.settings import Settings
from tests.support.forks import FORKS
from tests.support.one_app import app_over
from tests.support.serve import listen

ANSWER_S = 60


class Mortal:
    """The server on one port and folder; `start` and `kill` return when it is done."""

    def __init__(self, asks: Connection, port: int) -> None:
        self._asks, self.port = asks, port

    def start(self) -> None:
        self._ask("start")

    def kill(self) -> None:
        self._ask("kill")

    def _ask(self, what: str) -> None:
        self._asks.send(what)
        assert self._asks.poll(ANSWER_S), f"no answer to {what}"
        self._asks.recv()


@contextmanager
def mortal_server(settings: Settings) -> Iterator[Mortal]:
    """A server over a data folder, not started yet; dead at the end, whatever happened."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ours, theirs = FORKS.Pipe()
    starter = FORKS.Process(target=_starter, args=(theirs, settings, port))
    starter.start()
    theirs.close()
    try:
        yield Mortal(ours, port)
    finally:
        ours.close()  # the starter kills what it started, and ends
        starter.join(ANSWER_S)


def _starter(asked: Connection, settings: Settings, port: int) -> None:
    built_in = settings.data_dir.with_name("built")
    built = create_app(Settings(data_dir=built_in, clock_spec=settings.clock_spec))
    built.state["services"].close()
    shutil.rmtree(built_in)
    assert threading.active_count() == 1, "a fork would lose threads"
    child = 0
    while True:
        try:
            what = asked.recv()
        except EOFError:
            what = "end"
        if child:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            child = 0
        if what == "end":
            return
        if what == "start":
            child = os.fork() or _serve(built, settings, port)
        asked.send(what)


def _serve(built: Litestar, settings: Settings, port: int) -> int:
    services = Services.open(settings).in_season()
    app = app_over(built, services)
    config = uvicorn.Config(app, log_level="critical", lifespan="off")
    uvicorn.Server(config).run(sockets=[listen(port)])
    os._exit(0)


async def up(http: httpx.AsyncClient) -> None:
    """Wait until the server answers."""
    async with asyncio.timeout(120):
        while True:
            try:
                if (await http.get("/v1/health")).is_success:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.01)
