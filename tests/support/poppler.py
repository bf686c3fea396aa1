"""The tools of poppler: a second reader's opinion of a PDF."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest


def poppler(tool: str, *args: str) -> str:
    """A tool of poppler, or a loud skip; REQUIRE_POPPLER=1 makes its absence a failure."""
    if shutil.which(tool) is None:
        if os.environ.get("REQUIRE_POPPLER") == "1":
            pytest.fail(f"{tool} is not installed and REQUIRE_POPPLER=1")
        pytest.skip(
            f"{tool} (poppler-utils) is not installed: the second reader's opinion was not asked"
        )
    return subprocess.run([tool, *args], capture_output=True, text=True, check=True).stdout
