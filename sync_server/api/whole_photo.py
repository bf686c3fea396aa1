"""A photo that comes whole with the request that begins it: stored in one commit.

It is kept in memory until then, and no upload is begun in the database. What does not come at once
becomes an upload that a phone can go on with, as tus has it (uploads.py): only a server that is
killed in the first moment loses what came, and that was acknowledged to nobody. A disk of one
process alone takes photos so; where several serve, an upload's row says who receives it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import msgspec

from shared.problems import ProblemError
from shared.season import china_day
from shared.wire import ReceiptLine, b64
from sync_server.api.access import write_as
from sync_server.api.stream import CutError
from sync_server.office import expiry
from sync_server.services import Services
from sync_server.store import photos, seasons
from sync_server.store.database import Connection
from sync_server.store.devices import Device
from sync_server.store.photo_files import PhotoFiles

WITHIN_S = 0.5
"""What takes longer to come is kept as it comes."""
MOST_BYTES = 1024 * 1024
"""What is larger is kept as it comes, too: most photos are 200 KB."""


MOST_AT_ONCE = 64
"""While so many are under way, further ones are kept on disk as they come: memory is bounded."""


def room_for(services: Services) -> PhotoFiles | None:
    """Return where photos lie, if one may be kept in memory first."""
    files = services.files
    if not services.is_alone or not isinstance(files, PhotoFiles):
        return None
    return files if len(services.uploads_in_progress) < MOST_AT_ONCE else None


@contextmanager
def under_way(services: Services, photo: photos.Upload) -> Iterator[None]:
    """Count a photo among those that are received."""
    services.uploads_in_progress.add(photo.id)
    try:
        yield
    finally:
        services.uploads_in_progress.discard(photo.id)


class Beginning(NamedTuple):
    """What came at once.

    Attributes:
        data: The first bytes, perhaps all.
        cut: Whether the line was cut after them.
    """

    data: bytes
    cut: bool


async def beginning(body: AsyncIterator[bytes], size_bytes: int) -> Beginning:
    """Take what comes at once; the rest can be taken from `body` afterwards.

    Args:
        body: The request's body.
        size_bytes: How long the photo is.

    Raises:
        ProblemError: upload.too_large.
    """
    data, clock = bytearray(), asyncio.get_running_loop().time
    until_s = clock() + WITHIN_S
    try:
        async for chunk in body:
            data += chunk
            if len(data) > size_bytes:
                raise ProblemError("upload.too_large", limit=size_bytes)
            if len(data) < size_bytes and (len(data) > MOST_BYTES or clock() > until_s):
                break
    except CutError:
        return Beginning(bytes(data), cut=True)
    return Beginning(bytes(data), cut=False)


async def store(
    services: Services, files: PhotoFiles, device: Device, photo: photos.Upload, data: bytes
) -> str:
    """Store a whole photo; return its receipt for the header.

    Args:
        services: The server's services.
        files: Where photos lie.
        device: The phone.
        photo: The photo, as an upload without a row.
        data: Its bytes.

    Raises:
        ProblemError: photo.wrong_hash, photo.not_image, upload.unknown, upload.quota,
            upload.unnamed, season.preparing, season.retention_over, device.revoked,
            device.unconfirmed, disk.full, disk.broken. No file is left then that no row names.
    """
    await asyncio.to_thread(files.take, photo.id, photo.sha256, data)
    now = services.settings.now_text()

    def job(connection: Connection) -> str:
        seasons.check_takes_records(connection, device.season, china_day(services.settings.now()))
        return photos.complete_whole(connection, photo, now, files.has)

    try:
        before = await write_as(services, device, job)
    except ProblemError:
        await asyncio.to_thread(expiry.remove_without_row, services, [photo.sha256])
        raise
    if before and before not in services.uploads_in_progress:
        await asyncio.to_thread(files.forget, before)
    return receipt(services, device, photo.sha256)


def receipt(services: Services, device: Device, sha256: str) -> str:
    """Return the signed receipt of a photo that is stored, for the header."""
    stamp = services.settings.real_now().isoformat()
    line = ReceiptLine(sha256=sha256)
    signed = services.receipts.receipt(device.id, services.database.epoch, stamp, [line])
    return b64(msgspec.json.encode(signed))
