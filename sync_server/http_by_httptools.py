"""Requests read by httptools (llhttp, the reader of node), at a fifth of what h11 takes.

llhttp is as strict as h11 about where a message ends. What it leaves to others is bounded here: how
long a request's headers may be, that what follows a chunked body is no header, that a request is of
HTTP/1.0 or 1.1 and names one host, and how many requests may wait on one connection. It does not
read the body of a request that asks for another protocol, so that such a one is refused.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from sync_server.timed_connection import Phase, TimedConnection

MOST_HEAD_BYTES = 16 * 1024
"""Bytes of headers, or of what follows a chunked body, that may arrive without its end; as h11."""
MOST_WAITING = 16
"""Requests of one connection that may wait for an answer before them; nothing of ours sends two."""
_OF_BODIES = (b"content-length", b"transfer-encoding")
_VERSIONS = ("1.1", "1.0")


class NotTakenError(Exception):
    """A request that breaks a bound, or says in an unusual way where it ends."""


class _WithoutChunks(RequestResponseCycle):
    """An answer to HTTP/1.0, which knows no chunks: without a length it ends as the line does."""

    _is_open_ended = False

    async def send(self, message: Any) -> None:
        """Send a part of the answer."""
        if message["type"] == "http.response.start":
            names = (name.lower() for name, _ in message.get("headers", ()))
            self._is_open_ended = b"content-length" not in names
            if self._is_open_ended:
                self.chunked_encoding, self.expected_content_length = False, sys.maxsize
        elif self._is_open_ended and not message.get("more_body", False):
            self.expected_content_length = len(message.get("body", b""))
        await super().send(message)


class Connection(TimedConnection, HttpToolsProtocol):
    """A connection that knows what of a request is awaited."""

    def __init__(self, *args: Any, **named: Any) -> None:
        """Wait for a connection."""
        super().__init__(*args, **named)
        self._in_body = False  # else headers are awaited, or come
        self._silent_bytes = 0  # since anything came of it

    def _read(self, data: bytes) -> None:
        """Let it be parsed; what asks for another protocol is a request like any other."""
        self._unset_keepalive_if_required()
        self._silent_bytes += len(data)
        while data and not self.transport.is_closing():
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as asked:
                data = data[asked.args[0] :]
            except httptools.HttpParserError:
                self.send_400_response("Invalid HTTP request received.")
            else:
                break
        if self._silent_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("Too much without an end.")

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._in_body = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; none follows a body."""
        if self._in_body:
            return
        name = name.lower()
        if name == b"transfer-encoding" and value.lower() != b"chunked":
            raise NotTakenError
        value = value.strip(b" \t")
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Have the request answered, after those before it."""
        self._in_body, self._silent_bytes = True, 0
        before, version = self.cycle, self.parser.get_http_version()
        if not self._is_taken(version):
            raise NotTakenError
        raw_path, _, question = self.url.partition(b"?")
        path = raw_path.decode("ascii")
        self.scope["method"] = self.parser.get_method().decode("ascii")
        self.scope["http_version"] = version
        self.scope["path"] = unquote(path) if "%" in path else path
        self.scope["raw_path"] = raw_path
        self.scope["query_string"] = question
        made = RequestResponseCycle if version == "1.1" else _WithoutChunks
        self.cycle = made(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=version != "1.0" and self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        if before is None or before.response_complete:
            self._start_asgi_task(self.cycle, self.app)
            return
        self.flow.pause_reading()
        self.pipeline.appendleft((self.cycle, self.app))

    def _is_taken(self, version: str) -> bool:
        hosts = sum(name == b"host" for name, _ in self.headers)
        return (
            version in _VERSIONS
            and hosts <= 1
            and (hosts == 1 or version == "1.0")
            and len(self.pipeline) < MOST_WAITING
            and not (self.parser.should_upgrade() and self._has_body())
        )

    def _has_body(self) -> bool:
        return any(name in _OF_BODIES and value != b"0" for name, value in self.headers)

    def on_body(self, body: bytes) -> None:
        """Take a part of a body."""
        self._silent_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request."""
        self._in_body, self._silent_bytes = False, 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Time the next request."""
        super().on_response_complete()
        self._moved()

    def _should_upgrade(self) -> bool:
        """Refuse every upgrade: a websocket would not be counted as an open connection."""
        return False

    def _current_phase(self) -> Phase:
        if self.flow.write_paused:
            return "answer"
        answered = self.cycle is None or self.cycle.response_complete
        if self.transport.is_closing():
            return ""
        if self._in_body:
            return "unread" if answered else "body"
        return "headers" if answered else ""
