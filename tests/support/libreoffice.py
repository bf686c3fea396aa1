"""Open a workbook in LibreOffice, without a window."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

FILTERS = {"pdf": "pdf", "csv": "csv:Text - txt - csv (StarCalc):44,34,76"}
"""The filter for each kind; 76 is UTF-8 in that filter's numbers."""
SECONDS = 120
"""A first start makes a profile: about ten seconds here; the limit is for a busy machine."""


def converted(book: Path, kind: str) -> Path:
    """The workbook as LibreOffice writes it, `kind` being pdf or csv. Skips where it is not installed."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("NOT RUN: LibreOffice is not installed (soffice)")
    profile = book.parent / "profile"
    subprocess.run(
        [
            program,
            f"-env:UserInstallation={profile.as_uri()}",
            "--headless",
            "--convert-to",
            FILTERS[kind],
            "--outdir",
            str(book.parent),
            str(book),
        ],
        check=True,
        capture_output=True,
        timeout=SECONDS,
    )
    return book.with_suffix(f".{kind}")
