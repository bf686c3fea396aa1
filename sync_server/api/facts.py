"""POST /v1/facts: up to 500 facts, one outcome each, a signed receipt for what is stored. After COMMIT only."""

from __future__ import annotations

import asyncio

from litestar import post

from shared import wire
from shared.problems import ProblemError
from sync_server.api.access import Req, body, phone, services
from sync_server.store.ledger import Incoming, push
from sync_server.store.push_codec import incoming


@post("/v1/facts", status_code=200)
async def facts(request: Req) -> wire.PushReply:
    """Take facts. One bad fact never stops its neighbours."""
    app = services(request)
    device = await phone(request)
    asked = await body(request, wire.PushRequest)
    if len(asked.facts) > wire.MAX_FACTS:
        raise ProblemError("request.too_large", limit=wire.MAX_FACTS)
    unpacked = await asyncio.to_thread(_unpack, asked, device.public_key)
    received_at = app.settings.now_text()
    outcomes, stored = await app.write(
        lambda connection: push(connection, device.id, unpacked, received_at)
    )
    stamp = app.settings.real_now().isoformat()
    return wire.PushReply(
        outcomes=outcomes,
        receipt=app.receipts.receipt(device.id, app.database.epoch, stamp, stored),
    )


def _unpack(asked: wire.PushRequest, public_key: bytes) -> list[Incoming]:
    return [incoming(pushed, public_key) for pushed in asked.facts]
