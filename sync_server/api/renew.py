"""POST /v1/devices/renew: a phone whose chain is broken takes a new key, and with it a new chain.

Both keys sign the request: the new one that the phone holds it, the one before that its holder
wants this. The phone with the key before goes on untouched; the new one waits for the liaison.
"""

from __future__ import annotations

from litestar import post

from shared import possession, wire
from shared.problems import ProblemError
from shared.season import china_day
from sync_server.api.access import Req, body, get_services, token_holder
from sync_server.api.enrol import proven, public_key, reply
from sync_server.services import Services
from sync_server.store import audit, devices, seasons, units
from sync_server.store.database import Connection
from sync_server.store.devices import Device


@post("/v1/devices/renew", status_code=200)
async def renew(request: Req) -> wire.EnrolReply:
    """Make a new device of the same teacher; it is pending until the liaison confirms it.

    Raises:
        ProblemError: auth.required, device.revoked, enrol.no_proof, enrol.key_known,
            device.renewed_often, request.unreadable, request.too_large, season.closed,
            season.preparing.
    """
    services = get_services(request)
    before = await token_holder(request)
    asked = await body(request, wire.RenewRequest)
    key = public_key(asked.public_key)
    message = possession.renewing(before.id, key)
    if not (
        proven(key, message, asked.proof) and proven(before.public_key, message, asked.consent)
    ):
        raise ProblemError("enrol.no_proof")
    return await services.write(lambda connection: _renew(connection, services, before, key))


def _renew(
    connection: Connection, services: Services, before: Device, key: bytes
) -> wire.EnrolReply:
    settings = services.settings
    device, token = devices.renew(connection, before.id, key, settings.real_now())
    seasons.check_open(connection, device.season, china_day(settings.now()))
    audit.note(
        connection,
        at=settings.now_text(),
        who=units.staff_names(connection, device.season).get(device.staff, ""),
        action="phone.renew",
        ref=device.id,
        unit=device.unit,
        detail=before.id,
    )
    return reply(connection, services, device, token)
