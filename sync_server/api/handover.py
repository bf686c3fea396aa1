"""POST /v1/handover: receive a hand-over file from the phone that made it, and answer it."""

from __future__ import annotations

import asyncio
import errno
import tempfile
from typing import BinaryIO

from litestar import Response, post

from shared.problems import ProblemError
from sync_server.api.access import Req, get_services, phone
from sync_server.api.stream import CutError, chunks
from sync_server.office import handover as office


@post("/v1/handover", status_code=200, request_max_body_size=None)
async def handover(request: Req) -> Response[bytes]:
    """Receive the file of the phone whose token this is, with the outcomes and receipts of a push.

    Raises:
        ProblemError: handover.too_large, request.unreadable, and those of office.handover.receive.
    """
    services, device = get_services(request), await phone(request)
    with tempfile.TemporaryFile(prefix="handover-") as file:
        await _spool(request, file)
        taken = await asyncio.to_thread(
            office.receive, services, file, who="", allowed=lambda d: d.id == device.id
        )
    return Response(taken.answer, media_type="application/octet-stream")


async def _spool(request: Req, file: BinaryIO) -> None:
    """Write the body to a temporary file.

    Raises:
        ProblemError: handover.too_large, request.unreadable, disk.full, disk.broken.
    """
    size_bytes = 0
    try:
        async for chunk in chunks(request.stream()):
            size_bytes += len(chunk)
            if size_bytes > office.MAX_FILE_BYTES:
                raise ProblemError("handover.too_large", limit_mb=office.MAX_FILE_MB)
            file.write(chunk)
    except CutError as error:
        raise ProblemError("request.unreadable") from error
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise (
            ProblemError("disk.full")
            if full
            else ProblemError("disk.broken", why=error.strerror or "")
        ) from error
