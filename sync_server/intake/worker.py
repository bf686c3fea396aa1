"""Read a file in a process of its own, so that no file can harm the server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec

from shared.problems import ProblemError, Where
from sync_server.intake.parsed import Options, Parsed, decode
from sync_server.intake.report import refused

TIMEOUT_S = 60.0


def read_in_subprocess(
    kind: str, path: Path, options: Options | None = None, *, timeout_s: float = TIMEOUT_S
) -> Parsed:
    """Read a file as `parsed.read` does, in a short-lived process.

    Args:
        kind: one of `parsed.KINDS`.
        path: the file.
        options: what its reader is given besides.
        timeout_s: the process is ended after so many seconds.

    Returns:
        The result; a process that dies or takes longer gives a report with intake.worker_died.
    """
    command = [
        sys.executable,
        "-m",
        "sync_server.intake",
        kind,
        str(path.absolute()),
        "--options",
        "-",
    ]
    root = Path(__file__).resolve().parents[2]
    try:
        done = subprocess.run(  # noqa: S603 - our own module, no shell, the path is one argument
            command,
            input=msgspec.json.encode(options or Options()),
            capture_output=True,
            timeout=timeout_s,
            cwd=root,
        )
        return decode(done.stdout)
    except (subprocess.TimeoutExpired, msgspec.DecodeError):
        return Parsed(report=refused(ProblemError("intake.worker_died", Where(file=path.name))))
