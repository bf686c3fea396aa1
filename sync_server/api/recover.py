"""POST /v1/recover: a phone whose PIN is forgotten gets its data key back for a liaison's code."""

from __future__ import annotations

from litestar import post

from shared import wire
from sync_server import body_limits
from sync_server.api.access import Req, body, get_services
from sync_server.client_address import address_of
from sync_server.office import attempts, recovery
from sync_server.office.attempts import Guess


@post("/v1/recover", status_code=200, opt={"takes": body_limits.SMALL})
async def recover(request: Req) -> wire.RecoverReply:
    """Answer the phone's data key, encrypted for it; tries are counted by phone and by address.

    Raises:
        ProblemError: recover.code_invalid (unknown, used, expired, another phone's alike),
            recover.too_many_tries, recover.box_unreadable, device.revoked, request.unreadable.
    """
    services = get_services(request)
    asked = await body(request, wire.RecoverRequest)
    guess = Guess(kind="recover", address=address_of(request), subject=asked.device)
    return await attempts.guarded(
        services,
        guess,
        lambda: services.write(lambda c: recovery.answer(c, services, asked), alone=True),
    )
