"""A file that only takes room, given up where the disk is full, so that the office can sign in.

Others fill the disk, too: then nothing can be stored, no try at a password can be counted, and
nobody can sign in to see what is wrong and destroy an old season. A server makes the file while
there is room (periodic.py) and makes it again once there is room again. What is sent by phones does
not get its room: photos and records are refused long before (disk_room.py).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from shared.problems import ProblemError
from sync_server import quotas, whole_file
from sync_server.office import disk_room
from sync_server.services import Services

T = TypeVar("T")
NAME = "room-to-sign-in"
PIECE_BYTES = 1 << 20


def size_bytes(services: Services) -> int:
    """Return how large the file is on this disk."""
    total = disk_room.look(services).total_bytes
    return min(quotas.SIGN_IN_BYTES, total // quotas.RESERVE_SHARE)


def keep(services: Services) -> bool:
    """Make the file where it lacks and there is room; return whether it is there."""
    path, wanted, room = (
        services.settings.path() / NAME,
        size_bytes(services),
        disk_room.look(services),
    )
    if path.exists():
        return True
    if room.free_bytes < room.reserve_bytes + wanted:
        return False
    fresh = path.with_name(f"{NAME}{whole_file.SUFFIX}")
    try:
        with whole_file.full_disk_named(), whole_file.private(fresh) as file:
            left = wanted
            while (
                left > 0
            ):  # written, not only announced: some file systems promise and do not keep
                left -= file.write(os.urandom(min(left, PIECE_BYTES)))
        whole_file.replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
    return True


def give_up(services: Services) -> bool:
    """Give up the file's room; return whether there was any."""
    with suppress(FileNotFoundError):
        (services.settings.path() / NAME).unlink()
        return True
    return False


async def with_room(services: Services, work: Callable[[], Awaitable[T]]) -> T:
    """Do something that a full disk must not prevent, with the file's room where it is needed.

    Args:
        services: The server's services.
        work: Does it; done once more where the disk was full.

    Raises:
        ProblemError: disk.full where there is no room to give up, and those of `work`.
    """
    room = await asyncio.to_thread(disk_room.look, services)
    if room.free_bytes < quotas.SIGN_IN_LEAST_BYTES:
        await asyncio.to_thread(give_up, services)
    try:
        return await work()
    except ProblemError as problem:
        if problem.code != "disk.full" or not await asyncio.to_thread(give_up, services):
            raise
    return await work()
