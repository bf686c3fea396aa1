"""Which job runs next: by turns among those who asked, first come first served among equals.

Pure rules over the rows of the queue; office/jobs.py applies them under the queue's lock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from shared.problems import ProblemError
from sync_server.store.jobs import JobRow

MOST_WAITING = 20
"""Jobs that wait, in all. At half a minute each, the last one waits five minutes; who comes after
it had better come again."""
MOST_OF_OWNER = 4
"""Jobs of one person that wait or run: several tabs, and no stack of files."""
MOST_OF_UNIT = 6
"""Jobs of one school that wait or run, whoever asked for them."""
MOST_CHECKS = 5
"""Public checks that wait or run: anyone may ask for one."""
CHECK = "check"
"""The kind of job that the public may ask for."""


def owner(job: JobRow) -> str:
    """Return who takes turns: a person, or the public as one."""
    return job.who or f"/{job.kind}"


def check_room(live: Sequence[JobRow], new: JobRow) -> None:
    """Refuse a job where too many wait.

    Raises:
        ProblemError: console.busy, work.busy, work.yours.
    """
    if new.kind == CHECK and sum(job.kind == CHECK for job in live) >= MOST_CHECKS:
        raise ProblemError("console.busy")
    if new.kind != CHECK and sum(owner(job) == owner(new) for job in live) >= MOST_OF_OWNER:
        raise ProblemError("work.yours", limit=MOST_OF_OWNER)
    of_unit = sum(bool(new.unit) and job.unit == new.unit for job in live)
    waiting = sum(job.state == "waiting" for job in live)
    if waiting >= MOST_WAITING or of_unit >= MOST_OF_UNIT:
        raise ProblemError("work.busy", waiting=waiting)


def in_turn(live: Sequence[JobRow]) -> list[JobRow]:
    """Return the waiting jobs in the order in which they get a place.

    Everybody's first job comes before anybody's second one, those that run counted.
    """
    taken = Counter(owner(job) for job in live if job.state == "running")
    ranked: list[tuple[int, str, JobRow]] = []
    for job in sorted(live, key=lambda one: one.id):
        if job.state == "waiting":
            ranked.append((taken[owner(job)], job.id, job))
            taken[owner(job)] += 1
    return [job for _, _, job in sorted(ranked, key=lambda one: one[:2])]


def may_start(live: Sequence[JobRow], job_id: str, slots: int) -> bool:
    """Return whether a waiting job may take a place now.

    One person never has all places, and public checks run one at a time. A job that may not run
    keeps nobody behind it waiting.
    """
    running = [job for job in live if job.state == "running"]
    for job in in_turn(live):
        if len(running) >= slots:
            return False
        if not _is_allowed(job, running, slots):
            continue
        if job.id == job_id:
            return True
        running.append(job)
    return False


def ahead(live: Sequence[JobRow], job_id: str) -> int:
    """Return how many jobs run or get a place before a waiting one."""
    before = [job.id for job in in_turn(live)]
    running = sum(job.state == "running" for job in live)
    return running + before.index(job_id) if job_id in before else 0


def _is_allowed(job: JobRow, running: Sequence[JobRow], slots: int) -> bool:
    mine = sum(owner(other) == owner(job) for other in running)
    most = 1 if job.kind == CHECK else max(1, slots - 1)
    return mine < most
