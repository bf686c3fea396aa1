"""A file that reserves disk space and is deleted on a full disk, so that the office can sign in.

Other programs fill the disk, too: then nothing can be stored, failed sign-ins cannot be counted,
and nobody can sign in to see what is wrong and destroy an old season. A server writes the file
while there is enough space (periodic.py), and again once there is. What phones send never uses this
space: photos and records are refused long before (disk_room.py).
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
"""Written at a time."""


def size_bytes(services: Services) -> int:
    """Return how large the file should be on this disk."""
    total = disk_room.look(services).total_bytes
    return min(quotas.SIGN_IN_BYTES, total // quotas.RESERVE_SHARE)


def keep(services: Services) -> bool:
    """Write the file if it is missing and there is enough space; return whether it exists."""
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
            # random bytes, really written: an allocation or zeros reserve nothing on some disks
            while left > 0:
                left -= file.write(os.urandom(min(left, PIECE_BYTES)))
        whole_file.replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
    return True


def release(services: Services) -> bool:
    """Delete the file to free its space; return whether it existed."""
    with suppress(FileNotFoundError):
        (services.settings.path() / NAME).unlink()
        return True
    return False


async def with_space(services: Services, work: Callable[[], Awaitable[T]]) -> T:
    """Do something that a full disk must not prevent; the file is deleted if that takes its space.

    Args:
        services: The server's services.
        work: Does it; called once more if the disk was full.

    Raises:
        ProblemError: disk.full if the file is already deleted, and those of `work`.
    """
    room = await asyncio.to_thread(disk_room.look, services)
    if room.free_bytes < quotas.SIGN_IN_LEAST_BYTES:
        await asyncio.to_thread(release, services)
    try:
        return await work()
    except ProblemError as problem:
        if problem.code != "disk.full" or not await asyncio.to_thread(release, services):
            raise
    return await work()
