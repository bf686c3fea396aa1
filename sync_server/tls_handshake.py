"""TLS of a connection, counted from its first byte and bounded in time.

asyncio passes a connection to its protocol after the TLS handshake only, and waits a minute for it:
connections that never finish the handshake would not be counted. (`loop.start_tls` does not help:
on uvloop the first bytes reach the protocol before it.)
"""

from __future__ import annotations

import asyncio
import ssl
from asyncio.sslproto import SSLProtocol
from typing import Protocol, cast

from uvicorn.protocols.utils import get_remote_addr


class Counts(Protocol):
    """How many connections are open, by address."""

    def admit(self, address: str) -> bool:
        """Count a connection and return whether it may stay; `leave` follows in any case."""

    def leave(self, address: str) -> None:
        """Count a connection that has ended."""


class Uncounted:
    """For a protocol inside TLS, whose connection is counted already."""

    def admit(self, address: str) -> bool:
        """Let it stay."""
        return True

    def leave(self, address: str) -> None:
        """Count nothing."""


class CountedTls(SSLProtocol):
    """TLS around a protocol.

    Attributes:
        max_size: Bytes of the buffer that each connection holds from its first byte on: four
            records of TLS. asyncio's own is 256 KiB, 200 MB for the connections that may be open.
    """

    max_size = 64 * 1024

    def __init__(
        self,
        connections: Counts,
        context: ssl.SSLContext,
        longest_s: int,
        inside: asyncio.Protocol,
    ) -> None:
        """Wait for a connection.

        Args:
            connections: Where it is counted.
            context: Certificate and key.
            longest_s: Seconds that agreeing on TLS, and ending it, may take.
            inside: What speaks once TLS is agreed.
        """
        loop = asyncio.get_running_loop()
        agreed: asyncio.Future[None] = loop.create_future()
        agreed.add_done_callback(_heard)
        super().__init__(
            loop,
            inside,
            context,
            agreed,
            server_side=True,
            ssl_handshake_timeout=longest_s,
            ssl_shutdown_timeout=longest_s,
        )
        self._connections = connections
        self._address = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or close where there are too many connections."""
        raw = cast(asyncio.Transport, transport)
        client = get_remote_addr(raw)
        self._address = client[0] if client else ""
        if self._connections.admit(self._address):
            super().connection_made(raw)
        else:
            raw.abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Stop counting it."""
        self._connections.leave(self._address)
        super().connection_lost(exc)


def _heard(agreed: asyncio.Future[None]) -> None:
    """A handshake that failed is nobody's concern: the connection is closed."""
    if not agreed.cancelled():
        agreed.exception()
