"""How much room the disk of the data folder has, and what is refused where little is left.

Phones' records come first: photos, hand-over files, imports, scans and backups are refused while
there is still room for the records of a season, records only at the very end (quotas.py).
"""

from __future__ import annotations

import msgspec

from shared.problems import ProblemError
from sync_server import quotas
from sync_server.services import Services

MB = 1_000_000


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """The room on a disk.

    Attributes:
        total_bytes: Its size.
        free_bytes: What this process may still write.
    """

    total_bytes: int
    free_bytes: int

    @property
    def kept_bytes(self) -> int:
        """What is kept for phones' records."""
        return min(quotas.KEPT_BYTES, self.total_bytes // quotas.KEPT_SHARE)

    @property
    def reserve_bytes(self) -> int:
        """What is left when records are refused, too."""
        return min(quotas.RESERVE_BYTES, self.total_bytes // quotas.RESERVE_SHARE)


def look(services: Services) -> Room:
    """Return the room on the disk of the data folder."""
    usage = services.disk_usage(services.settings.data_dir)
    return Room(total_bytes=usage.total, free_bytes=usage.free)


def check(services: Services, more_bytes: int = 0) -> None:
    """Refuse what is not a record where it would take the room kept for records.

    Args:
        services: The server's services.
        more_bytes: What is about to be written, as far as it is known.

    Raises:
        ProblemError: disk.low.
    """
    found = problem(services, more_bytes)
    if found is not None:
        raise found


def check_backup(services: Services, more_bytes: int) -> None:
    """Refuse a backup on the disk of the data folder that would take the room kept for records.

    Raises:
        ProblemError: backup.no_room.
    """
    room = look(services)
    if room.free_bytes - more_bytes < room.kept_bytes:
        raise ProblemError(
            "backup.no_room",
            needed_mb=-(-more_bytes // MB),
            free_mb=room.free_bytes // MB,
            kept_mb=room.kept_bytes // MB,
        )


def check_for_records(services: Services) -> None:
    """Refuse records where only the reserve is left.

    Raises:
        ProblemError: disk.used_up.
    """
    room = look(services)
    if room.free_bytes < room.reserve_bytes:
        raise ProblemError("disk.used_up", free_mb=room.free_bytes // MB)


def problem(services: Services, more_bytes: int = 0) -> ProblemError | None:
    """Return the problem of a disk with little room, for the home page and doctor; else None."""
    room = look(services)
    if room.free_bytes - more_bytes >= room.kept_bytes:
        return None
    free, kept = room.free_bytes // MB, room.kept_bytes // MB
    return ProblemError("disk.low", free_mb=free, kept_mb=kept)
