"""Requests read by h11, where httptools is not there for the machine."""

from __future__ import annotations

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from sync_server.timed_connection import Phase, TimedConnection


class Connection(TimedConnection, H11Protocol):
    """A connection whose phases h11 knows; it bounds the size of headers itself."""

    def _read(self, data: bytes) -> None:
        H11Protocol.data_received(self, data)

    def _should_upgrade(self) -> bool:
        """Refuse every upgrade: a websocket would not be counted as an open connection."""
        return False

    def on_response_complete(self) -> None:
        """Time the next request."""
        super().on_response_complete()
        self._moved()

    def _current_phase(self) -> Phase:
        if self.flow.write_paused:
            return "answer"
        if self.conn.their_state is h11.IDLE:
            return "headers"
        if self.conn.their_state is not h11.SEND_BODY:
            return ""
        return "unread" if self.conn.our_state is h11.DONE else "body"
