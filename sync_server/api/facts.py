"""POST /v1/facts: up to 500 facts, one outcome each, and a signed receipt for what is stored."""

from __future__ import annotations

import asyncio

from litestar import post

from shared import wire
from shared.problems import ProblemError
from shared.season import china_day
from sync_server.api.access import Req, body, get_services, sender, write_as
from sync_server.office import disk_room
from sync_server.store import seasons
from sync_server.store.database import Connection
from sync_server.store.ledger import push
from sync_server.store.push_codec import decode_pushed
from sync_server.store.received_fact import ReceivedFact


@post("/v1/facts", status_code=200)
async def facts(request: Req) -> wire.PushReply:
    """Store facts and answer after COMMIT; one bad fact never stops the others.

    Raises:
        ProblemError: auth.required, device.revoked, device.unconfirmed, request.too_large,
            request.unreadable, season.preparing, season.retention_over, device.new_season,
            quarantine.day_full, quarantine.full, disk.used_up, disk.full.
    """
    services = get_services(request)
    device = await sender(request)
    asked = await body(request, wire.PushRequest)
    if len(asked.facts) > wire.MAX_FACTS:
        raise ProblemError("request.too_large", limit=wire.MAX_FACTS)
    disk_room.check_for_records(services)
    unpacked = await asyncio.to_thread(_unpack, asked, device.public_key)
    received_at = services.settings.now_text()

    def job(connection: Connection) -> tuple[list[wire.Outcome], list[wire.ReceiptLine]]:
        seasons.check_takes_records(connection, device.season, china_day(services.settings.now()))
        return push(connection, device.id, unpacked, received_at)

    outcomes, stored = await write_as(services, device, job)
    stamp = services.settings.real_now().isoformat()
    return wire.PushReply(
        outcomes=outcomes,
        receipt=services.receipts.receipt(device.id, services.database.epoch, stamp, stored),
    )


def _unpack(asked: wire.PushRequest, public_key: bytes) -> list[ReceivedFact]:
    return [decode_pushed(pushed, public_key) for pushed in asked.facts]
