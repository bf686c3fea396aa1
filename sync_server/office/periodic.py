"""What the running server does every so often: each chore in a thread of its own.

None waits for another, so that one that takes long (a year's photos) does not hold up the sweep.

A chore that fails is logged without what people entered (fault_log.py) and tried again next time.
`doorstep serve` starts them; a test asks for the chores it wants.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sync_server import temporary
from sync_server.deferred import by_name
from sync_server.office import disk_reserve, expiry, leftovers, made_keys
from sync_server.services import Services

if TYPE_CHECKING:
    from sync_server.office import backup_runs, withdrawals
else:  # loaded with their first round
    backup_runs = by_name("sync_server.office.backup_runs")
    withdrawals = by_name("sync_server.office.withdrawals")

FIRST_S = 60.0
"""Seconds between the server's start and the first round: a start is answered first, and a computer
that is on for an hour a day does every chore.
"""
_LOG = logging.getLogger("doorstep")


@dataclass(frozen=True)
class Chore:
    """What is to be done every so often.

    Attributes:
        name: For the log.
        every_s: Seconds from the beginning of one run to that of the next; the first run follows
            the server's start.
        run: Does it. It runs beside requests and writes in short transactions: the server waits for
            its end before it stops.
        once: Whether one process of all that share the database does it; if not, each machine does
            it for its own folder.
    """

    name: str
    every_s: float
    run: Callable[[Services], object]
    once: bool = True


CHORES: tuple[Chore, ...] = (
    Chore("backup", 60.0, backup_runs.run_if_due),
    Chore("disk reserve", 600.0, disk_reserve.keep, once=False),
    Chore("files", 24 * 3600.0, leftovers.sweep_shared),
    Chore("keys", 600.0, made_keys.refresh, once=False),
    Chore("leftovers", temporary.SWEEP_S, leftovers.sweep_temporary, once=False),
    Chore("photos", 24 * 3600.0, expiry.expire_photos),
    Chore("uploads", 3600.0, expiry.expire_uploads),
    Chore("withdrawn documents", 600.0, withdrawals.name_documents),
)
"""Of `doorstep serve`, sorted by name."""


async def keep_doing(
    services: Services, chores: Sequence[Chore], *, first_s: float = FIRST_S
) -> None:
    """Run every chore when it is due, until cancelled; then wait for those that are running.

    Args:
        services: The server's services.
        chores: What to do.
        first_s: Seconds until the first round.
    """
    if not chores:
        return
    threads = ThreadPoolExecutor(len(chores), thread_name_prefix="chores")
    try:
        async with asyncio.TaskGroup() as group:
            for chore in chores:
                group.create_task(_keep_doing_one(services, chore, threads, first_s))
    finally:
        await asyncio.to_thread(threads.shutdown)


async def _keep_doing_one(
    services: Services, chore: Chore, threads: ThreadPoolExecutor, first_s: float
) -> None:
    await asyncio.sleep(first_s)
    while True:
        begun_s = time.monotonic()
        await asyncio.get_running_loop().run_in_executor(threads, _run, chore, services)
        await asyncio.sleep(max(0.0, chore.every_s - (time.monotonic() - begun_s)))


def _run(chore: Chore, services: Services) -> None:
    place = "" if chore.once else f" {services.holds.place} {services.settings.data_dir}"
    try:
        with services.holds.turn(chore.name + place, chore.every_s) as is_ours:
            if is_ours:
                chore.run(services)
    except Exception:  # whatever one raises, it is tried again, and the others go on
        _LOG.exception("chore %s failed", chore.name)
