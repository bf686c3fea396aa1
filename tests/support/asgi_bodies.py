"""One request straight to an ASGI app, whose body comes in chunks and is counted as the app takes it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from litestar import Litestar

MIB = 1024 * 1024


@dataclass
class Answer:
    """What came back, and how many bytes of the body had been taken by then."""

    status: int = 0
    body: bytes = b""
    read_bytes: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """The problem's code; "" for a page."""
        return str(json.loads(self.body)["code"]) if self.body.startswith(b"{") else ""


async def send(
    app: Litestar,
    method: str,
    path: str,
    chunks: Iterable[bytes] = (),
    headers: Mapping[str, str] | None = None,
    *,
    raw: tuple[tuple[bytes, bytes], ...] = (),
    query: bytes = b"",
    raw_path: bytes | None = None,
) -> Answer:
    """Send a request without Content-Length; the connection is lost after the last chunk.

    Args:
        app: The app.
        method: The method.
        path: The path, decoded.
        chunks: The body; endless ones are asked for as long as the app reads.
        headers: Headers as text.
        raw: Further headers, as bytes.
        query: The question.
        raw_path: The path as sent; `path` in ASCII by default.
    """
    answer, source = Answer(), iter(chunks)
    named = {"host": "server", **(headers or {})}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": raw_path or path.encode(),
        "query_string": query,
        "root_path": "",
        "headers": [*((k.encode(), v.encode("latin-1")) for k, v in named.items()), *raw],
        "server": ("192.0.2.10", 8350),
        "client": ("192.0.2.1", 1234),
        "state": {},
    }

    async def receive() -> dict[str, Any]:
        chunk = next(source, None)
        if chunk is None:
            return {"type": "http.disconnect"}
        answer.read_bytes += len(chunk)
        return {"type": "http.request", "body": chunk, "more_body": True}

    async def take(message: Any) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {k.decode(): v.decode("latin-1") for k, v in message["headers"]}
        else:
            answer.body += message.get("body", b"")

    await app(cast(Any, scope), cast(Any, receive), cast(Any, take))
    return answer


def parts(boundary: str, *shown: tuple[str, str, bytes]) -> bytes:
    """The body of a multipart form: (what follows `form-data`, further headers, bytes) each."""
    found = b"".join(
        f"--{boundary}\r\nContent-Disposition: form-data{what}\r\n{more}\r\n".encode()
        + data
        + b"\r\n"
        for what, more, data in shown
    )
    return found + f"--{boundary}--\r\n".encode()
