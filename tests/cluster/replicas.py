"""The servers of ours: `doorstep serve` as it is installed, each with a data folder of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx

from tests.cluster.child import Child, until

UP_S = 90.0


class Replica:
    """One server; it comes back on its port with its folder."""

    def __init__(
        self, name: str, port: int, folder: Path, environ: Mapping[str, str], *more: str
    ) -> None:
        self.name, self.port, self.data = name, port, folder / name
        self.data.mkdir(mode=0o700)
        self.url = f"http://127.0.0.1:{port}"
        doorstep = str(Path(sys.executable).with_name("doorstep"))
        command = [doorstep, "serve", "--host", "127.0.0.1", "--port", str(port), *more]
        ours = {k: v for k, v in os.environ.items() if not k.startswith(("DOORSTEP_", "AWS_"))}
        whole = {**ours, **environ, "DOORSTEP_DATA": str(self.data), "NO_COLOR": "1"}
        self.child = Child(name, command, folder / f"{name}.log", None, whole)

    def start(self) -> None:
        self.child.start()

    def until_up(self) -> float:
        return until(f"{self.name} answers", self.answers, UP_S)

    def answers(self) -> bool:
        """Whether it says that it can take requests."""
        try:
            return httpx.get(f"{self.url}/v1/ready", trust_env=False, timeout=5).is_success
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        self.child.kill()

    def stop(self) -> None:
        self.child.stop()
