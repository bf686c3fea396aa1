"""Limits of every connection: how long headers and bodies may take, how many one address may hold.

uvicorn has no limit on the time of headers and bodies, and reads from as many connections as there
are file descriptors: a thousand silent ones would keep every phone and every page out. Connections
beyond a limit are closed; phones send again from the byte that arrived.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import sys
from collections import Counter
from collections.abc import Container
from typing import Any, Literal, NamedTuple, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from sync_server.client_address import network
from sync_server.tls_handshake import CountedTls, Counts, Uncounted

log = logging.getLogger("doorstep.connections")
Phase = Literal["", "headers", "body", "answer", "unread"]
_BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 10\r\n"
    b"Content-Length: 0\r\nConnection: close\r\n\r\n"
)


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


def limited_protocol(
    limits: Limits, context: ssl.SSLContext | None = None
) -> type[asyncio.Protocol]:
    """Return the protocol class for `uvicorn.Config(http=…)`; one for each server.

    Args:
        limits: What a connection may take.
        context: Certificate and key for https; uvicorn gets none of its own then.

    h11's is extended, not httptools': it bounds the size of headers and knows exactly whether
    headers or a body are awaited.
    """
    connections = OpenConnections(limits)

    class LimitedProtocol(_TimedProtocol):
        def __init__(self, *args: Any, **named: Any) -> None:
            super().__init__(limits, connections, *args, **named)

    if context is None:
        return LimitedProtocol
    certificate = context

    class SecuredProtocol(CountedTls):
        def __init__(self, *args: Any, **named: Any) -> None:
            inside = _TimedProtocol(limits, Uncounted(), *args, **named)
            super().__init__(connections, certificate, limits.handshake_s, inside)

    return cast(type[asyncio.Protocol], SecuredProtocol)  # uvicorn asks for no more than it is


class _TimedProtocol(H11Protocol):
    """A connection that is closed once its phase has taken too long."""

    def __init__(self, limits: Limits, connections: Counts, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._limits = limits
        self._open_connections = connections
        self._address = ""
        self._admitted = True
        self._phase: Phase = ""
        self._began_at = self._moved_at = 0.0
        self._unread_bytes = 0
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast(asyncio.Transport, transport))
        self._address = self.client[0] if self.client else ""
        self._admitted = self._open_connections.admit(self._address)
        if self._admitted:
            self._moved()
        else:
            log.warning("too many connections")  # without the address: it is a teacher's
            self.transport.write(_BUSY)
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._open_connections.leave(self._address)
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._admitted:
            return
        self._unread_bytes += len(data) if self._phase == "unread" else 0
        if self._unread_bytes > self._limits.unread_bytes:
            self.transport.abort()
            return
        super().data_received(data)
        self._moved()

    def _should_upgrade(self) -> bool:
        """Refuse every upgrade: a websocket would not be counted as an open connection."""
        return False

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._moved()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._moved()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.transport.is_closing():
            self._moved()

    def _moved(self) -> None:
        """Note that something arrived or was taken, and set the timer of the phase it is now."""
        now_s, phase = self.loop.time(), self._current_phase()
        if phase != self._phase:
            self._phase, self._began_at, self._unread_bytes = phase, now_s, 0
        self._moved_at = now_s
        self._set_timer()

    def _current_phase(self) -> Phase:
        if self.flow.write_paused:
            return "answer"
        if self.conn.their_state is h11.IDLE:
            return "headers"
        if self.conn.their_state is not h11.SEND_BODY:
            return ""
        return "unread" if self.conn.our_state is h11.DONE else "body"

    def _due_at(self) -> float:
        stalled_at = self._moved_at + self._limits.stall_s
        if self._phase == "headers":
            return self._began_at + self._limits.headers_s
        if self._phase == "body":
            return min(stalled_at, self._began_at + self._limits.body_s)
        if self._phase == "unread":
            stalled_at = self._moved_at + self._limits.unread_stall_s
            return min(stalled_at, self._began_at + self._limits.unread_s)
        return stalled_at

    def _set_timer(self) -> None:
        self._stop_timer()
        if self._phase:
            self._timer = self.loop.call_at(self._due_at(), self._expire)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expire(self) -> None:
        """Close the connection, unless it is we who do not read on (a full disk, a busy server)."""
        if self._phase == "body" and self.flow.read_paused:
            self._timer = self.loop.call_later(self._limits.stall_s, self._expire)
        else:
            # a peer that does not read would keep an orderly end waiting for ever
            self.transport.abort()
