"""POST /v1/enrol: a one-time code and a public key for a token; a liaison then confirms the phone by name."""

from __future__ import annotations

from litestar import post
from sync_server.store.database import Connection

from shared import wire
from shared.problems import ProblemError
from sync_server.api.access import Req, body, services
from sync_server.keys import is_point
from sync_server.services import Services
from sync_server.store import devices, units


@post("/v1/enrol", status_code=200)
async def enrol(request: Req) -> wire.EnrolReply:
    """Enrol a phone. One answer for unknown, used and expired codes; wrong tries are counted by address."""
    app = services(request)
    asked = await body(request, wire.EnrolRequest)
    who = request.client.host if request.client else ""
    now_s = app.settings.real_now().timestamp()
    app.tries.check(who, now_s)
    try:
        return await app.write(lambda connection: _enrol(connection, app, asked))
    except ProblemError as problem:
        if problem.code == "enrol.code_invalid":
            app.tries.wrong(who, now_s)
        raise


def _enrol(connection: Connection, app: Services, asked: wire.EnrolRequest) -> wire.EnrolReply:
    key = _key(asked.public_key)
    code = "".join(c for c in asked.code if c.isdigit())
    device, token = devices.enrol(connection, code, key, asked.device_name[:60], app.settings.real_now())
    names = units.staff_names(connection, device.season)
    unit = units.unit(connection, device.season, device.unit)
    scope = wire.Scope(
        season=device.season, school=device.unit, school_name=unit.name if unit else device.unit,
        staff=device.staff, staff_name=names.get(device.staff, ""),
    )  # fmt: skip
    return wire.EnrolReply(
        device=device.id, token=token, state=device.state, scope=scope,
        server_key=wire.b64(app.receipts.public()), epoch=app.database.epoch,
    )  # fmt: skip


def _key(text: str) -> bytes:
    try:
        key = wire.unb64(text)
    except ValueError as error:
        raise ProblemError("request.unreadable") from error
    if not is_point(key):
        raise ProblemError("request.unreadable")
    return key
