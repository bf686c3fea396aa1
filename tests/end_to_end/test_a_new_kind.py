"""A new kind of record is one record module and one form module: no other file has to know it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path


def test_one_record_module_and_one_form_module_are_enough(blank: Path, tmp_path: Path) -> None:
    shutil.copytree(blank, tmp_path / "server")
    command = [sys.executable, "-W", "error", "-m", "tests.support.new_kind", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
