"""The one writer: a thread that drains waiting jobs into one transaction each round (group commit).

A job is a function of a connection. It runs inside a savepoint, so one that fails takes back only
its own work; nobody is given an answer before COMMIT (docs/protocol.md#outcomes-of-a-push).
Before COMMIT the kept standings of what the jobs touched are refreshed; the rest is refreshed
while no job waits (store/standing_refresh.py).

Where several processes write (PostgreSQL) a job may ask to be alone: no other process runs such a
job meanwhile, so it may look first and write then, as it may on SQLite. The writer tries for the
lock and never waits for it: what cannot be alone yet is deferred, and other jobs go on.
"""

from __future__ import annotations

import logging
import queue
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, NamedTuple, Protocol, TypeVar

from sqlalchemy import Connection, Engine, RootTransaction
from sqlalchemy.exc import IntegrityError, OperationalError

from shared.problems import ProblemError
from sync_server.store import commit_watch, db_faults, locks
from sync_server.store.db_faults import UNCONFIRMED, as_problem
from sync_server.store.prepared import savepoint

_log = logging.getLogger("doorstep.writer")
T = TypeVar("T")
Job = Callable[[Connection], Any]
GROUP = 64
"""Jobs in one commit: 2.3 times the throughput and a twelfth of the p99 of one commit each.

Source: docs/sources.md#group-commit.
"""

TRIES = 5
"""Runs of a job whose transaction is undone for another process's sake, or whose connection went;
then data.locked, data.away."""
AGAIN_S = 0.05
"""The longest wait before a job is run again."""
REST_S = 0.01
"""Between two parts of what is left, so that pages get their turn."""
LOOK_EVERY_S = 30.0
"""While no job comes, what another process made due is looked for so often."""
GATHER_S = 0.01
"""The longest that a commit waits for jobs that came together with others before."""
GATHER_STEP_S = 0.0015
"""Where none came in this time, no more are waited for."""
ALONE_S = 60.0
"""How long a job that is to be alone waits for other processes' jobs; then data.locked."""
TRY_ALONE_EVERY_S = 0.01
REFRESH_EVERY_S = 0.5
"""While jobs wait, standings are refreshed so often: a case of several records is judged once."""
NO_PAUSE_S = 2.0
"""After so long without a pause, a part of what is left goes with a group: jobs may never end."""


_LATER = "refresh_later"


def refresh_later(connection: Connection) -> None:
    """Refresh the standings that this transaction makes stale after its COMMIT, not before it.

    The same COMMIT notes that they are due; whoever reads meanwhile judges those from the facts.
    """
    connection.info[_LATER] = True


class Waiting(NamedTuple):
    """A job that waits: what is done with its result, whether it is to be alone, since when."""

    job: Job
    future: Future[Any]
    alone: bool
    since_s: float


class Refresher(Protocol):
    """What the writer does beside the jobs; each returns whether there is more to do."""

    def with_group(self, connection: Connection) -> bool:
        """Do it in the transaction of a group of jobs, before COMMIT."""

    def in_pause(self, connection: Connection) -> bool:
        """Do a part of what is left in a transaction of its own, while no job waits."""


