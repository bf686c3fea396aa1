"""The one way to do heavy work: a job in the queue, then a subprocess with limits (ADR 0024).

Whoever runs a job holds its lock file from before its row is there until after it has ended. A row
whose lock nobody holds is of a killed process: it gives its place to the next one. Jobs are taken
from the queue by whoever queued them, so a result goes where the work was begun, and nowhere else.
Machines that share a database share the queue and its turns; each has places of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from threading import Event
from typing import Any, Concatenate, ParamSpec, TypeVar

import msgspec

from shared.problems import ProblemError
from sync_server import whole_file
from sync_server.office import subprocess_call
from sync_server.office.job_limits import Kind, Limits, limits_of
from sync_server.office.job_order import CHECK, ahead, check_room, in_turn, may_start
from sync_server.office.subprocess_call import Ended, Progress
from sync_server.office.summary_work import at_work, is_at_work
from sync_server.services import Services
from sync_server.store import jobs
from sync_server.store.database import Connection
from sync_server.store.ids import new_id
from sync_server.store.jobs import JobRow, State

P = ParamSpec("P")
T = TypeVar("T")
POLL_S = 0.3
"""How long the next job sleeps at most before it looks again: other processes end jobs, too."""
POLL_LATER_S = 1.5
"""The same for a job that others come before; it is woken when one of this process ends."""
LOOK_AGAIN_S = 1.0
"""How often a waiting job looks for those whose process is gone."""
PROGRESS_S = 1.0
"""How often the progress of a job is stored; a page looks as often."""
MACHINE = "@"
"""What stands in a claim before the machine, where several share the queue."""
KEPT_DAYS = 7
"""How long the row of a job that has ended is kept."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be queued.

    Attributes:
        kind: What is done; its limits stand in job_limits.py.
        unit: The school; "" for the county, and for none.
        who: Who asked for it, where no page did; "" is the public.
        pages: The printed pages that a scan is of, by which its time goes.
    """

    kind: Kind
    unit: str = ""
    who: str = ""
    pages: int = 0


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where the work under a name is: `ahead` jobs come first, or `done` of `total`."""

    running: bool
    ahead: int = 0
    done: int = 0
    total: int = 0


def run(
    services: Services, job: Job, function: Callable[P, T], *args: P.args, **named: P.kwargs
) -> T:
    """Wait for a place, then call a module-level function in a subprocess.

    Args:
        services: The server's services.
        job: What is to be queued.
        function: The function; it and what it is given and returns can be pickled.
        args: Its arguments.
        named: Its named arguments.

    Returns:
        What the function returns; its exception is raised here.

    Raises:
        ProblemError: console.busy, work.busy, work.yours where too much waits; work.cancelled,
            work.interrupted, disk.full, and those of LIMIT_PROBLEMS.
    """
    result: T = _run(services, job, function, args, named, None)
    return result


def run_reporting(
    services: Services,
    job: Job,
    progress: Progress,
    function: Callable[Concatenate[Progress, P], T],
    *args: P.args,
    **named: P.kwargs,
) -> T:
    """Do the same with a function whose first argument takes how much of how much is done."""
    result: T = _run(services, job, function, args, named, progress)
    return result


def _run(
    services: Services,
    job: Job,
    function: Callable[..., Any],
    args: tuple[Any, ...],
    named: dict[str, Any],
    progress: Progress | None,
) -> Any:
    asked = services.asked
    cancelled = asked.cancelled if asked else Event()
    job_id, settings = new_id(), services.settings
    claim = job_id + (MACHINE + services.holds.place if services.holds.place else "")
    row = JobRow(
        id=job_id,
        kind=job.kind,
        season=services.season_id if job.kind != CHECK else "",
        unit=job.unit,
        ref=asked.ref if asked else "",
        who=(asked.who if asked else "") or job.who,
        state="waiting",
        claim=claim,
        queued_at=settings.now_text(),
    )
    with whole_file.full_disk_named(), at_work(services, claim):
        _queue(services, row)
        state: State = "failed"
        problem = ProblemError("work.interrupted")
        try:
            _wait_for_place(services, row, cancelled)
            limits = limits_of(job.kind, job.pages)
            noting = _noting(services, row, progress) if progress else None
            try:
                result = subprocess_call.call(
                    function, args, named, limits, cancelled=cancelled, progress=noting
                )
            except Ended as ended:
                raise _problem_of(ended, limits) from ended
            state = "done"
            return result
        except ProblemError as refused:
            state = "cancelled" if refused.code == "work.cancelled" else "failed"
            problem = refused
            raise
        finally:
            _end(services, row, state, problem)


def _queue(services: Services, row: JobRow) -> None:
    """Add a row; it runs at once where a place is free."""
    before = services.settings.now() - timedelta(days=KEPT_DAYS)

    def job(connection: Connection) -> None:
        check_room(jobs.live(connection), row)
        jobs.forget_ended(connection, before.isoformat(timespec="milliseconds"))
        jobs.add(connection, row)
        _take(connection, services, row.id)

    _end_abandoned(services)
    services.database.write(job)


def _take(connection: Connection, services: Services, job_id: str) -> bool:
    """Let a job run if it is its turn; under the queue's lock."""
    if not may_start(_here(services, jobs.live(connection)), job_id, services.job_slots):
        return False
    return jobs.start(connection, job_id, services.settings.now_text())


