"""The files of deploy/ as tests read them, and the programs that judge them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.sites import ROOT

DEPLOY = ROOT / "deploy"
TEXTS = sorted(p for p in DEPLOY.rglob("*") if p.is_file() and "secrets" not in p.parts)
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
SCRIPTS = ("with-secrets", "make-secrets")
CONTAINER = (DEPLOY / "Containerfile").read_text("utf-8")
GUIDE = (DEPLOY / "README.md").read_text("utf-8")
PROXY = (DEPLOY / "haproxy.cfg").read_text("utf-8")


def program(name: str) -> str:
    """A linter of the virtual environment or the system; skips by name where it is nowhere."""
    found = shutil.which(name, path=f"{Path(sys.executable).parent}:{os.environ['PATH']}:/usr/sbin")
    if found is None:
        pytest.skip(f"NOT CHECKED: {name} is not installed")
    return found


def run(*command: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, **more)


def clean(found: subprocess.CompletedProcess[str]) -> None:
    assert found.returncode == 0, found.stdout + found.stderr


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    return found


def directives(unit: Path) -> list[tuple[str, str]]:
    lines = unit.read_text("utf-8").splitlines()
    return [(n, v) for n, sep, v in (x.partition("=") for x in lines) if sep and n[:1] != "#"]
