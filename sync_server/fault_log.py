"""Write unforeseen faults to logs/errors.log of the data folder, without what people entered.

A message of an exception may quote a name, an ID number or a token, and so may what a library logs.
Written are the places in the code, the types of the exceptions, and of a message only what carries
no data: codes of ours, of the operating system and of the database. In a process of ours nothing
else is written anywhere, least of all to its terminal, which a service manager keeps (`take_over`).
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from shared.problems import ProblemError
from sync_server.data_folder import make_folder

FOLDER = "logs"
OURS = "doorstep"
"""Beginning of the names of our own loggers; what they log has no data in it."""
MOST_BYTES = 1_000_000
"""Size of one file; five older ones are kept."""
OLDER_FILES = 5
MOST_CHARACTERS = 20_000
"""Of one fault: an endless recursion has a thousand places."""
PLACES = 60
"""Places of one exception, the last ones: where it was raised, and how that was reached."""
ENDED = "程序出错,已经结束;原因记在 logs/errors.log / ended by a fault: see logs/errors.log\n"
"""All that a terminal shows of a fault that nothing has foreseen."""

_log = logging.getLogger(OURS)


class _WithoutMessages(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        ours = record.name.split(".")[0] == OURS
        what = record.getMessage() if ours else f"{record.name} {record.module}:{record.lineno}"
        lines = [f"{self.formatTime(record)} {record.levelname} {what}"]
        if record.exc_info and record.exc_info[1] is not None:
            lines += described(record.exc_info[1])
        return "\n".join(lines)[:MOST_CHARACTERS]


class _ToFaultFile(logging.Handler):
    """Passes what libraries log on to the file, where their messages are left out."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.split(".")[0] != OURS:
            for handler in _log.handlers:
                if record.levelno >= handler.level:
                    handler.handle(record)


def write_to(data_dir: Path) -> None:
    """Log the faults of this process to a data folder from now on, and to no other any more."""
    folder = data_dir / FOLDER
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
    for earlier in _files():
        _log.removeHandler(earlier)
        earlier.close()
    _log.addHandler(handler)


def forget(data_dir: Path) -> None:
    """Delete every log; the next fault begins a new one.

    Raises:
        OSError: one stays.
    """
    for handler in _files():
        handler.close()  # opened again by the next fault; Windows deletes no open file
    make_folder(data_dir / FOLDER)
    shutil.rmtree(data_dir / FOLDER)
    make_folder(data_dir / FOLDER)


def _files() -> list[RotatingFileHandler]:
    return [handler for handler in _log.handlers if isinstance(handler, RotatingFileHandler)]


def take_over() -> None:
    """Let nothing of this process print a traceback, a warning or a library's message.

    For a process that is all ours, not for a program that calls a part of this one.
    """
    logging.getLogger().addHandler(_ToFaultFile())
    logging.raiseExceptions = False  # a full disk would have record and arguments printed
    sys.excepthook = _exception
    sys.unraisablehook = _unraisable
    threading.excepthook = _thread
    warnings.showwarning = _warning


def silence() -> None:
    """Do as `take_over`, in a process that does one job: what native libraries print goes, too."""
    take_over()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def _exception(_: type[BaseException], error: BaseException, __: TracebackType | None) -> None:
    if not isinstance(error, KeyboardInterrupt):
        _log.error("process ended", exc_info=error)
        sys.stderr.write(ENDED)


def _thread(found: threading.ExceptHookArgs) -> None:
    _log.error("thread ended", exc_info=found.exc_value)


def _unraisable(found: Any) -> None:  # sys.UnraisableHookArgs exists for type checkers only
    _log.error("unraisable", exc_info=found.exc_value)


def _warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    _log.error("%s %s:%d", category.__name__, filename, lineno)


def described(error: BaseException, within: frozenset[int] = frozenset()) -> Iterator[str]:
    """Describe an exception and what led to it, the first cause first; no message is quoted.

    Args:
        error: The exception.
        within: Those that it led to, by `id`: an exception may lead to itself.

    Yields:
        A line for each exception, followed by one for each place it passed.
    """
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    within |= {id(error)}
    if cause is not None and id(cause) not in within:
        yield from described(cause, within)
    yield f"{type(error).__module__}.{type(error).__qualname__} {_code(error)}".rstrip()
    places = error.places if isinstance(error, InSubprocess) else places_of(error)
    yield from (f"  {place}" for place in places)
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            if id(one) not in within:
                yield from described(one, within)


class InSubprocess(Exception):
    """The cause of an exception that a subprocess raised: the places it passed there.

    Attributes:
        places: File, line and function of each, without any message.
    """

    def __init__(self, places: tuple[str, ...]) -> None:
        super().__init__()
        self.places = places


def places_of(error: BaseException) -> tuple[str, ...]:
    """Return the last places that an exception passed, as `file:line function`."""
    passed = traceback.extract_tb(error.__traceback__, limit=-PLACES)
    return tuple(f"{place.filename}:{place.lineno} {place.name}" for place in passed)


def _code(error: BaseException) -> str:
    """What identifies an exception and quotes nothing that somebody entered."""
    if isinstance(error, ProblemError):
        return error.code
    if isinstance(error, OSError) and error.errno:
        return f"errno {error.errno}"
    found: Any = getattr(error, "orig", error)
    return str(getattr(found, "sqlite_errorname", "") or getattr(found, "sqlstate", "") or "")
