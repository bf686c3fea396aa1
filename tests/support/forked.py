"""Phones and servers as processes of their own, forked from one that has imported everything: no start of Python each."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, BinaryIO, cast

from mobile import headless
from shared.clock import VARIABLE
from sync_server.sample import processes
from tests.support import engines, file_engine
from tests.support.forks import FORKS

engines.use()  # for every process that is forked from the one that imported this
file_engine.use()  # for every process that is forked from the one that imported this


class _Running:
    """What `processes.Process` asks of a child, of a forked one."""

    def __init__(
        self,
        child: BaseProcess,
        stdin: BinaryIO | None = None,
        stdout: BinaryIO | None = None,
    ) -> None:
        self._child, self.stdin, self.stdout = child, stdin, stdout

    def poll(self) -> int | None:
        return self._child.exitcode

    def send_signal(self, how: int) -> None:
        assert self._child.pid is not None
        os.kill(self._child.pid, how)

    def kill(self) -> None:
        self._child.kill()

    def wait(self, timeout: float) -> None:
        self._child.join(timeout)
        if self._child.exitcode is None:
            raise TimeoutError(f"{self._child.pid} does not end")


def _address() -> str:
    """Where the fork server of the tests listens; it runs from now on."""
    forkserver.ensure_running()
    return str(forkserver._forkserver._forkserver_address)


def _jobs_of(address: str) -> None:
    """Have a forked server start its heavy jobs by the same fork server: otherwise each imports everything anew."""
    from sync_server.office import subprocess_call  # imported already where this runs

    gc.freeze()  # what was imported for others need not be walked through again and again
    ours = cast(Any, forkserver._forkserver)
    ours._forkserver_address, ours.ensure_running = address, lambda: None
    subprocess_call.STARTED_BY, subprocess_call.NICE = FORKS, 0


class ForkedPhone(processes.Phone):
    """The same phone without screens; `python -m mobile.headless` itself is tried by tests/mobile/test_headless.py."""

    def start(self, *, pipes: bool = True) -> None:
        given, asks = FORKS.Pipe(duplex=False)
        reader, writer = FORKS.Pipe(duplex=False)
        child = FORKS.Process(
            target=_answer,
            args=(self.directory, self.environ[VARIABLE], given, writer),
            daemon=True,
        )
        child.start()
        given.close()
        writer.close()
        stdin = os.fdopen(os.dup(asks.fileno()), "wb")
        stdout = os.fdopen(os.dup(reader.fileno()), "rb")
        asks.close()
        reader.close()
        self.process = cast(Any, _Running(child, cast(BinaryIO, stdin), cast(BinaryIO, stdout)))


class ForkedServer(processes.Process):
    """The server over a data folder on a port; `doorstep serve` itself is started by tests/browser."""

    def __init__(self, data: Path, port: int, clock: str) -> None:
        super().__init__()
        self._serves = (data, port, clock)

    def start(self, *, pipes: bool = False) -> None:
        child = FORKS.Process(target=_serve, args=(_address(), *self._serves), daemon=True)
        child.start()
        self.process = cast(Any, _Running(child))


class ForkedCommand(processes.Process):
    """`doorstep` with these words; the command is the real one, only its start is not."""

    def start(self, *, pipes: bool = False) -> None:
        given = (_address(), self.environ, self.command, self.log)
        child = FORKS.Process(target=_run, args=given, daemon=True)
        child.start()
        self.process = cast(Any, _Running(child))


def forked_command(words: Sequence[str], environ: dict[str, str], answer: Path) -> int:
    """Run `doorstep` with these words to its end, what it prints in a file; its exit code."""
    child = FORKS.Process(target=_answered, args=(_address(), environ, words, answer), daemon=True)
    child.start()
    child.join()
    assert child.exitcode is not None
    return child.exitcode


def _answered(address: str, environ: dict[str, str], words: Sequence[str], answer: Path) -> None:
    with answer.open("wb") as file:
        os.dup2(file.fileno(), sys.stdout.fileno())
    _run(address, environ, words, None)


def _serve(address: str, data: Path, port: int, clock: str) -> None:
    from tests.support.serve import serve_on  # imported already where this runs

    multiprocessing.current_process().daemon = False  # as below
    _jobs_of(address)
    serve_on(data, port, clock)


def _run(address: str, environ: dict[str, str], words: Sequence[str], log: Path | None) -> None:
    from tests.support.heavy import cli  # imported already where this runs

    # a daemon to the tests, that is, ended with them; but one that has children
    multiprocessing.current_process().daemon = False
    _jobs_of(address)
    os.environ.update(environ)
    if log is not None:
        _written_to(log)
    cli.main(words)


def _written_to(log: Path) -> None:
    """What this process says goes to a file."""
    with log.open("ab") as file:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(file.fileno(), stream.fileno())


def forked_app(environ: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    """The preview of a phone as tests/support/browser/driver.py starts it."""
    child = FORKS.Process(target=_show, args=(environ, log), daemon=True)
    child.start()
    return cast(Any, _Running(child))


def _show(environ: dict[str, str], log: Path) -> None:
    from tests.support.heavy import app

    gc.freeze()  # what was imported for others need not be walked through again and again
    os.environ.update(environ)
    _written_to(log)
    app.start()


def _answer(directory: Path, clock: str, given: Connection, writer: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.environ[VARIABLE] = clock
    sys.stdin = os.fdopen(given.fileno(), "r", closefd=False)
    sys.stdout = os.fdopen(writer.fileno(), "w", closefd=False)
    asyncio.run(headless.run(directory))
