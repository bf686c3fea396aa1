"""Open a workbook in LibreOffice, without a window."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

FILTERS = {"pdf": "pdf", "csv": "csv:Text - txt - csv (StarCalc):44,34,76"}
"""The filter for each kind; 76 is UTF-8 in that filter's numbers."""
SECONDS = 120
"""A first start makes a profile: about ten seconds here; the limit is for a busy machine."""


def converted(book: Path, kind: str) -> Path:
    """The workbook as LibreOffice writes it, `kind` being pdf or csv. Skips where it is not installed."""
    return all_converted([book], kind)[0]


def all_converted(books: Sequence[Path], kind: str) -> list[Path]:
    """The same of several workbooks of one folder, in one start."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("NOT RUN: LibreOffice is not installed (soffice)")
    folder = books[0].parent
    profile = folder / "profile"
    subprocess.run(
        [
            program,
            f"-env:UserInstallation={profile.as_uri()}",
            "--headless",
            "--convert-to",
            FILTERS[kind],
            "--outdir",
            str(folder),
            *map(str, books),
        ],
        check=True,
        capture_output=True,
        timeout=SECONDS,
    )
    return [book.with_suffix(f".{kind}") for book in books]
