"""A connection that is closed once its phase has taken too long, however its requests are read."""

from __future__ import annotations

import asyncio
import logging
from abc import abstractmethod
from typing import Any, Literal, Protocol

from uvicorn.protocols.http.flow_control import FlowControl

from sync_server.tls_handshake import Counts

log = logging.getLogger("doorstep.connections")
Phase = Literal["", "headers", "body", "answer", "unread"]
_BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 10\r\n"
    b"Content-Length: 0\r\nConnection: close\r\n\r\n"
)
_SAME_S = 0.001
"""Two moments no further apart are one to a timer."""


class Waits(Protocol):
    """How long each phase may take; what these are, `connection_limits.Limits` says."""

    @property
    def headers_s(self) -> float:
        """Seconds to the end of a request's headers."""

    @property
    def stall_s(self) -> float:
        """Seconds without a byte of a body, or of an answer."""

    @property
    def body_s(self) -> float:
        """Seconds for a whole body."""

    @property
    def unread_s(self) -> float:
        """Seconds for the rest of a body whose answer is there."""

    @property
    def unread_stall_s(self) -> float:
        """Seconds without a byte of that rest."""

    @property
    def unread_bytes(self) -> int:
        """Bytes of it."""


class TimedConnection(asyncio.Protocol):
    """What is timed; mixed in before one of uvicorn's protocols, which says what phase it is."""

    transport: asyncio.Transport
    flow: FlowControl
    loop: asyncio.AbstractEventLoop
    client: tuple[str, int] | None
    scheme: Literal["http", "https"] | None

    def __init__(self, limits: Waits, connections: Counts, *args: Any, **named: Any) -> None:
        """Wait for a connection."""
        super().__init__(*args, **named)
        self._limits = limits
        self._open_connections = connections
        self._address = ""
        self._admitted = True
        self._phase: Phase = ""
        self._began_at = self._moved_at = 0.0
        self._unread_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._runs_out_at = 0.0

    @abstractmethod
    def _read(self, data: bytes) -> None:
        """Take what came."""

    @abstractmethod
    def _current_phase(self) -> Phase:
        """Return what is waited for; "" while that is we."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or close where there are too many connections."""
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        self._admitted = self._open_connections.admit(self._address)
        if self._admitted:
            self._moved()
        else:
            log.warning("too many connections")  # without the address: it is a teacher's
            self.transport.write(_BUSY)
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop counting and timing it."""
        self._open_connections.leave(self._address)
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, unless what comes is more of a refused body than is thrown away."""
        if not self._admitted:
            return
        self._unread_bytes += len(data) if self._phase == "unread" else 0
        if self._unread_bytes > self._limits.unread_bytes:
            self.transport.abort()
            return
        self._read(data)
        self._moved()

    def pause_writing(self) -> None:
        """Time how long the answer is not taken."""
        super().pause_writing()
        self._moved()

    def resume_writing(self) -> None:
        """Note that it was taken."""
        super().resume_writing()
        if not self.transport.is_closing():
            self._moved()

    def _moved(self) -> None:
        """Note that something arrived or was taken, and time the phase it is now.

        A timer that is due too early stays, and is set anew when it runs out: most never do.
        """
        now_s, phase = self.loop.time(), self._current_phase()
        if self._is_left():
            phase = "answer"
        if phase != self._phase:
            self._phase, self._began_at, self._unread_bytes = phase, now_s, 0
        self._moved_at = now_s
        if phase and (self._timer is None or self._due_at() < self._runs_out_at - _SAME_S):
            self._set_timer()

    def _is_left(self) -> bool:
        """Return whether a connection closes once its rest is taken; TLS has a time for that."""
        return (
            self.scheme == "http"
            and self.transport.is_closing()
            and self.transport.get_write_buffer_size() > 0
        )

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
        self._runs_out_at = self._due_at()
        self._timer = self.loop.call_at(self._runs_out_at, self._expire)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expire(self) -> None:
        """Close the connection, unless it is we who do not read on (a full disk, a busy server)."""
        self._timer = None
        if not self._phase:
            return
        if self._due_at() > self.loop.time() + _SAME_S:
            self._set_timer()
        elif self._phase == "body" and self.flow.read_paused:
            self._runs_out_at = self.loop.time() + self._limits.stall_s
            self._timer = self.loop.call_at(self._runs_out_at, self._expire)
        else:
            # a peer that does not read would keep an orderly end waiting for ever
            self.transport.abort()
