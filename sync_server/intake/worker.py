"""A file is read in a process of its own: whatever is wrong with it, the server neither grows nor falls."""

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
    """As `parsed.read`, in a short-lived process. One that dies or takes longer gives `intake.worker_died`."""
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
