"""POST /v1/enrol: trade a one-time code and a public key for a token.

The phone proves that it holds the key: its signature of code and key comes in the same request. The
liaison then confirms the phone by its teacher's name.
"""

from __future__ import annotations

from litestar import post

from shared import possession, wire
from shared.enrol_link import digits
from shared.problems import ProblemError
from shared.season import china_day
from sync_server import body_limits
from sync_server.api.access import Req, body, get_services
from sync_server.client_address import address_of
from sync_server.crypto.keys import is_point, signature_holds
from sync_server.office import attempts
from sync_server.office.attempts import Guess
from sync_server.services import Services
from sync_server.store import devices, going_on, seasons, teachers, units
from sync_server.store.database import Connection


@post("/v1/enrol", status_code=200, opt={"takes": body_limits.SMALL})
async def enrol(request: Req) -> wire.EnrolReply:
    """Enrol a phone; tries are counted by address before the code is looked at.

    Raises:
        ProblemError: enrol.no_proof, enrol.code_invalid (unknown, used or expired alike),
            enrol.too_many_tries, enrol.key_known, enrol.other_season, enrol.other_teacher,
            request.unreadable, request.too_large, season.closed, season.preparing.
    """
    services = get_services(request)
    asked = await body(request, wire.EnrolRequest)
    key = public_key(asked.public_key)
    guess = Guess(kind="enrol", address=address_of(request))
    return await attempts.guarded(
        services,
        guess,
        lambda: services.write(lambda c: _enrol(c, services, asked, key), alone=True),
    )


def _enrol(
    connection: Connection, services: Services, asked: wire.EnrolRequest, key: bytes
) -> wire.EnrolReply:
    code = digits(asked.code)
    if not proven(key, possession.enrolling(code, key), asked.proof):
        raise ProblemError("enrol.no_proof")
    name = asked.device_name.replace("\0", "")[:60]
    device, token = devices.enrol(connection, code, key, name, services.settings.real_now())
    seasons.check_open(connection, device.season, china_day(services.settings.now()))
    _check_unsent(connection, asked, device)
    return reply(connection, services, device, token)


def _check_unsent(connection: Connection, asked: wire.EnrolRequest, device: devices.Device) -> None:
    """Refuse a code under which the phone's unsent records would be another's, or refused."""
    before = asked.unsent_season
    if before not in ("", device.season) and not going_on.may_have_unsent(
        connection, device.id, before
    ):
        raise ProblemError("enrol.other_season", season=asked.unsent_season, new=device.season)
    mine = teachers.present_ids(connection).get(asked.unsent_staff, asked.unsent_staff)
    if mine not in ("", device.staff):
        # a teacher this server does not know (restored from a backup) is not another teacher
        name = units.name_of(connection, mine)
        if name and not units.same_person(connection, mine, device.staff):
            raise ProblemError("enrol.other_teacher", teacher=name)


def reply(
    connection: Connection, services: Services, device: devices.Device, token: str
) -> wire.EnrolReply:
    """Return what a phone gets at an enrolment, or with a new key."""
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
        chain=wire.ChainPlace(n=device.n, link=wire.b64(device.link)),
    )


def proven(key: bytes, message: bytes, proof: str) -> bool:
    """Return whether a base64url signature of a message is by the holder of a key."""
    try:
        return signature_holds(key, message, wire.unb64(proof))
    except ValueError:
        return False


def public_key(text: str) -> bytes:
    """Return the P-256 point of a request.

    Raises:
        ProblemError: request.unreadable.
    """
    try:
        key = wire.unb64(text)
    except ValueError as error:
        raise ProblemError("request.unreadable") from error
    if not is_point(key):
        raise ProblemError("request.unreadable")
    return key
