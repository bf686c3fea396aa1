"""Starts the other programs a build needs: pip, node, Flet's own command. What they are told is ours, never a user's."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path


def run(
    command: Sequence[str], *, cwd: Path | None = None, show_output: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run to the end, without a shell; its words in the result or, `show_output`, on screen. Raises: OSError when it cannot start."""
    return subprocess.run(command, cwd=cwd, capture_output=not show_output, text=True, check=False)  # noqa: S603  see above
