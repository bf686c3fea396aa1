"""The command line `doorstep` run as a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any


def doorstep(*arguments: str | Path, data: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    command = [sys.executable, "-m", "sync_server.cli", *map(str, arguments)]
    if data is not None:
        command += ["--data", str(data)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def report(done: subprocess.CompletedProcess[str]) -> Any:
    """The machine form a command printed; never a traceback beside it."""
    assert "Traceback" not in done.stderr
    return json.loads(done.stdout)
