"""The one writer: a thread that drains waiting jobs into one transaction each round (group commit).

A job is a function of a connection. It runs inside a savepoint, so one that fails takes back only
its own work; nobody is given an answer before COMMIT (docs/protocol.md#outcomes-of-a-push).
"""

from __future__ import annotations

import queue
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from shared.problems import ProblemError

T = TypeVar("T")
Job = Callable[[Connection], Any]
GROUP = 64
"""Jobs in one commit: 2.3 times the throughput and a twelfth of the p99 of one commit each.

Source: docs/sources.md#group-commit.
"""

TRIES = 5
"""Runs of a job whose transaction is undone for another process's sake; then data.locked."""
AGAIN_S = 0.05
"""The longest wait before a job is run again."""
SERIALIZATION_FAILURE, DEADLOCK = "40001", "40P01"
"""SQLSTATE of a transaction that was undone for another's sake."""


class Writer:
    """Start it once per process; `close` finishes what waits."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._jobs: queue.Queue[tuple[Job, Future[Any]] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._loop, name="writer", daemon=True)
        self._thread.start()

    def submit(self, job: Callable[[Connection], T]) -> Future[T]:
        """Queue a job; the future is done after COMMIT, or holds the job's error."""
        future: Future[T] = Future()
        self._jobs.put((job, future))
        return future

    def run(self, job: Callable[[Connection], T]) -> T:
        """Queue a job and wait."""
        return self.submit(job).result()

    def close(self) -> None:
        """Finish the waiting jobs and end the thread."""
        self._jobs.put(None)
        self._thread.join(timeout=30)
        self._engine.dispose()

    def _loop(self) -> None:
        while (first := self._jobs.get()) is not None:
            group = [first]
            while len(group) < GROUP and not self._jobs.empty():
                item = self._jobs.get()
                if item is None:
                    self._jobs.put(None)
                    break
                group.append(item)
            self._commit([one for one in group if one[1].set_running_or_notify_cancel()])

    def _commit(self, group: list[tuple[Job, Future[Any]]], tries: int = TRIES) -> None:
        again: list[tuple[Job, Future[Any]]] = []
        done: list[tuple[Future[Any], Any]] = []
        try:
            with self._engine.begin() as connection:
                for job, future in group:
                    try:
                        with connection.begin_nested():
                            result = job(connection)
                        done.append((future, result))
                    except OperationalError:
                        # a full disk may have undone the whole transaction, not just this job
                        raise
                    except Exception as error:
                        if tries > 1 and self._met_another(error):
                            again.append((job, future))
                            continue
                        # the job's own failure goes to whoever asked, its neighbours go on
                        future.set_exception(as_problem(error))
        except Exception as error:  # the transaction failed: nothing of the group is stored
            left = [(job, future) for job, future in group if not future.done()]
            if tries > 1 and _lost_to_another(error):
                self._again(left, tries - 1)
                return
            for _, future in left:
                future.set_exception(as_problem(error))
            return
        for future, result in done:
            future.set_result(result)
        self._again(again, tries - 1)

    def _again(self, jobs: list[tuple[Job, Future[Any]]], tries: int) -> None:
        """Run jobs once more, each in a transaction of its own: it holds few rows for a short time.

        A job is a function of a connection, and nothing of its first run is stored.
        """
        for one in jobs:
            time.sleep(random.uniform(0, AGAIN_S))  # noqa: S311 - so that two do not meet again
            self._commit([one], tries)

    def _met_another(self, error: Exception) -> bool:
        """Whether a job stored what another process stored meanwhile; SQLite has one writer."""
        return isinstance(error, IntegrityError) and self._engine.dialect.name != "sqlite"


def as_problem(error: Exception) -> Exception:
    """Return a full or failing disk as its own problem, as another process that writes too long."""
    text = _error_text(error)
    if "is locked" in text or "deadlock detected" in text or "could not serialize" in text:
        return ProblemError("data.locked")
    if "full" in text or "no space" in text:
        return ProblemError("disk.full")
    if "i/o error" in text or "malformed" in text or "unable to open" in text:
        return ProblemError("disk.broken", why=text)
    return error


def _lost_to_another(error: Exception) -> bool:
    """Whether PostgreSQL undid a transaction for another's sake: it may be run again."""
    code = getattr(error.orig, "sqlstate", "") if isinstance(error, DBAPIError) else ""
    return code in (SERIALIZATION_FAILURE, DEADLOCK)


def _error_text(error: BaseException | None) -> str:
    """Return the database's messages, the first failure's too: rolling back may fail as well."""
    own = f"{error.orig} ".lower() if isinstance(error, OperationalError) else ""
    return own + (_error_text(error.__context__) if error is not None else "")
