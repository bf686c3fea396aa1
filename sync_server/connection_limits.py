"""Limits of every connection: how long headers and bodies may take, how many one address may hold.

uvicorn has no limit on the time of headers and bodies, and reads from as many connections as there
are file descriptors: a thousand silent ones would keep every phone and every page out. Connections
beyond a limit are closed; phones send again from the byte that arrived.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
from collections import Counter
from collections.abc import Callable, Container
from functools import partial
from importlib.util import find_spec
from typing import Any, NamedTuple, cast

from sync_server.client_address import network
from sync_server.timed_connection import TimedConnection
from sync_server.tls_handshake import CountedTls, Uncounted


class Limits(NamedTuple):
    """What a connection may take.

    Attributes:
        headers_s: Seconds from the connection, or from the end of the request before it, to the end
            of a request's headers.
        stall_s: Seconds without a byte of a body, or without a byte of the answer being taken.
            Twice what an upload waits (api/stream.py), which gives the better answer.
        body_s: Seconds for a whole body: a photo of 4 MiB over 20 kbit/s, a weak line in a village,
            takes half an hour.
        unread_s: Seconds for the rest of a body whose answer is there already: a browser reads an
            answer when it has sent everything. It is thrown away as it comes.
        unread_stall_s: Seconds without a byte of that rest.
        unread_bytes: Bytes of it; the largest file that a page takes, and some.
        handshake_s: Seconds until TLS is agreed.
        idle_s: Seconds between two requests; browsers and phones open another connection.
        per_address: Connections of one address (IPv6: of a network, /64). A school's teachers share
            one, each browser opens six. Where fewer than that are free, one address may hold no
            more than are free: a few addresses never take every place.
        in_all: Connections in all; file descriptors remain for the database and photos.
        trusted: Addresses that are not counted: a proxy brings everybody (serve --proxy).
    """

    headers_s: float = 15.0
    stall_s: float = 60.0
    body_s: float = 1800.0
    unread_s: float = 30.0
    unread_stall_s: float = 5.0
    unread_bytes: int = 25_000_000
    handshake_s: int = 10
    idle_s: int = 5
    per_address: int = 240
    in_all: int = 800
    trusted: Container[str] = frozenset({"127.0.0.1", "::1"})


KEPT_FILES = 200
"""File descriptors that connections leave to the database, photos and reading processes."""


def limits_here() -> Limits:
    """Return the limits for this computer; POSIX lets a process open more files, as far as it may.

    Elsewhere a process has no limit of open files.
    """
    limits = Limits()
    if sys.platform == "win32":
        return limits
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = limits.in_all + KEPT_FILES
    if 0 <= soft < wanted:
        soft = wanted if hard < 0 else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        return limits._replace(in_all=max(soft - KEPT_FILES, soft // 2))
    return limits


class OpenConnections:
    """How many connections are open, by address; a network of IPv6 counts as one."""

    def __init__(self, limits: Limits) -> None:
        """Start with none."""
        self._limits = limits
        self._by_address: Counter[str] = Counter()

    def admit(self, address: str) -> bool:
        """Count a connection and return whether it may stay; `leave` follows in any case."""
        place, limits = network(address), self._limits
        self._by_address[place] += 1
        free = limits.in_all - self._by_address.total()
        if free < 0:
            return False
        most = min(limits.per_address, free + 1)  # this one is counted already
        return address in limits.trusted or self._by_address[place] <= most

    def leave(self, address: str) -> None:
        """Count a connection that has ended."""
        place = network(address)
        self._by_address[place] -= 1
        if not self._by_address[place]:
            del self._by_address[place]


def reader_here() -> type[TimedConnection]:
    """Return what reads requests: httptools, which comes with uvicorn, else h11."""
    if find_spec("httptools") is None:
        from sync_server import http_by_h11

        return http_by_h11.Connection
    from sync_server import http_by_httptools

    return http_by_httptools.Connection


def limited_protocol(
    limits: Limits,
    context: ssl.SSLContext | None = None,
    reader: type[TimedConnection] | None = None,
) -> type[asyncio.Protocol]:
    """Return what makes a protocol, for `uvicorn.Config(http=…)`; one for each server.

    Args:
        limits: What a connection may take.
        context: Certificate and key for https; uvicorn gets none of its own then.
        reader: What reads requests; None for what is there.
    """
    connections = OpenConnections(limits)
    connection = reader or reader_here()
    make: Callable[..., asyncio.BaseProtocol] = partial(connection, limits, connections)
    if context is not None:
        make = partial(_secured, limits, connections, context, connection)
    return cast(type[asyncio.Protocol], make)  # uvicorn calls it and asks no more of it


def _secured(
    limits: Limits,
    connections: OpenConnections,
    context: ssl.SSLContext,
    reader: type[TimedConnection],
    **of_server: Any,
) -> CountedTls:
    inside = reader(limits, Uncounted(), **of_server)
    return CountedTls(connections, context, limits.handshake_s, inside)
