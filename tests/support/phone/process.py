"""The phone's core as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from shared.clock import VARIABLE

VISIT = {
    "do": "record",
    "kind": "visit",
    "case": "case-1",
    "body": {"met": "self", "outcome": "promised"},
}


class Process:
    """`python -m mobile.headless DIR`."""

    def __init__(self, directory: Path) -> None:
        environment = {**os.environ, VARIABLE: "2019-12-12T10:00+08:00"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mobile.headless", str(directory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )

    def say(self, line: bytes) -> dict[str, Any]:
        """One line in, one answer out."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()
        heard: dict[str, Any] = json.loads(self.process.stdout.readline())
        return heard

    def do(self, **command: object) -> Any:
        """The result of a command that must succeed."""
        heard = self.say(json.dumps(command).encode())
        assert heard["ok"], heard
        return heard["result"]

    def end(self, *, kill: bool = False) -> int:
        """Close its input (or kill it) and wait."""
        if kill:
            self.process.kill()
        self.process.communicate()
        return self.process.returncode
