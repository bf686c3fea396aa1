"""POST /v1/handover: receive a hand-over file from the phone that made it, and answer it.

Nothing of a file lies on the disk before its size, the room there and the phone's signature of its
head were checked.
"""

from __future__ import annotations

import asyncio
import io
import tempfile
from typing import BinaryIO

from litestar import Response, post

from shared import handover as form
from shared.problems import ProblemError
from sync_server import body_limits
from sync_server.api.access import Req, get_services, sender
from sync_server.api.stream import CutError, chunks
from sync_server.disk_errors import disk_problem
from sync_server.office import disk_room, handover_file
from sync_server.office import handover as office
from sync_server.services import Services
from sync_server.store.devices import Device

LONGEST_OPENING_BYTES = len(form.MAGIC) + 2 + form.MAX_HEAD_BYTES + form.SIG_BYTES
"""The head of a file with its signature."""
LOOK_EVERY_BYTES = 16 * 1024 * 1024
"""How much is written until the room on the disk is looked at again."""


@post("/v1/handover", status_code=200, opt={"takes": body_limits.STREAM})
async def handover(request: Req) -> Response[bytes]:
    """Receive the file of the phone whose token this is, with the outcomes and receipts of a push.

    Raises:
        ProblemError: handover.too_large, handover.in_progress, disk.low, request.unreadable, and
            those of office.handover.receive.
    """
    services, device = get_services(request), await sender(request)
    _check_length(request, services)
    if device.id in services.handovers_in_progress:
        raise ProblemError("handover.in_progress")
    services.handovers_in_progress.add(device.id)
    try:
        with tempfile.TemporaryFile(prefix="handover-") as file:
            await _spool(request, services, device, file)
            taken = await asyncio.to_thread(
                office.receive, services, file, who="", allowed=lambda d: d.id == device.id
            )
    finally:
        services.handovers_in_progress.discard(device.id)
    return Response(taken.answer, media_type="application/octet-stream")


def _check_length(request: Req, services: Services) -> None:
    """Raise ProblemError handover.too_large or disk.low by the length a request announces."""
    length = request.headers.get("content-length", "")
    announced_bytes = int(length) if length.isdecimal() else 0
    office.check_size(announced_bytes)
    disk_room.check(services, announced_bytes)


async def _spool(request: Req, services: Services, device: Device, file: BinaryIO) -> None:
    """Write the body to a temporary file once its head is that of the phone.

    Raises:
        ProblemError: handover.too_large, request.unreadable, disk.low, disk.full, disk.broken, and
            those of office.handover.known_phone.
    """
    beginning, size_bytes, looked_at = bytearray(), 0, 0
    try:
        async for chunk in chunks(request.stream()):
            size_bytes += len(chunk)
            office.check_size(size_bytes)
            if size_bytes - looked_at > LOOK_EVERY_BYTES:
                disk_room.check(services)
                looked_at = size_bytes
            if file.tell():
                file.write(chunk)
                continue
            beginning += chunk
            if len(beginning) >= LONGEST_OPENING_BYTES:
                await _check_beginning(services, device, bytes(beginning))
                file.write(beginning)
        if not file.tell():  # a file of one short frame
            await _check_beginning(services, device, bytes(beginning))
            file.write(beginning)
    except CutError as error:
        raise ProblemError("request.unreadable") from error
    except OSError as error:
        raise disk_problem(error) from error


async def _check_beginning(services: Services, device: Device, beginning: bytes) -> None:
    """Raise what is wrong with a file by its head alone."""
    opening = handover_file.read_opening(io.BytesIO(beginning))
    await asyncio.to_thread(
        office.known_phone, services, opening, allowed=lambda d: d.id == device.id
    )
