"""Call a function in a subprocess with limits, which is always gone afterwards (ADR 0024).

Only the queue (office/jobs.py) does this: whoever has heavy work to do asks there.
"""

from __future__ import annotations

import errno
import logging
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from tempfile import gettempdir
from threading import Event, Timer
from typing import Any, Literal, cast

from sync_server import fault_log, temporary
from sync_server.data_folder import keep_private
from sync_server.office.job_limits import Limits
from sync_server.office.process_limits import limit_this_process, limited

log = logging.getLogger("doorstep.jobs")
Progress = Callable[[int, int], None]
"""Takes how much of how much is done."""
Reason = Literal["time", "cpu", "memory", "file", "crashed", "killed", "cancelled"]
POLL_S = 0.2
"""How often a running subprocess is asked whether somebody cancelled it."""

STARTED_BY: BaseContext = get_context("spawn")
"""How a process is started: anew, so that nothing of the server is in it.

The tests start hundreds and put a fork server here, whose processes have the imports done.
"""
NICE = 10
"""How far a subprocess steps back for phones and pages, of 19 (POSIX); on Windows the job object
does that. The tests, which wait for each, put 0 here."""
QUOTA_EXCEEDED = 1816
"""How Windows ends a process beyond the CPU time of its job object (ERROR_NOT_ENOUGH_QUOTA)."""
_REPORTED: set[tuple[str, ...]] = set()


class Ended(Exception):
    """The subprocess ended before its function returned; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def call(
    function: Callable[..., Any],
    args: Sequence[Any],
    named: Mapping[str, Any],
    limits: Limits,
    *,
    cancelled: Event,
    progress: Progress | None = None,
) -> Any:
    """Call a module-level function in a new process that ends after it, or with its parent.

    What it writes is its owner's alone, as what the server writes.

    Args:
        function: The function.
        args: Its arguments.
        named: Its named arguments.
        limits: What the process may take.
        cancelled: Ends the process once it is set.
        progress: Where given, the function's first argument is one that calls it here.

    Returns:
        What the function returns; its exception is raised here.

    Raises:
        Ended: The process was ended, or ended itself, before it was done.
    """
    ours, theirs = STARTED_BY.Pipe(duplex=False)
    reports, place = progress is not None, Path(gettempdir())
    given = (theirs, limits, NICE, place, function, tuple(args), dict(named), reports)
    process: BaseProcess = cast(Any, STARTED_BY).Process(target=_run, args=given, daemon=True)
    over = Event()
    with ours:
        process.start()
        theirs.close()
        # a thread of its own: a process that stops in the middle of its answer is ended too
        timer = Timer(limits.wall_s, _end, (process, over))
        timer.daemon = True
        timer.start()
        try:
            with limited(process, limits) as missing:
                _report_missing(missing)
                return _answer(ours, process, cancelled, progress)
        except EOFError:
            process.join()
            raise Ended("time" if over.is_set() else _reason(process.exitcode)) from None
        finally:
            timer.cancel()
            process.kill()
            process.join()
            process.close()


def _end(process: BaseProcess, over: Event) -> None:
    over.set()
    with suppress(ValueError):  # it has ended in this very moment
        process.kill()


def _answer(ours: Any, process: BaseProcess, cancelled: Event, progress: Progress | None) -> Any:
    """Wait for the function's result on a pipe, whose class differs on Windows.

    Raises:
        EOFError: The process ended without a result.
    """
    while True:
        if cancelled.is_set():
            raise Ended("cancelled")
        if not wait([ours], POLL_S):
            continue
        match ours.recv():
            case ("progress", done, total):
                if progress is not None:
                    progress(done, total)
            case ("missing", names):
                _report_missing(names)
            case ("ended", reason):
                raise Ended(reason)
            case ("raised", (error, places)):
                raise error from fault_log.InSubprocess(places)
            case ("returned", value):
                return value


def _reason(exit_code: int | None) -> Reason:
    """Say why a process ended without an answer; a negative code is the signal that ended it."""
    if sys.platform == "win32":
        return "cpu" if exit_code == QUOTA_EXCEEDED else "crashed"
    if exit_code == -signal.SIGXCPU:
        return "cpu"
    if exit_code == -signal.SIGXFSZ:
        return "file"
    return "killed" if exit_code in (-signal.SIGKILL, -signal.SIGTERM) else "crashed"


def _report_missing(names: tuple[str, ...]) -> None:
    """Log once which limits this system does not set."""
    if names and names not in _REPORTED:
        _REPORTED.add(names)
        log.warning("limits of subprocesses not checked on this system: %s", ", ".join(names))


def _run(
    theirs: Connection,
    limits: Limits,
    nice: int,
    temporary_files: Path,
    function: Callable[..., Any],
    args: tuple[Any, ...],
    named: dict[str, Any],
    reports: bool,
) -> None:
    """Be the subprocess."""
    keep_private()
    fault_log.silence()
    temporary.use(temporary_files)
    if missing := limit_this_process(limits, nice):
        theirs.send(("missing", missing))
    if reports:
        args = (lambda done, total: theirs.send(("progress", done, total)), *args)
    theirs.send(_outcome(function, args, named))


def _outcome(
    function: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any]
) -> tuple[str, Any]:
    try:
        return "returned", function(*args, **named)
    except MemoryError:
        return "ended", "memory"
    except OSError as error:
        return ("ended", "file") if error.errno == errno.EFBIG else ("raised", _sent(error))
    except Exception as error:
        return "raised", _sent(error)


def _sent(error: Exception) -> tuple[Exception, tuple[str, ...]]:
    return _portable(error), fault_log.places_of(error)


def _portable(error: Exception) -> Exception:
    """Return an exception that can be sent: one whose class refuses that becomes its words."""
    try:
        ForkingPickler.dumps(error)
    except Exception:  # a class of any library
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
