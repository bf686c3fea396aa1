"""Which Host a request may name: an address of this office. Another one leads nowhere.

A page of somebody else's, whose name was made to lead here (DNS rebinding), would speak to the
console as if it were ours. What a proxy adds about the host is never read.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import lru_cache

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from shared.problems import ProblemError
from sync_server import serve_choice
from sync_server.crypto import given_certificate, host_names, tls
from sync_server.office.phone_address import host_of, is_loopback, is_nowhere
from sync_server.services import Services
from sync_server.store import audit

LOOK_AGAIN_S = 2.0
"""Seconds after which an unknown name makes us read again which ones are ours."""
_HELD = "own_hosts"
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[\w.-]{1,253})(?::\d{1,5})?", re.ASCII)


def guard_host(app: ASGIApp) -> ASGIApp:
    """Refuse requests that name another server.

    Raises:
        ProblemError: request.wrong_host, request.unreadable (no Host, or several).
    """

    async def checked(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            await _check(scope)
        await app(scope, receive, send)

    return checked


async def _check(scope: HTTPScope) -> None:
    found = [value for name, value in scope["headers"] if name == b"host"]
    state = scope["litestar_app"].state
    own = state.get(_HELD)
    if not isinstance(own, OwnHosts):
        running = state["console_state"].running
        own = state[_HELD] = OwnHosts(state["services"], running.names if running else ())
    named = _HOST.fullmatch(found[0].decode("latin-1")) if len(found) == 1 else None
    if named is None:
        raise ProblemError("request.unreadable")
    at, port = scope.get("server") or ("", None)
    if not await own.knows(named[1].strip("[]"), at):
        raise ProblemError("request.wrong_host", address=own.address(port))


class OwnHosts:
    """The names and numbers under which this server is opened."""

    def __init__(self, services: Services, names: Sequence[str] = ()) -> None:
        """Nothing is read before somebody asks; `names`: of the certificate in use."""
        self._services = services
        self._names, self._in_use = list(names), tuple(names)
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()

    async def knows(self, host: str, reached_at: str = "") -> bool:
        """Return whether a host is this server.

        Args:
            host: A host name or IP address, without a port.
            reached_at: The address of this computer at which the connection arrived.
        """
        if is_loopback(host) or (
            _number(host) is not None and _number(host) == _number(reached_at)
        ):
            return True
        if given_certificate.covers(self._names, host):
            return True
        async with self._reading:  # of many unknown names at once, one makes us read
            if time.monotonic() - self._read_at >= LOOK_AGAIN_S:
                self._names = [*self._in_use, *await asyncio.to_thread(self._read)]
                self._read_at = time.monotonic()
        return given_certificate.covers(self._names, host)

    def address(self, port: int | None) -> str:
        """Return the address to use instead, as a person types it."""
        settings = self._services.settings
        chosen = settings.public_url or serve_choice.read(settings.data_dir, settings.keys_dir).url
        return chosen or f"http://{serve_choice.LOOPBACK}:{port or serve_choice.DEFAULT_PORT}"

    def _read(self) -> list[str]:
        """Read database and files, off the event loop."""
        return list(self._own_names())

    def _own_names(self) -> Iterator[str]:
        """What was configured, chosen now or earlier (phones keep it), and is on a certificate."""
        settings = self._services.settings
        choice = serve_choice.read(settings.data_dir, settings.keys_dir)
        earlier = self._services.database.read(audit.connect_addresses)
        for url in (settings.public_url, settings.app_url, choice.url, *earlier):
            yield from _forms(host_of(url))
        if not is_nowhere(settings.listen_host):
            yield from _forms(settings.listen_host)
        with suppress(ProblemError):  # there is none
            yield from tls.served(tls.folder(settings)).names
        with suppress(ProblemError):
            given = given_certificate.read(given_certificate.file_of(settings))
            yield from given.names if given else ()


def _forms(host: str) -> Iterator[str]:
    """A host as it is written, and as browsers send it (Chinese letters as punycode)."""
    if host:
        yield host
        with suppress(ProblemError):
            yield host_names.host_name(host)


@lru_cache(maxsize=1024)
def _number(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    inside = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return inside or found
