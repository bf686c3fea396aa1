"""POST /v1/facts: up to 500 facts, one outcome each, and a signed receipt for what is stored."""

from __future__ import annotations

import asyncio
import os

from litestar import post

from shared import wire
from shared.problems import ProblemError
from shared.season import china_day
from sync_server.api.access import Req, bearer, body, get_services, sender
from sync_server.api.answer import Answer
from sync_server.office import disk_room
from sync_server.store import devices, seasons
from sync_server.store.database import Connection
from sync_server.store.ledger import push_of
from sync_server.store.push_codec import decode_pushed
from sync_server.store.received_fact import ReceivedFact

FEW = 8
"""Facts whose signatures are checked at once: to hand them to a thread costs as much as one."""


@post("/v1/facts", status_code=200)
async def facts(request: Req) -> Answer[wire.PushReply]:
    """Store facts and answer after COMMIT; one bad fact never stops the others.

    Raises:
        ProblemError: auth.required, device.revoked, device.unconfirmed, request.too_large,
            request.unreadable, season.preparing, season.retention_over, device.new_season,
            quarantine.day_full, quarantine.full, disk.used_up, disk.full.
    """
    services = get_services(request)
    token = bearer(request)
    known = services.senders.get(token)
    device = known or await _looked_up(request, token)
    try:
        asked = await body(request, wire.PushRequest)
        if len(asked.facts) > wire.MAX_FACTS:
            raise ProblemError("request.too_large", limit=wire.MAX_FACTS)
    except ProblemError:
        if known:  # who may not send any more hears that first
            await _looked_up(request, token)
        raise
    disk_room.check_for_records(services)
    unpacked = await _checked(asked, device.public_key)
    now = services.settings.now()
    received_at, today = services.settings.as_text(now), china_day(now)

    def job(connection: Connection) -> tuple[list[wire.Outcome], list[wire.ReceiptLine]]:
        held = devices.locked_by_token(connection, token)
        devices.check_may_send(connection, held)
        season = seasons.check_takes_records(connection, held.season, today)
        changed = held.public_key != device.public_key  # it took a new key meanwhile
        items = _unpack(asked, held.public_key) if changed else unpacked
        return push_of(connection, held, items, received_at, season)

    outcomes, stored = await services.write(job)
    stamp = services.settings.real_now().isoformat()
    receipt = services.receipts.receipt(device.id, services.database.epoch, stamp, stored)
    return Answer(wire.PushReply(outcomes=outcomes, receipt=receipt))


async def _looked_up(request: Req, token: str) -> devices.Device:
    found = await sender(request)
    get_services(request).senders.note(token, found)
    return found


async def _checked(asked: wire.PushRequest, public_key: bytes) -> list[ReceivedFact]:
    """Decode facts and check their signatures: a few here and now, many on every core."""
    facts = asked.facts
    if len(facts) <= FEW:
        return _unpack(asked, public_key)
    size = max(FEW, -(-len(facts) // (os.cpu_count() or 1)))
    parts = (wire.PushRequest(facts=facts[i : i + size]) for i in range(0, len(facts), size))
    done = await asyncio.gather(*(asyncio.to_thread(_unpack, p, public_key) for p in parts))
    return [item for part in done for item in part]


def _unpack(asked: wire.PushRequest, public_key: bytes) -> list[ReceivedFact]:
    return [decode_pushed(pushed, public_key) for pushed in asked.facts]
