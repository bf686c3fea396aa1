"""The queue of heavy work: who waits, who runs, and what came of it.

A job takes a place by a compare-and-set under one lock, so that a server and a command line beside
it share the places, whatever the database. Its claim names the lock file of whoever runs it.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from sqlalchemy import Connection, select, update

from sync_server.store import tables as t

State = Literal["waiting", "running", "done", "failed", "cancelled"]
LIVE: tuple[State, ...] = ("waiting", "running")


class JobRow(msgspec.Struct, frozen=True, kw_only=True):
    """One job.

    Attributes:
        id: Ascends in the order in which jobs were queued.
        kind: What is done, see office/job_limits.py.
        season: The season it is of; "" for none.
        unit: The school; "" for the county, and for none.
        ref: The name under which whoever asked for it finds it.
        who: Who asked for it; "" is the public.
        state: Where it is.
        claim: The name of its lock file.
        queued_at: UTC ISO, as the others; "" before it happened.
        done: How much of `total` is done, in what its kind counts.
        problem: Why it failed, as JSON of code and values.
    """

    id: str
    kind: str
    season: str
    unit: str
    ref: str
    who: str
    state: State
    claim: str
    queued_at: str
    started_at: str = ""
    ended_at: str = ""
    done: int = 0
    total: int = 0
    problem: str = ""


def add(connection: Connection, row: JobRow) -> None:
    """Queue a job."""
    connection.execute(t.job.insert(), msgspec.structs.asdict(row))


def live(connection: Connection) -> list[JobRow]:
    """Return the jobs that wait or run, in the order in which they were queued."""
    found = connection.execute(
        select(t.job).where(t.job.c.state.in_(LIVE)).order_by(t.job.c.id)
    ).mappings()
    return [JobRow(**row) for row in found]


def start(connection: Connection, job_id: str, now: str) -> bool:
    """Let a waiting job run. Returns False where it does not wait any more."""
    c = t.job.c
    waiting = update(t.job).where(c.id == job_id, c.state == "waiting")
    return connection.execute(waiting.values(state="running", started_at=now)).rowcount == 1


def note_progress(connection: Connection, job_id: str, done: int, total: int) -> None:
    """Note how much of how much is done."""
    c = t.job.c
    running = update(t.job).where(c.id == job_id, c.state == "running")
    connection.execute(running.values(done=done, total=total))


def end(connection: Connection, job_id: str, state: State, now: str, problem: str = "") -> None:
    """Note what came of a job; one that has ended stays as it is."""
    c = t.job.c
    alive = update(t.job).where(c.id == job_id, c.state.in_(LIVE))
    connection.execute(alive.values(state=state, ended_at=now, problem=problem))


def remove(connection: Connection, job_id: str) -> None:
    """Forget a job."""
    connection.execute(t.job.delete().where(t.job.c.id == job_id))


def forget_ended(connection: Connection, before: str) -> None:
    """Forget jobs that ended before a moment (UTC ISO)."""
    c = t.job.c
    ended = c.state.not_in(LIVE) & (c.ended_at < before)
    connection.execute(t.job.delete().where(ended))
