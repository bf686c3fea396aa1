"""POST /v1/devices/renew: a phone whose chain is broken takes a new key, and with it a new chain.

Both keys sign the request: the new one that the phone holds it, the one before that its holder
wants this. The phone with the key before goes on untouched; the new one waits for the liaison.
"""

from __future__ import annotations

from litestar import post

from shared import possession, wire
from shared.problems import ProblemError
from shared.season import china_day
from sync_server import body_limits
from sync_server.api.access import Req, bearer, body, get_services, token_holder
from sync_server.api.enrol import proven, public_key, reply
from sync_server.services import Services
from sync_server.store import audit, devices, seasons, units
from sync_server.store.database import Connection
from sync_server.store.devices import Device


@post("/v1/devices/renew", status_code=200, opt={"takes": body_limits.SMALL})
async def renew(request: Req) -> wire.EnrolReply:
    """Make a new device of the same teacher; it is pending until the liaison confirms it.

    A device that was made so and still waits gets the new key itself.

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
    # a phone that waits and has this key already did not get the answer: its key before is gone
    agreed = (before.only_waits and key == before.public_key) or proven(
        before.public_key, message, asked.consent
    )
    if not (agreed and proven(key, message, asked.proof)):
        # of a phone that waits, another copy may have taken the next key: a code is its way on
        raise ProblemError("auth.required" if before.only_waits else "enrol.no_proof")
    token = bearer(request)
    return await services.write(
        lambda connection: _renew(connection, services, before, key, token), alone=True
    )


def _renew(
    connection: Connection, services: Services, before: Device, key: bytes, token: str
) -> wire.EnrolReply:
    settings = services.settings
    device, token = devices.renew(connection, before, key, token, settings.real_now())
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
