"""A process of the cluster: started with its output in a file, killed or stopped without a word to it, always ended."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

END_S = 20.0


def say(words: str) -> None:
    """A line to the terminal, at once, with the time."""
    print(f"{time.strftime('%H:%M:%S')}  {words}", flush=True)  # noqa: T201


class Child:
    """One process in a session of its own, so that a signal reaches what it started, too."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        user: str | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.name, self.command, self.log, self.user = name, list(command), log, user
        self.environ = dict(environ) if environ is not None else None
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        groups = {"user": self.user, "group": self.user, "extra_groups": []} if self.user else {}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environ,
                cwd=self.log.parent,
                start_new_session=True,
                **groups,
            )

    @property
    def pid(self) -> int:
        assert self.process is not None, f"{self.name} was never started"
        return self.process.pid

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def signal(self, how: int) -> None:
        """Send a signal to the process and to all that came of it, in sessions of their own too."""
        others = descendants(self.pid)[1:] if self.running else []
        with suppress(ProcessLookupError):
            os.killpg(self.pid, how)
        for pid in others:
            with suppress(ProcessLookupError):
                os.kill(pid, how)

    def kill(self) -> None:
        """End it as a power cut would; return when it is dead."""
        if self.process is not None:
            self.signal(signal.SIGKILL)
            self.process.wait(END_S)

    def stop(self) -> None:
        """End it in order, and by force where it does not end."""
        if not self.running or self.process is None:
            return
        self.signal(signal.SIGCONT)
        self.process.terminate()
        try:
            self.process.wait(END_S)
        except subprocess.TimeoutExpired:
            self.kill()
        self.signal(signal.SIGKILL)  # what it left behind


def own(folder: Path, user: str | None) -> Path:
    """Make a folder for a user's eyes only."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    if user:
        shutil.chown(folder, user, user)
    return folder


def descendants(pid: int) -> list[int]:
    """A process and all that came of it, parents first."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def until(what: str, holds: Callable[[], object], deadline_s: float = 60.0) -> float:
    """Wait until something holds; the seconds it took."""
    begun = time.monotonic()
    while not holds():
        if time.monotonic() - begun > deadline_s:
            raise TimeoutError(f"{what}: not within {deadline_s:.0f} s")
        time.sleep(0.1)
    return time.monotonic() - begun