class Writer:
    """Start it once per process; `close` finishes what waits."""

    def __init__(self, engine: Engine, refresher: Refresher | None = None) -> None:
        self._engine = engine
        self._refresher = refresher
        self._has_more = refresher is not None
        self._refreshed_s = 0.0
        self._paused_s = time.monotonic()
        self._sizes = (1, 1)
        self._jobs: queue.Queue[Waiting | None] = queue.Queue()
        self._deferred: list[Waiting] = []
        self._taking = threading.Lock()
        self._closed = False
        on_postgresql = engine.dialect.name == "postgresql"
        self.commit_watch = commit_watch.CommitWatch() if on_postgresql else None
        self._thread = threading.Thread(target=self._loop, name="writer", daemon=True)
        self._thread.start()

    def submit(self, job: Callable[[Connection], T], *, alone: bool = False) -> Future[T]:
        """Queue a job; the future is done after COMMIT, or holds the job's error.

        One that is not to be alone decides by conditions in its statements, or holds a lock of its
        own (store/locks.py). A job that comes after `close` fails at once: nobody would run it, and
        a thread that waited for it would keep the process from ending.
        """
        future: Future[T] = Future()
        with self._taking:
            if self._closed:
                future.set_exception(RuntimeError("the database was closed"))
            else:
                self._jobs.put(Waiting(job, future, alone, time.monotonic()))
        return future

    def run(self, job: Callable[[Connection], T], *, alone: bool = True) -> T:
        """Queue a job and wait."""
        return self.submit(job, alone=alone).result()

    def beside(self, job: Callable[[Connection], None]) -> None:
        """Run a short job at once, in a transaction of its own; PostgreSQL alone has room for two.

        What it stores may be lost with the machine, and it waits for no standby.
        """
        with self._engine.begin() as connection:
            connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")
            job(connection)

    def close(self) -> None:
        """Finish the waiting jobs and end the thread."""
        with self._taking:
            self._closed = True
            self._jobs.put(None)
        self._thread.join(timeout=30)
        if self.commit_watch is not None:
            self.commit_watch.close()
        self._engine.dispose()

    def _loop(self) -> None:
        while (first := self._next()) is not None:
            self._gather()
            group = [first]
            while len(group) < GROUP and not self._jobs.empty():
                item = self._jobs.get()
                if item is None:
                    self._jobs.put(None)
                    break
                group.append(item)
            self._sizes = (self._sizes[1], len(group))
            self._commit([one for one in group if one.future.set_running_or_notify_cancel()])
        while self._deferred:
            self._commit([])
            time.sleep(TRY_ALONE_EVERY_S)

    def _gather(self) -> None:
        """Wait a moment for as many jobs as came together a moment ago, while they go on coming.

        Whoever was answered together asks again together: a commit for each would cost more. Where
        one job came at a time, nothing is waited for.
        """
        until_s = time.monotonic() + GATHER_S
        while (waiting := self._jobs.qsize()) + 1 < max(self._sizes):
            time.sleep(GATHER_STEP_S)
            if self._jobs.qsize() == waiting or time.monotonic() > until_s:
                return

    def _next(self) -> Waiting | None:
        """Return the next job; until one comes, do what was deferred and refresh what is left.

        Now and then look for what another process left.
        """
        while True:
            rest_s = REST_S if self._has_more else LOOK_EVERY_S
            try:
                return self._jobs.get(timeout=TRY_ALONE_EVERY_S if self._deferred else rest_s)
            except queue.Empty:
                if self._deferred:
                    self._commit([])
                else:
                    self._pause()

    def _pause(self) -> None:
        self._has_more, self._paused_s = False, time.monotonic()
        if self._refresher is None:
            return
        try:
            with self._engine.begin() as connection:
                self._has_more = self._refresher.in_pause(connection)
        except Exception as error:
            # a disk without room, another process that writes: nothing is lost, the next group
            # of jobs goes on with it
            _log.info("standings wait: %s", type(error).__name__)

    def _refresh(self, connection: Connection) -> None:
        """Refresh with a group; while other jobs wait, at most every `REFRESH_EVERY_S`.

        Where a job asked for it, in the next pause; or here, where none came for that long.
        """
        later = connection.info.pop(_LATER, False)
        if self._refresher is None:
            return
        now_s = time.monotonic()
        if not self._has_more:
            self._paused_s = now_s  # what is left is left from now on
        last_s = self._paused_s if later else self._refreshed_s
        if (later or not self._jobs.empty()) and now_s - last_s < REFRESH_EVERY_S:
            self._has_more = True
            return
        self._refreshed_s = now_s
        has_more = self._refresher.with_group(connection)
        if self._has_more and now_s - self._paused_s > NO_PAUSE_S:
            self._paused_s = now_s
            has_more = self._refresher.in_pause(connection)
        self._has_more |= has_more

    def _commit(self, group: list[Waiting], tries: int = TRIES) -> None:
        """Run jobs in one transaction, in a first run those that were deferred with them."""
        if tries == TRIES:  # what runs once more would take its fewer runs to others
            group, self._deferred = [*self._deferred, *group], []
        again: list[Waiting] = []
        done: list[tuple[Future[Any], Any]] = []
        try:
            with self._engine.connect() as connection:
                transaction = connection.begin()
                with transaction:
                    group = self._those_whose_turn_it_is(connection, group)
                    for one in group:
                        try:
                            with savepoint(connection):
                                result = one.job(connection)
                            done.append((one.future, result))
                        except OperationalError:
                            # a full disk may have undone the whole transaction, not just this job
                            raise
                        except Exception as error:
                            if db_faults.ends_transaction(connection, error):
                                raise
                            if tries > 1 and self._met_another(error):
                                again.append(one)
                                continue
                            # the job's own failure goes to whoever asked, its neighbours go on
                            one.future.set_exception(as_problem(error))
                    if group:
                        self._refresh(connection)
                    self._commit_for_sure(connection, transaction)
        except Exception as error:  # the transaction failed: nothing of the group is stored
            left = [one for one in group if not one.future.done()]
            if runs := _runs_left(error, len(group), tries):
                self._again(left, runs)
                return
            for one in left:
                one.future.set_exception(as_problem(error))
            return
        for future, result in done:
            future.set_result(result)
        self._again(again, tries - 1)

    def _those_whose_turn_it_is(
        self, connection: Connection, group: list[Waiting]
    ) -> list[Waiting]:
        """Return the jobs that may run now; those that cannot be alone yet are deferred."""
        if not any(one.alone for one in group) or locks.take_turn(connection, locks.ALONE):
            return group
        late_s = time.monotonic() - ALONE_S
        for one in group:
            if one.alone and one.since_s < late_s:
                one.future.set_exception(ProblemError("data.locked"))
            elif one.alone:
                self._deferred.append(one)
        return [one for one in group if not one.alone]

    def _commit_for_sure(self, connection: Connection, transaction: RootTransaction) -> None:
        """Commit; where nobody can say whether that happened, say so.

        Raises:
            ProblemError: data.unconfirmed: the connection went in COMMIT, or a standby that has to
                confirm it did not. Whoever repeats what was asked for finds it done, or does it.
        """
        if self.commit_watch is None:
            transaction.commit()
            return
        info = connection.info
        info.pop(UNCONFIRMED, None)
        try:
            with self.commit_watch.watching(connection.connection.driver_connection):
                transaction.commit()
        except OperationalError as error:
            if db_faults.cut_off(error):
                raise ProblemError("data.unconfirmed") from error
            raise
        if info.pop(UNCONFIRMED, False):
            raise ProblemError("data.unconfirmed")

    def _again(self, jobs: list[Waiting], tries: int) -> None:
        """Run jobs once more, each in a transaction of its own: it holds few rows for a short time.

        A job is a function of a connection, and nothing of its first run is stored.
        """
        for one in jobs:
            time.sleep(random.uniform(0, AGAIN_S))  # noqa: S311 - so that two do not meet again
            self._commit([one], tries)

    def _met_another(self, error: Exception) -> bool:
        """Whether a job stored what another process stored meanwhile; SQLite has one writer."""
        return isinstance(error, IntegrityError) and self._engine.dialect.name != "sqlite"


def _runs_left(error: Exception, jobs: int, tries: int) -> int:
    """Return how often the jobs of a failed transaction are run again, each by itself.

    Undone for another's sake, or cut off before COMMIT: nothing is stored. Where something took too
    long, a neighbour may have been the cause. Nobody to connect to: whoever asked waits, not we.
    """
    if db_faults.undone(error) or db_faults.cut_off(error):
        return tries - 1
    return 1 if jobs > 1 and db_faults.waited(error) else 0
