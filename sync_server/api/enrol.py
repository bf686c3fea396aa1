"""POST /v1/enrol: trade a one-time code and a public key for a token.

The liaison then confirms the phone by its teacher's name.
"""

from __future__ import annotations

from litestar import post

from shared import wire
from shared.problems import ProblemError
from shared.season import china_day
from sync_server.api.access import Req, body, get_services
from sync_server.crypto.keys import is_point
from sync_server.services import Services
from sync_server.store import devices, seasons, units
from sync_server.store.database import Connection


@post("/v1/enrol", status_code=200)
async def enrol(request: Req) -> wire.EnrolReply:
    """Enrol a phone; wrong codes are counted by client address.

    Raises:
        ProblemError: enrol.code_invalid (unknown, used or expired alike), enrol.too_many_tries,
            enrol.other_season, request.unreadable, request.too_large, season.closed,
            season.preparing.
    """
    services = get_services(request)
    asked = await body(request, wire.EnrolRequest)
    who = request.client.host if request.client else ""
    key = _public_key(asked.public_key)
    return await services.write(
        lambda connection: _enrol_limited(connection, services, asked, key, who)
    )


def _enrol_limited(
    connection: Connection, services: Services, asked: wire.EnrolRequest, key: bytes, who: str
) -> wire.EnrolReply:
    """Check and count in the writer thread: simultaneous guesses are counted one by one."""
    now_s = services.settings.real_now().timestamp()
    services.code_attempts.check(who, now_s, "enrol.too_many_tries")
    try:
        return _enrol(connection, services, asked, key)
    except ProblemError:
        services.code_attempts.record_failure(who, now_s)
        raise


def _enrol(
    connection: Connection, services: Services, asked: wire.EnrolRequest, key: bytes
) -> wire.EnrolReply:
    code = "".join(c for c in asked.code if c.isdecimal())
    name = asked.device_name.replace("\0", "")[:60]
    device, token = devices.enrol(connection, code, key, name, services.settings.real_now())
    seasons.check_open(connection, device.season, china_day(services.settings.now()))
    if asked.unsent_season not in ("", device.season):
        raise ProblemError("enrol.other_season", season=asked.unsent_season, new=device.season)
    names = units.staff_names(connection, device.season)
    unit = units.unit(connection, device.season, device.unit)
    scope = wire.Scope(
        season=device.season,
        school=device.unit,
        school_name=unit.name if unit else device.unit,
        staff=device.staff,
        staff_name=names.get(device.staff, ""),
    )
    return wire.EnrolReply(
        device=device.id,
        token=token,
        state=device.state,
        scope=scope,
        server_key=wire.b64(services.receipts.public()),
        epoch=services.database.epoch,
    )


def _public_key(text: str) -> bytes:
    try:
        key = wire.unb64(text)
    except ValueError as error:
        raise ProblemError("request.unreadable") from error
    if not is_point(key):
        raise ProblemError("request.unreadable")
    return key
