"""What the app loads for its first screen, and what while a PIN is typed."""

from __future__ import annotations

import subprocess
import sys

START = """
import asyncio, sys
import mobile.app
from mobile.ui import window
behind = {"mobile.ui.routes", *(name for name in window.STEPS if ".screens." in name)}
assert not behind & set(sys.modules), sorted(behind & set(sys.modules))
asyncio.run(window.load_screens())
before = set(sys.modules)
assert behind <= before
import mobile.ui.routes
assert set(sys.modules) == before
"""


def test_the_screens_behind_the_lock_are_loaded_after_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", START], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
