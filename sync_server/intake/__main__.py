"""Print what a file holds as JSON: `python -m sync_server.intake KIND FILE [--options JSON]`.

The output is `parsed.Parsed`. Exit code 0: the file was read (rows may be rejected: see the
report), 1: it was refused as a whole, 2: wrong arguments. `--options -` reads the options from
standard input, because a list of known characters is too long for a command line. Standard error
says how far it is: `progress 2500 9783`.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import sys
import time
from pathlib import Path
from threading import Thread

import msgspec

from sync_server.intake.parsed import KINDS, Options, encode, read

MOST_MEMORY_BYTES = 2 * 2**30
WATCH_S = 0.5


def main(arguments: list[str]) -> int:
    """Read one file and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m sync_server.intake", description="Read an office's file."
    )
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("file", type=Path)
    parser.add_argument(
        "--options",
        default="{}",
        help="JSON of season, sheet, header_row, mapping, known_schools, …; - reads it",
    )
    given = parser.parse_args(arguments)
    text = sys.stdin.buffer.read() if given.options == "-" else given.options.encode()
    try:
        options = msgspec.json.decode(text, type=Options)
    except msgspec.DecodeError as error:
        parser.error(f"--options: {error}")
    _limit_memory()
    gc.disable()  # the process ends before it would pay
    parsed = read(given.kind, given.file, options, _say)
    sys.stdout.buffer.write(encode(parsed) + b"\n")
    return 0 if parsed.result is not None else 1


def end_with_parent() -> None:
    """End this process once its parent is gone: nobody waits for the result or ends it then."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(WATCH_S)
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def _say(done: int, total: int) -> None:
    sys.stderr.write(f"progress {done} {total}\n")
    sys.stderr.flush()


def _limit_memory() -> None:
    """Limit memory where the system can (not on Windows): a bad file ends this process only."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))


if __name__ == "__main__":
    end_with_parent()
    sys.exit(main(sys.argv[1:]))
