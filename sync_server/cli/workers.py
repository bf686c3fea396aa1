"""`doorstep serve --workers N`: one process that watches over N which serve on the same sockets.

It listens; they accept. One that dies is started again, at once and then more slowly; what it had
accepted is lost with it, and phones send that again, but nobody who waits to be accepted is turned
away. Ctrl+C and SIGTERM are passed on, and work in progress is waited for. A worker that sees this
process end (its standard input closes) ends too.
"""

from __future__ import annotations

import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from shared.problems import ProblemError
from sync_server.settings import Settings

MOST = 64
LOOK_S = 0.2
"""How often the parent process checks its workers and the signals it received."""
AGAIN_S = (0.0, 1.0, 2.0, 5.0, 15.0, 30.0)
"""How long a worker that died is left alone: the first time not at all."""
WELL_AFTER_S = 60.0
"""A worker that ran so long died of something new."""
BACKLOG = 2048
PROGRAM = "sync_server.cli.worker"


class Orders(msgspec.Struct, frozen=True, kw_only=True):
    """Options of a worker, sent as the first line of its standard input.

    Attributes:
        data: The data folder.
        host: Of the command line, as port, cert, key and proxies; None for what was not given.
        drain_s: Seconds it goes on serving after SIGTERM while /v1/ready answers 503.
        sockets: File descriptors to serve on.
        number: Which worker it is, from 1.
        run: The name of this start.
        started: When the server started: a demonstration's clock goes by it.
        failed: Code and values of why the last change did not come about.
    """

    data: str
    host: str | None
    port: int | None
    cert: str | None
    key: str | None
    proxies: tuple[str, ...]
    drain_s: float
    sockets: tuple[int, ...]
    number: int
    run: str
    started: datetime
    failed: tuple[str, dict[str, Any]] = ("", {})


def check(settings: Settings, workers: int) -> None:
    """Refuse what several processes cannot serve.

    Raises:
        ProblemError: serve.workers_number, serve.workers_system, serve.workers_sqlite.
    """
    if not 1 <= workers <= MOST:
        raise ProblemError("serve.workers_number", most=MOST)
    if workers == 1:
        return
    if sys.platform == "win32":
        raise ProblemError("serve.workers_system")
    if not settings.is_shared:
        raise ProblemError("serve.workers_sqlite")


def listening(host: str, port: int) -> list[socket.socket]:
    """Return sockets that listen on every address of a host, for workers to inherit."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    made: list[socket.socket] = []
    for family, kind, protocol, _, address in found:
        sock = socket.socket(family, kind, protocol)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(address)
        sock.listen(BACKLOG)
        made.append(sock)
    return made


def after_death(deaths: int, ran_s: float) -> tuple[int, float]:
    """Return how many deaths in a row there were with this one, and how long to wait after it."""
    before = 0 if ran_s > WELL_AFTER_S else deaths
    return before + 1, AGAIN_S[min(before, len(AGAIN_S) - 1)]


@dataclass
class Worker:
    """A process that serves, and when it may be started again."""

    orders: Orders
    process: subprocess.Popen[bytes] | None = None
    began_s: float = 0.0
    deaths: int = 0
    again_s: float = 0.0

    def keep_running(self, now_s: float) -> str:
        """Start it if it is due; return what there is to say of it."""
        said = ""
        if self.process is not None and (code := self.process.poll()) is not None:
            self._close()
            self.deaths, wait_s = after_death(self.deaths, now_s - self.began_s)
            self.again_s = now_s + wait_s
            said = f"进程 {self.orders.number} 结束了({code}),{wait_s:.0f} 秒后再启动"
        if self.process is None and now_s >= self.again_s:
            self._start(now_s)
        return said

    def _start(self, now_s: float) -> None:
        self.process = subprocess.Popen(  # noqa: S603 - this program, and numbers of ours
            [sys.executable, "-m", PROGRAM],
            stdin=subprocess.PIPE,
            pass_fds=self.orders.sockets,
            start_new_session=True,  # Ctrl+C in the terminal reaches the watching process alone
        )
        self.began_s = now_s
        try:
            if self.process.stdin is not None:
                self.process.stdin.write(msgspec.json.encode(self.orders) + b"\n")
                self.process.stdin.flush()
        except BrokenPipeError:  # it died already, which the next look finds
            return

    def tell(self, signal_number: int) -> None:
        """Pass a signal on."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal_number)

    def wait(self, seconds: float) -> None:
        """Wait for its end, and end it where that takes longer."""
        if self.process is None:
            return
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._close()

    def _close(self) -> None:
        if self.process is not None and self.process.stdin is not None:
            with suppress(BrokenPipeError):
                self.process.stdin.close()
        self.process = None


@dataclass
class Told:
    """What signals have asked for: to end, to end at once, to begin anew."""

    end: bool = False
    at_once: bool = False
    again: bool = False

    def take(self, number: int, _: object) -> None:
        """Take a signal."""
        if number in (signal.SIGINT, signal.SIGTERM):
            self.at_once |= self.end
            self.end = True
        else:
            self.again = True


@contextmanager
def told() -> Iterator[Told]:
    """Take signals while workers run."""
    found = Told()
    if sys.platform == "win32":  # refused before
        yield found
        return
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)
    before = {number: signal.signal(number, found.take) for number in numbers}
    try:
        yield found
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # pressed twice: the change is under way


def until_told(workers: Sequence[Worker], finish_s: float, say: Callable[[str], None]) -> bool:
    """Keep workers running until somebody ends them; return whether they are to begin anew.

    Args:
        workers: The workers.
        finish_s: How long work in progress is waited for.
        say: Writes a line to the terminal.
    """
    with told() as asked:
        try:
            while not (asked.end or asked.again):
                for worker in workers:
                    if words := worker.keep_running(time.monotonic()):
                        say(words)
                time.sleep(LOOK_S)
        finally:
            _end(workers, finish_s, asked)
        return asked.again and not asked.end


def _end(workers: Sequence[Worker], finish_s: float, asked: Told) -> None:
    for worker in workers:
        worker.tell(signal.SIGTERM)
    until_s = time.monotonic() + finish_s
    for worker in workers:
        while worker.process is not None and worker.process.poll() is None:
            if asked.at_once or time.monotonic() > until_s:
                break
            time.sleep(LOOK_S / 4)
        worker.wait(0.1 if asked.at_once else max(0.1, until_s - time.monotonic()))


def new_run() -> str:
    """Return a name for this start, which its workers share."""
    return secrets.token_hex(8)
