"""Runs the other programs a build needs: pip, node, Flet. No argument comes from a user."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path


def run(
    command: Sequence[str], *, cwd: Path | None = None, show_output: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run to the end, without a shell; output in the result, or with `show_output` on screen.

    Raises: OSError when it cannot start.
    """
    hidden = not show_output
    return subprocess.run(command, cwd=cwd, capture_output=hidden, encoding="utf-8", check=False)
