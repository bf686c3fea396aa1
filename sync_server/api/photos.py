"""Photos by hash: which are missing, and their bytes for schools whose facts refer to them."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.params import FromPath

from shared import wire
from shared.problems import ProblemError
from sync_server.api.access import Req, body, get_services, phone
from sync_server.store import photos
from sync_server.store.photo_files import is_sha256


@post("/v1/photos/missing", status_code=200)
async def missing(request: Req) -> wire.MissingReply:
    """Answer which hashes the server lacks, and a fresh receipt for the others.

    A photo that no fact of this school refers to counts as missing.

    Raises:
        ProblemError: auth.required, device.revoked, device.unconfirmed, request.too_large.
    """
    services = get_services(request)
    device = await phone(request)
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
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": f'attachment; filename="{sha256}.jpg"',
    }
    return Response(services.files.read(sha256), media_type="image/jpeg", headers=headers)
