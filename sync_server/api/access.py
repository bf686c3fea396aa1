"""Authenticate a phone by its bearer token, and read request bodies.

404 is answered rather than 403 wherever existence itself would reveal something.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from litestar import Request

from shared.problems import ProblemError
from sync_server import body_limits
from sync_server.api.inflate import inflate
from sync_server.api.stream import CutError, sent, whole
from sync_server.request_bounds import check_struct
from sync_server.services import Services
from sync_server.store import devices
from sync_server.store.database import Connection

T = TypeVar("T")
Req = Request[Any, Any, Any]


def get_services(request: Req) -> Services:
    """Return the services that `create_app` built."""
    found = request.app.state["services"]
    if not isinstance(found, Services):
        raise TypeError("the app was made without services")
    return found


def header(request: Req, name: bytes) -> str:
    """Return the first header of a name, in small letters; "" without one."""
    return next((v.decode("latin-1") for n, v in request.scope["headers"] if n == name), "")


def bearer(request: Req) -> str:
    """Return the token of a request. Raises: ProblemError auth.required."""
    kind, _, token = header(request, b"authorization").partition(" ")
    if kind.lower() != "bearer" or not token.startswith(devices.TOKEN_PREFIX):
        raise ProblemError("auth.required")
    return token


async def token_holder(request: Req) -> devices.Device:
    """Return the phone that sent the request, confirmed or not yet.

    Raises:
        ProblemError: auth.required, device.revoked.
    """
    token = bearer(request)
    return await get_services(request).read(lambda connection: devices.by_token(connection, token))


async def phone(request: Req) -> devices.Device:
    """Return the confirmed phone that sent the request.

    Raises:
        ProblemError: auth.required, device.revoked, device.unconfirmed, device.new_season.
    """
    device = await token_holder(request)
    if device.state != devices.CONFIRMED:
        await get_services(request).read(lambda c: devices.check_confirmed(c, device.id))
    return device


async def sender(request: Req) -> devices.Device:
    """Return the phone that sent the request, which may hand in what it still has.

    It is confirmed, or waits in a new season and was confirmed in one before.

    Raises:
        ProblemError: auth.required, device.revoked, device.unconfirmed.
    """
    device = await token_holder(request)
    if device.state != devices.CONFIRMED:
        await get_services(request).read(lambda c: devices.check_may_send(c, device))
    return device


async def write_as(services: Services, device: devices.Device, job: Callable[[Connection], T]) -> T:
    """Run a phone's job in the writer; a phone stopped since it was authenticated is refused.

    What it does there says which season it is of, and whether the phone is confirmed in that one.

    Args:
        services: The server's services.
        device: The phone.
        job: What it asked for.

    Raises:
        ProblemError: device.revoked, device.unconfirmed, and the job's own.
    """

    def checked(connection: Connection) -> T:
        devices.check_may_send(connection, devices.by_id(connection, device.id))
        return job(connection)

    return await services.write(checked)


async def body(request: Req, shape: type[T]) -> T:
    """Decode the request's JSON body.

    Args:
        request: The request.
        shape: The struct to decode into.

    Raises:
        ProblemError: request.too_large, request.bad_encoding, request.unreadable,
            request.bad_text, request.text_too_long.
    """
    limit = body_limits.of(request.route_handler.opt, request.scope["path"]).body_bytes or 0
    encoding = header(request, b"content-encoding")
    plain = inflate(await _read_body(request, limit), encoding, limit)
    try:
        asked = msgspec.json.decode(plain, type=shape)
    except (
        ValueError,
        RecursionError,
    ) as error:  # msgspec's errors and invalid UTF-8 are ValueErrors
        raise ProblemError("request.unreadable") from error
    check_struct(asked)
    return asked


async def _read_body(request: Req, limit: int) -> bytes:
    """Read the body as sent, bounded although no length was announced."""

    def check(length: int) -> None:
        if length > limit:
            raise ProblemError("request.too_large", limit=limit)

    try:
        return await whole(sent(request.receive), check)
    except CutError as error:
        raise ProblemError("request.unreadable") from error
