"""Photos by hash: which are missing, and their bytes for schools whose facts refer to them."""

from __future__ import annotations

import asyncio

from litestar import Response, get, post
from litestar.params import FromPath

from shared import wire
from shared.problems import ProblemError
from sync_server import quotas
from sync_server.api.access import Req, body, get_services, phone, sender, write_as
from sync_server.services import Services
from sync_server.store import audit, device_days, own_records, photos, units
from sync_server.store.database import Connection
from sync_server.store.devices import Device
from sync_server.store.photo_files import is_sha256


@post("/v1/photos/missing", status_code=200)
async def missing(request: Req) -> wire.MissingReply:
    """Answer which hashes the server lacks, and a fresh receipt for the others.

    A photo that no fact of this school refers to counts as missing.

    Raises:
        ProblemError: auth.required, device.revoked, device.unconfirmed, request.too_large.
    """
    services = get_services(request)
    device = await sender(request)
    asked = await body(request, wire.MissingRequest)
    if len(asked.hashes) > wire.MAX_HASHES:
        raise ProblemError("request.too_large", limit=wire.MAX_HASHES)
    named = [h for h in asked.hashes if is_sha256(h)]
    held = await services.read(
        lambda c: {h for h in photos.stored_of(c, named) if photos.may_see(c, device.unit, h)}
    )
    lines = [wire.ReceiptLine(sha256=h) for h in asked.hashes if h in held]
    stamp = services.settings.real_now().isoformat()
    return wire.MissingReply(
        missing=[h for h in asked.hashes if h not in held],
        receipt=services.receipts.receipt(device.id, services.database.epoch, stamp, lines),
    )


@get("/v1/photos/{sha256:str}")
async def photo(request: Req, sha256: FromPath[str]) -> Response[bytes]:
    """Answer a photo's bytes as an attachment.

    Raises:
        ProblemError: photo.unknown, also when no fact of this school refers to it.
    """
    services = get_services(request)
    device = await phone(request)
    if not is_sha256(sha256) or not await services.read(
        lambda c: photos.may_see(c, device.unit, sha256)
    ):
        raise ProblemError("photo.unknown")
    return await _attachment(services, sha256)


@get("/v1/photos/own/{sha256:str}")
async def own_photo(request: Req, sha256: FromPath[str]) -> Response[bytes]:
    """Answer a photo of the teacher's own record, whichever phone took it; counted and on record.

    Raises:
        ProblemError: photo.unknown, also for a photo of a colleague's record and while the record's
            case is not this teacher's; photo.read_quota.
    """
    services = get_services(request)
    device = await phone(request)
    if not is_sha256(sha256):
        raise ProblemError("photo.unknown")
    await write_as(services, device, lambda c: _read_back(c, services, device, sha256))
    return await _attachment(services, sha256)


def _read_back(connection: Connection, services: Services, device: Device, sha256: str) -> None:
    """Allow the phone to read the photo, count it for the day, and note who read it."""
    size_bytes = own_records.photo_size(connection, device, sha256)
    if size_bytes is None:
        raise ProblemError("photo.unknown")
    now = services.settings.now_text()
    if not device_days.add_photo(connection, device.id, now, size_bytes):
        raise ProblemError("photo.read_quota", photos=quotas.DAY_PHOTOS)
    audit.note(
        connection,
        at=now,
        who=units.staff_names(connection, device.season).get(device.staff, ""),
        action="photo.read_back",
        ref=sha256,
        unit=device.unit,
        detail=device.id,
    )


async def _attachment(services: Services, sha256: str) -> Response[bytes]:
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": f'attachment; filename="{sha256}.jpg"',
    }
    data = await asyncio.to_thread(services.files.read, sha256)
    return Response(data, media_type="image/jpeg", headers=headers)
