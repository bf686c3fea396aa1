"""The processes of the demonstration: a server, phones, an app, and a loop for the fault proxy."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread
from typing import Any

import httpx

from shared.clock import VARIABLE

KILL = signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL
"""Ends a process without a word to it; on Windows every signal does."""
ROOT = Path(__file__).resolve().parents[2]


class Process:
    """A child process of the demonstration; ended with it, and killable."""

    log: Path | None = None
    """The file its output goes to; None: the demonstration's own terminal."""

    def __init__(self, *command: str, **environ: str) -> None:
        """Prepare a Python process; `start` runs it.

        Args:
            *command: the arguments of the Python interpreter.
            **environ: further environment variables.
        """
        paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
        self.command, self.environ = command, {**os.environ, "PYTHONPATH": paths, **environ}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, pipes: bool = False) -> None:
        """Start the process.

        Args:
            pipes: whether to talk to it through stdin and stdout.
        """
        pipe = subprocess.PIPE if pipes else None
        command = [sys.executable, *self.command]
        if self.log is None:
            self.process = subprocess.Popen(command, env=self.environ, stdin=pipe, stdout=pipe)
            return
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, env=self.environ, stdout=log, stderr=log)

    def stop(self, how: int = signal.SIGTERM) -> None:
        """End the process with a signal and close its pipes; nothing happens when it has ended."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(timeout=20)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()

    @property
    def running(self) -> bool:
        """Whether the process runs."""
        return self.process is not None and self.process.poll() is None


class Phone(Process):
    """A phone without screens: `python -m mobile.headless DIR`, JSON lines in and out."""

    def __init__(self, directory: Path, teacher: str, unit: str, clock: str) -> None:
        """Prepare a phone; its first command starts it.

        Args:
            directory: where the phone keeps its data.
            teacher: the name of the teacher who has it.
            unit: the code of the teacher's school.
            clock: the phone's clock, see `shared.clock`.
        """
        super().__init__("-m", "mobile.headless", str(directory), **{VARIABLE: clock})
        self.directory, self.teacher, self.unit = directory, teacher, unit

    def ask(self, do: str, **values: Any) -> Any:
        """Run one command and return its result.

        Args:
            do: the command.
            **values: its arguments.

        Raises:
            RuntimeError: with the phone's sentence when it refuses.
        """
        if not self.running:
            self.start(pipes=True)
        if self.process is None or self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError(f"{self.teacher}: no pipes")
        self.process.stdin.write(json.dumps({"do": do, **values}).encode() + b"\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if not answer["ok"]:
            raise RuntimeError(f"{self.teacher}: {answer['code']} {answer['message']}")
        return answer["result"]


class Background:
    """An event loop in a thread, for the fault proxy."""

    def __init__(self) -> None:
        """Start the thread."""
        self.loop = asyncio.new_event_loop()
        Thread(target=self.loop.run_forever, daemon=True).start()

    def run(self, work: Any) -> Any:
        """Run a coroutine in the loop and return its result."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=30)


def free_port(first: int) -> int:
    """Return the first port from `first` on that nobody uses."""
    for port in range(first, first + 200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise RuntimeError("没有空闲端口")


def wait_until_up(url: str, deadline_s: float = 120) -> None:
    """Return when the server answers.

    Args:
        url: the server's address.
        deadline_s: how long to wait, in seconds.

    Raises:
        RuntimeError: at the deadline.
    """
    until = time.monotonic() + deadline_s
    while time.monotonic() < until:
        try:
            if httpx.get(f"{url}/v1/health", trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError(f"{url} 没有起来")