def _here(services: Services, rows: list[JobRow]) -> list[JobRow]:
    """The jobs of this machine: their processes share its cores, and so its places."""
    return [row for row in rows if _machine(row) == services.holds.place]


def _machine(row: JobRow) -> str:
    return row.claim.partition(MACHINE)[2]


def _wait_for_place(services: Services, row: JobRow, cancelled: Event) -> None:
    """Return once the job runs. Raises ProblemError work.cancelled, work.interrupted."""
    look_again_s = time.monotonic() + LOOK_AGAIN_S
    while True:
        found = {job.id: job for job in services.database.read(jobs.live)}
        if row.id not in found:  # a clock or a folder was changed under us: somebody ended it
            raise ProblemError("work.interrupted")
        if found[row.id].state == "running":
            return
        if cancelled.is_set():
            raise ProblemError("work.cancelled")

        def take(connection: Connection) -> bool:
            return _take(connection, services, row.id)

        here = _here(services, list(found.values()))
        if may_start(here, row.id, services.job_slots):
            if services.database.write(take):
                return
        elif time.monotonic() > look_again_s:
            _end_abandoned(services)
            look_again_s = time.monotonic() + LOOK_AGAIN_S
        with services.jobs_changed:
            comes_next = in_turn(here)[0].id == row.id
            services.jobs_changed.wait(POLL_S if comes_next else POLL_LATER_S)


def _noting(services: Services, row: JobRow, progress: Progress) -> Progress:
    """Return what passes progress on and stores it now and then."""
    noted_s = 0.0

    def note(done: int, total: int) -> None:
        nonlocal noted_s
        progress(done, total)
        if (now_s := time.monotonic()) - noted_s >= PROGRESS_S:
            noted_s = now_s
            services.database.write(
                lambda c: jobs.note_progress(c, row.id, done, total), alone=False
            )

    return note


def _end(services: Services, row: JobRow, state: State, problem: ProblemError) -> None:
    """Note what came of a job, and give its place to the next one; nothing is kept of a check."""
    if row.kind == CHECK:
        write = partial(jobs.remove, job_id=row.id)
    else:
        words = "" if state == "done" else _as_json(problem)
        now = services.settings.now_text()
        write = partial(jobs.end, job_id=row.id, state=state, now=now, problem=words)
    with suppress(Exception):  # our lock ends all the same, and with it the job
        services.database.write(write)
    with services.jobs_changed:
        services.jobs_changed.notify_all()


def _as_json(problem: ProblemError) -> str:
    values = {name: str(value) for name, value in problem.values.items()}
    return msgspec.json.encode({"code": problem.code, "values": values}).decode()


def _problem_of(ended: Ended, limits: Limits) -> ProblemError:
    """Return the problem to show for a subprocess that ended early."""
    of_file = "work.file_" if limits.of_file else "work."
    match ended.reason:
        case "cancelled":
            return ProblemError("work.cancelled")
        case "time":
            return ProblemError(f"{of_file}time", limit_s=round(limits.wall_s))
        case "cpu":
            return ProblemError(f"{of_file}time", limit_s=limits.cpu_s)
        case "memory":
            return ProblemError(f"{of_file}memory", limit_mb=limits.memory_mib)
        case "file":
            return ProblemError("work.output", limit_mb=limits.file_mib)
        case "crashed" if limits.of_file:
            return ProblemError("work.file_crash")
    return ProblemError("work.interrupted")


LIMIT_PROBLEMS = (
    "work.file_crash",
    "work.file_memory",
    "work.file_time",
    "work.memory",
    "work.output",
    "work.time",
)
"""What a job that went over a limit is reported as."""
ENDED_EARLY = ("work.interrupted", *LIMIT_PROBLEMS)
"""What a job is reported as whose subprocess ended before it was done."""


def _end_abandoned(services: Services) -> None:
    """End the jobs whose process is gone."""
    found = services.database.read(jobs.live)
    abandoned = [row for row in found if not is_at_work(services, row.claim)]
    if not abandoned:
        return
    now, words = services.settings.now_text(), _as_json(ProblemError("work.interrupted"))

    def job(connection: Connection) -> None:
        for row in abandoned:
            if row.kind == CHECK:
                jobs.remove(connection, row.id)
            else:
                jobs.end(connection, row.id, "failed", now, words)

    services.database.write(job)


def sweep(services: Services) -> None:
    """End what killed processes left, and forget jobs that ended long ago."""
    before = services.settings.now() - timedelta(days=KEPT_DAYS)
    text = before.isoformat(timespec="milliseconds")
    _end_abandoned(services)
    services.database.write(lambda c: jobs.forget_ended(c, text))


def standing(services: Services, ref: str) -> Standing | None:
    """Return where the job under a name is; None while none of it waits or runs."""
    found = services.database.read(jobs.live)
    row = next((row for row in reversed(found) if row.ref == ref), None)
    if row is None:
        return None
    return Standing(
        running=row.state == "running",
        ahead=ahead([one for one in found if _machine(one) == _machine(row)], row.id),
        done=row.done,
        total=row.total,
    )
