"""Find slips filed under the wrong person by reading each slip's QR code after sync.

A flag never stops a record. It stays until the record is withdrawn or corrected with the right
photo; a summary asks for that, or for an exception with a reason (`seal.slip_wrong_case`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import TypeVar

from shared.problems import ProblemError
from sync_server.office import jobs
from sync_server.office.jobs import ENDED_EARLY, Job
from sync_server.sealing.paper.slips import looks
from sync_server.services import Services
from sync_server.store import slips as store
from sync_server.store.photo_look import UNREADABLE_PHOTO
from sync_server.store.slip_flags import SlipFlag as SlipFlag
from sync_server.store.slip_flags import flags_within
from sync_server.store.slip_flags import wrong_slips as wrong_slips

Read = TypeVar("Read")


def read_slips(services: Services, unit: str, *, limit: int = 50) -> int:
    """Read a school's slip photos that were not read yet.

    A 12-megapixel photo takes about half a second, in a subprocess.

    Args:
        services: The server's services.
        unit: The school.
        limit: The most photos to read now.

    Returns:
        How many were read.
    """
    waiting = services.database.read(lambda c: store.unread(c, services.season, unit))
    paths = ((sha, services.files.path(sha)) for sha in waiting)
    chosen = dict(islice(((sha, path) for sha, path in paths if path.exists()), limit))
    if not chosen:
        return 0
    job = Job(kind="slips", unit=unit)
    read = read_photos(services, job, list(chosen.values()), looks, UNREADABLE_PHOTO)
    found = dict(zip(chosen, read, strict=True))
    services.change(lambda c: store.save_looks(c, found, services.settings.now_text()))
    return len(found)


def read_photos(
    services: Services,
    job: Job,
    photos: Sequence[Path],
    reader: Callable[[Sequence[Path]], list[Read]],
    unreadable: Read,
) -> list[Read]:
    """Read photos in a subprocess; only one that crashes it, or takes too much, is unreadable.

    Returns:
        What `reader` found in each photo, in the same order.
    """
    try:
        return jobs.run(services, job, reader, photos)
    except ProblemError as problem:
        if problem.code not in ENDED_EARLY:
            raise
        if len(photos) == 1:
            return [unreadable]
        half = len(photos) // 2
        return [
            one
            for part in (photos[:half], photos[half:])
            for one in read_photos(services, job, part, reader, unreadable)
        ]


def flags(services: Services, unit: str) -> dict[str, tuple[SlipFlag, ...]]:
    """Return the findings about a school's records in force, by the fact each photo came with."""
    return services.database.read(lambda c: flags_within(c, services.season, unit))
