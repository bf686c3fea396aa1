"""POST /v1/facts: up to 500 facts, one outcome each, a signed receipt for what is stored. After COMMIT only."""

from __future__ import annotations

import asyncio

from litestar import post

from shared import wire
from shared.problems import ProblemError
from sync_server.api.access import Req, body, phone, services
from sync_server.keys import signature_holds
from sync_server.store.ledger import Incoming, push


@post("/v1/facts", status_code=200)
async def facts(request: Req) -> wire.PushReply:
    """Take facts. One bad fact never stops its neighbours."""
    app = services(request)
    device = await phone(request)
    asked = await body(request, wire.PushRequest)
    if len(asked.facts) > wire.MAX_FACTS:
        raise ProblemError("request.too_large", limit=wire.MAX_FACTS)
    incoming = await asyncio.to_thread(_unpack, asked, device.public_key)
    received_at = app.settings.now_text()
    outcomes, stored = await app.write(lambda connection: push(connection, device.id, incoming, received_at))
    stamp = app.settings.real_now().isoformat()
    return wire.PushReply(outcomes=outcomes, receipt=app.receipts.receipt(device.id, app.database.epoch, stamp, stored))


def _unpack(asked: wire.PushRequest, public_key: bytes) -> list[Incoming]:
    return [_incoming(pushed, public_key) for pushed in asked.facts]


_MOST_FACTS = 2**31 - 1
"""The highest n a phone can reach, and a database's integer can hold."""


def _incoming(pushed: wire.PushedFact, public_key: bytes) -> Incoming:
    """Text to bytes; what is no base64 becomes an unsigned, unreadable fact with its own outcome."""
    n = pushed.n if 0 < pushed.n <= _MOST_FACTS else 0
    try:
        data, link, sig = wire.unb64(pushed.bytes), wire.unb64(pushed.link), wire.unb64(pushed.sig)
    except ValueError:
        return Incoming(data=pushed.bytes.encode(), n=n, link=b"", sig=b"", signed=False)
    return Incoming(data=data, n=n, link=link, sig=sig, signed=signature_holds(public_key, link, sig))
