"""Read a file in a process of its own, so that no file can harm the server."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
from pathlib import Path
from threading import Timer

import msgspec

from shared.problems import ProblemError, Where
from sync_server.intake.parsed import Options, Parsed, decode
from sync_server.intake.report import Progress, no_progress, refused

TIMEOUT_S = 60.0
PROGRESS = b"progress "
"""What a line of the process begins with that says how many rows of how many were read."""


def read_in_subprocess(
    kind: str,
    path: Path,
    options: Options | None = None,
    *,
    progress: Progress = no_progress,
    timeout_s: float = TIMEOUT_S,
) -> Parsed:
    """Read a file as `parsed.read` does, in a short-lived process.

    Args:
        kind: one of `parsed.KINDS`.
        path: the file.
        options: what its reader is given besides.
        progress: takes how many rows of how many were read.
        timeout_s: the process is ended after so many seconds.

    Returns:
        The result; a process that dies or takes longer gives a report with intake.worker_died.
    """
    command = [sys.executable, "-m", "sync_server.intake", kind, str(path.absolute())]
    given = msgspec.json.encode(options or Options())
    with tempfile.TemporaryFile() as result:
        RUN([*command, "--options", "-"], given, result.fileno(), progress, timeout_s)
        result.seek(0)
        try:
            return decode(result.read())
        except msgspec.DecodeError:
            problem = ProblemError("intake.worker_died", Where(file=path.name))
            return Parsed(report=refused(problem))


def run_process(
    command: list[str], given: bytes, result: int, progress: Progress, timeout_s: float
) -> None:
    """Run a reading process to its end.

    Args:
        command: `python -m sync_server.intake` with its arguments.
        given: what it reads from standard input.
        result: descriptor of the file that takes its result.
        progress: takes how many rows of how many were read.
        timeout_s: the process is ended after so many seconds.
    """
    process = subprocess.Popen(  # noqa: S603 - our own module, no shell, the path is one argument
        command,
        stdin=subprocess.PIPE,
        stdout=result,
        stderr=subprocess.PIPE,
        cwd=Path(__file__).resolve().parents[2],
    )
    timer = Timer(timeout_s, process.kill)
    timer.daemon = True
    timer.start()
    with process:
        stdin, stderr = process.stdin, process.stderr
        if stdin is None or stderr is None:  # both are pipes
            return
        with contextlib.suppress(BrokenPipeError), stdin:
            stdin.write(given)
        for line in stderr:
            if line.startswith(PROGRESS):
                done, total = line.removeprefix(PROGRESS).split()
                progress(int(done), int(total))
    timer.cancel()


RUN = run_process
"""How a reading process is run. The tests read hundreds of files and put a fork here."""
