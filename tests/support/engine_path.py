"""Processes that tests start find the engines of the run (tests/support/engine_site)."""

from __future__ import annotations

import os
from pathlib import Path

_SITE = str(Path(__file__).parent / "engine_site")


def started_too() -> None:
    """Let every Python that is started from now on read engine_site/sitecustomize.py first."""
    before = os.environ.get("PYTHONPATH", "")
    if _SITE not in before.split(os.pathsep):
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (_SITE, before)))
