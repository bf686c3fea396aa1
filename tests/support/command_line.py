"""The command line `doorstep`: called in this process, or run as one of its own where that is the point."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any

from typer import main as typer_main

from sync_server.cli.main import main

Done = subprocess.CompletedProcess[str]
typer_main.get_command = cache(typer_main.get_command)  # 70 ms of processor time at each call


def doorstep(*arguments: str | Path, data: Path | None = None) -> Done:
    """Call one command's entry; a start of Python and its imports (a second of CPU) is saved."""
    words = _words(arguments, data)
    out, err, code = io.StringIO(), io.StringIO(), 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main(words)
        except SystemExit as end:
            code = int(end.code or 0)
    return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())


def doorstep_process(*arguments: str | Path, data: Path | None = None) -> Done:
    """Run one command to its end as a process."""
    command = [sys.executable, "-m", "sync_server.cli", *_words(arguments, data)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def report(done: Done) -> Any:
    """The machine form a command printed; never a traceback beside it."""
    assert "Traceback" not in done.stderr
    return json.loads(done.stdout)


def _words(arguments: tuple[str | Path, ...], data: Path | None) -> list[str]:
    return [*map(str, arguments), *(() if data is None else ("--data", str(data)))]
