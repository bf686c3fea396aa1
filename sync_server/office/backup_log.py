"""The log of backups: which were made, where they lie, and whether they were checked.

It lies beside the database in backups/log.json, not in it: it is about this computer and its disks,
so that a restored database lists no backups of another one.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from shared.problems import PROBLEMS, ProblemError, Where
from sync_server import file_lock, whole_file
from sync_server.data_folder import make_folder

FOLDER = "backups"
"""Below the data folder: log, schedule, progress and lock; no backup is kept there."""
MOST_RUNS = 200
"""Runs kept in the log: half a year of nights."""
State = Literal["running", "verified", "damaged", "failed", "interrupted", "removed"]
T = TypeVar("T")


class Run(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One backup.

    Attributes:
        id: Its name in the log.
        started_at: When it was begun (UTC ISO, the real clock).
        uptime_s: Seconds on the computer's steady clock then; it starts anew with the computer.
        who: Who asked for it.
        folder: Where it lies.
        state: How it ended; `removed` was good and has made room for newer ones.
        scheduled: Whether the schedule began it.
        managed: Whether it is one of the schedule's folder, which removes the oldest.
        ended_at: When it ended, or was checked last.
        files: How many files it holds.
        size_bytes: Their size.
        damaged: Photos of which no whole copy exists.
        problem: The code of what went wrong.
        values: What the problem's sentence names.
    """

    id: str
    started_at: str
    who: str
    folder: str
    uptime_s: float = 0.0
    state: State = "running"
    scheduled: bool = False
    managed: bool = False
    ended_at: str = ""
    files: int = 0
    size_bytes: int = 0
    damaged: int = 0
    problem: str = ""
    values: dict[str, str] = {}

    @property
    def moment(self) -> datetime:
        """When it was begun."""
        return datetime.fromisoformat(self.started_at)

    @property
    def refusal(self) -> ProblemError | None:
        """What went wrong, with what fixes it."""
        return ProblemError(self.problem, None, **self.values) if self.problem in PROBLEMS else None


def place(data_dir: Path) -> Path:
    """Return the folder of log and schedule, made if need be."""
    folder = data_dir / FOLDER
    make_folder(folder)
    return folder


def read(data_dir: Path) -> list[Run]:
    """Return the runs, the oldest first; none where the log cannot be read."""
    with suppress(OSError, msgspec.MsgspecError):
        return msgspec.json.decode((data_dir / FOLDER / "log.json").read_bytes(), type=list[Run])
    return []


def find(data_dir: Path, run_id: str) -> Run:
    """Return a run. Raises: ProblemError backup.unknown."""
    for run in read(data_dir):
        if run.id == run_id:
            return run
    raise ProblemError("backup.unknown")


def put(data_dir: Path, run: Run) -> Run:
    """Add a run at the end, or write it in place of what was known of it."""

    def change(runs: list[Run]) -> list[Run]:
        if all(known.id != run.id for known in runs):
            return [*runs, run]
        return [run if known.id == run.id else known for known in runs]

    _change(data_dir, change)
    return run


def _change(data_dir: Path, change: Callable[[list[Run]], list[Run]]) -> None:
    folder = place(data_dir)
    with file_lock.holding(folder / "log.lock"):
        runs = change(read(data_dir))[-MOST_RUNS:]
        whole_file.write(folder / "log.json", msgspec.json.encode(runs))


def ended(run: Run, at: str, state: State, problem: ProblemError | None = None, **more: Any) -> Run:
    """Return a run with how it ended."""
    values = {name: str(value) for name, value in problem.values.items()} if problem else {}
    return msgspec.structs.replace(
        run,
        state=state,
        ended_at=at,
        problem=problem.code if problem else "",
        values=values,
        **more,
    )


def last_good(runs: list[Run]) -> Run | None:
    """Return the newest backup that was checked and found whole."""
    return next((run for run in reversed(runs) if run.state == "verified"), None)


def unforeseen() -> ProblemError:
    """Return the problem for a fault in this program, which logs/errors.log describes."""
    return ProblemError("backup.failed", where=Where())
