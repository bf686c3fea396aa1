"""POST /v1/facts/held: which facts the ledger holds already, from any phone of the same teacher.

A phone whose data went back to an earlier state asks before it signs its records anew.
"""

from __future__ import annotations

from litestar import post

from shared import wire
from shared.problems import ProblemError
from sync_server.api.access import Req, body, get_services, sender
from sync_server.store import held as store
from sync_server.store.photo_files import is_sha256


@post("/v1/facts/held", status_code=200)
async def held(request: Req) -> wire.HeldReply:
    """Answer which hashes the ledger holds, with a receipt of them.

    A fact of another school or teacher counts as not held.

    Raises:
        ProblemError: auth.required, device.revoked, device.unconfirmed, request.unreadable,
            request.too_large.
    """
    services = get_services(request)
    device = await sender(request)
    asked = await body(request, wire.HeldRequest)
    if len(asked.hashes) > wire.MAX_HASHES:
        raise ProblemError("request.too_large", limit=wire.MAX_HASHES)
    hashes = [h for h in asked.hashes if is_sha256(h)]
    lines = await services.read(lambda connection: store.held(connection, device, hashes))
    stamp = services.settings.real_now().isoformat()
    return wire.HeldReply(
        held=lines,
        receipt=services.receipts.receipt(device.id, services.database.epoch, stamp, lines),
    )
