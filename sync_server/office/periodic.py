"""What the running server does every so often: one chore at a time, in a thread of its own.

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

from sync_server import temporary
from sync_server.office import backup_runs, expiry, leftovers
from sync_server.services import Services

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
        every_s: Seconds from one run to the next; the first run follows the server's start.
        run: Does it. It runs beside requests and writes in short transactions: the server waits for
            its end before it stops.
    """

    name: str
    every_s: float
    run: Callable[[Services], object]


CHORES: tuple[Chore, ...] = (
    Chore("backup", 60.0, backup_runs.run_if_due),
    Chore("leftovers", temporary.SWEEP_S, leftovers.sweep_temporary),
    Chore("photos", 24 * 3600.0, expiry.expire_photos),
    Chore("uploads", 3600.0, expiry.expire_uploads),
)
"""Of `doorstep serve`, sorted by name."""


async def keep_doing(
    services: Services, chores: Sequence[Chore], *, first_s: float = FIRST_S
) -> None:
    """Run every chore when it is due, until cancelled; then wait for the one that is running.

    Args:
        services: The server's services.
        chores: What to do.
        first_s: Seconds until the first round.
    """
    if not chores:
        return
    due = {chore.name: time.monotonic() + first_s for chore in chores}
    loop = asyncio.get_running_loop()
    thread = ThreadPoolExecutor(1, thread_name_prefix="chores")
    try:
        while True:
            await asyncio.sleep(max(0.0, min(due.values()) - time.monotonic()))
            for chore in chores:
                if due[chore.name] <= time.monotonic():
                    await loop.run_in_executor(thread, _run, chore, services)
                    due[chore.name] = time.monotonic() + chore.every_s
    finally:
        await asyncio.to_thread(thread.shutdown)


def _run(chore: Chore, services: Services) -> None:
    try:
        chore.run(services)
    except Exception:
        _LOG.exception("chore %s failed", chore.name)
