"""A connection of a phone: whole requests out, whole answers in, every byte of both counted.

Not httpx, whose own work is as much as the server's: the load generator shares the machine with what it measures.
"""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import Mapping
from typing import NamedTuple

TIMEOUT_S = 120.0
_COMPRESS_FROM_BYTES = 1024


class Answer(NamedTuple):
    """An answer, read whole and unpacked."""

    status: int
    headers: dict[str, str]
    body: bytes


class Wire:
    """Bytes of all connections, and how long each kind of request took."""

    def __init__(self) -> None:
        self.sent_bytes = self.received_bytes = 0
        self.took_s: dict[str, list[float]] = {}

    def note(self, kind: str, seconds: float) -> None:
        """One request more."""
        self.took_s.setdefault(kind, []).append(seconds)


class Line:
    """One connection; open it, ask one thing after the other, close it."""

    def __init__(self, port: int, wire: Wire, token: str) -> None:
        self._port, self._wire, self._token = port, wire, token

    async def __aenter__(self) -> Line:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def ask(
        self,
        kind: str,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request and read its answer; raises ValueError for a refusal."""
        began_s = time.perf_counter()
        head = {
            "Host": f"127.0.0.1:{self._port}",
            "Accept-Encoding": "gzip",
            "User-Agent": "doorstep",
            "Authorization": f"Bearer {self._token}",
            **(headers or {}),
        }
        if method == "POST" and len(body) >= _COMPRESS_FROM_BYTES:
            body, head["Content-Encoding"] = gzip.compress(body, 6, mtime=0), "gzip"
        if method != "GET":
            head["Content-Length"] = str(len(body))
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        data = f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body
        self._writer.write(data)
        async with asyncio.timeout(TIMEOUT_S):
            await self._writer.drain()
            answer = await self._answer()
        self._wire.sent_bytes += len(data)
        self._wire.note(kind, time.perf_counter() - began_s)
        if answer.status >= 400:
            raise ValueError(f"{method} {path}: {answer.status} {answer.body[:500]!r}")
        return answer

    async def _answer(self) -> Answer:
        head = await self._reader.readuntil(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").strip().split("\r\n")
        headers = {
            name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)
        }
        if "transfer-encoding" in headers:
            raise ValueError("an answer of unknown length")
        body = await self._reader.readexactly(int(headers.get("content-length", "0")))
        self._wire.received_bytes += len(head) + len(body)
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        return Answer(int(status.split()[1]), headers, body)
