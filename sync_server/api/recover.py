"""POST /v1/recover: a phone whose PIN is forgotten gets its data key back for a liaison's code."""

from __future__ import annotations

from litestar import post

from shared import wire
from shared.problems import ProblemError
from sync_server.api.access import Req, body, get_services
from sync_server.office import recovery
from sync_server.services import Services
from sync_server.store.database import Connection


@post("/v1/recover", status_code=200)
async def recover(request: Req) -> wire.RecoverReply:
    """Answer the phone's data key, encrypted for it; wrong codes are counted by client address.

    Raises:
        ProblemError: recover.code_invalid (unknown, used, expired, another phone's alike),
            recover.too_many_tries, recover.box_unreadable, device.revoked, request.unreadable.
    """
    services = get_services(request)
    asked = await body(request, wire.RecoverRequest)
    who = request.client.host if request.client else ""
    return await services.write(
        lambda connection: _recover_limited(connection, services, asked, who)
    )


def _recover_limited(
    connection: Connection, services: Services, asked: wire.RecoverRequest, who: str
) -> wire.RecoverReply:
    """Check and count in the writer thread, as enrolment does."""
    now_s = services.settings.real_now().timestamp()
    services.code_attempts.check(who, now_s, "recover.too_many_tries")
    try:
        return recovery.answer(connection, services, asked)
    except ProblemError:
        services.code_attempts.record_failure(who, now_s)
        raise
