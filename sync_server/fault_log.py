"""Write unforeseen faults to logs/errors.log of the data folder, without what people entered.

A message of an exception may quote a name, an ID number or a token. Written are the places in the
code, the types of the exceptions, and of a message only what carries no data: codes of ours, of the
operating system and of the database.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from shared.problems import ProblemError
from sync_server.data_folder import make_folder

MOST_BYTES = 1_000_000
"""Size of one file; five older ones are kept."""
OLDER_FILES = 5


class _WithoutMessages(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        lines = [f"{self.formatTime(record)} {record.levelname} {record.getMessage()}"]
        if record.exc_info and record.exc_info[1] is not None:
            lines += described(record.exc_info[1])
        return "\n".join(lines)


def write_to(data_dir: Path) -> None:
    """Log the faults of this process to a data folder from now on, and to no other any more."""
    folder = data_dir / "logs"
    make_folder(folder)
    handler = RotatingFileHandler(
        folder / "errors.log",
        maxBytes=MOST_BYTES,
        backupCount=OLDER_FILES,
        encoding="utf-8",
        delay=True,  # a file is made with the first fault
    )
    handler.setLevel(logging.ERROR)
    handler.setFormatter(_WithoutMessages())
    log = logging.getLogger("doorstep")
    for earlier in [h for h in log.handlers if isinstance(h, RotatingFileHandler)]:
        log.removeHandler(earlier)
        earlier.close()
    log.addHandler(handler)


def described(error: BaseException) -> Iterator[str]:
    """Describe an exception and what led to it, the first cause first; no message is quoted.

    Yields:
        A line for each exception, followed by one for each place it passed.
    """
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield from described(cause)
    yield f"{type(error).__module__}.{type(error).__qualname__} {_code(error)}".rstrip()
    for place in traceback.extract_tb(error.__traceback__):
        yield f"  {place.filename}:{place.lineno} {place.name}"


def _code(error: BaseException) -> str:
    """What identifies an exception and quotes nothing that somebody entered."""
    if isinstance(error, ProblemError):
        return error.code
    if isinstance(error, OSError) and error.errno:
        return f"errno {error.errno}"
    found: Any = getattr(error, "orig", error)
    return str(getattr(found, "sqlite_errorname", "") or getattr(found, "sqlstate", "") or "")
