"""httpx over the browser's fetch.

Time-outs and cancelled tasks abort the request; any trouble on the way is one error.

Same origin only: the app calls the server it came from, so no header is kept from us.
"""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from mobile.ports.api import ANSWER_LIMIT
from mobile.ports.browser.bridge import FetchError, JsError, fetch

_THE_BROWSERS = frozenset(
    {
        "host",
        "content-length",
        "connection",
        "accept-encoding",
        "user-agent",
        "cookie",
        "origin",
        "referer",
        "transfer-encoding",
    }
)
"""Request headers a page may not set."""
_UNDONE = frozenset({"content-encoding", "content-length", "transfer-encoding"})
"""Of an answer the browser has unpacked already."""
MOST_BYTES = 64 * 1024 * 1024
"""The limit of a request that names none."""


class FetchTransport(httpx.AsyncBaseTransport):
    """Reads one byte more than a request's limit at most, so that its reader sees the excess.

    Raises: httpx.ReadTimeout, httpx.ConnectError.
    """

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        options: dict[str, object] = {
            "method": request.method,
            "credentials": "same-origin",
            "cache": "no-store",
            # followed by the browser, a redirect would carry the token along
            "redirect": "error",
            "headers": {k: v for k, v in request.headers.items() if k.lower() not in _THE_BROWSERS},
        }
        if body and request.method not in ("GET", "HEAD"):
            options["body"] = body
        silence_s = (request.extensions.get("timeout") or {}).get("read")
        most_bytes = request.extensions.get(ANSWER_LIMIT, MOST_BYTES) + 1
        try:
            async with asyncio.timeout(silence_s):
                answer = await fetch(str(request.url), **options)
            data = await _body(answer, most_bytes, silence_s)
        except TimeoutError as error:
            raise httpx.ReadTimeout("no answer in time", request=request) from error
        except (FetchError, JsError) as error:
            raise httpx.ConnectError(str(error), request=request) from error
        headers = [(k, v) for k, v in answer.headers.items() if k.lower() not in _UNDONE]
        return httpx.Response(answer.status, headers=headers, content=data, request=request)


async def _body(answer: Any, most_bytes: int, silence_s: float | None) -> bytes:
    """The first bytes of an answer; the rest is not fetched, nor unpacked by the browser."""
    stream = answer.js_response.body
    if not stream:  # a HEAD, or an answer without a body
        return b""
    reader, found = stream.getReader(), bytearray()
    try:
        while len(found) < most_bytes:
            async with asyncio.timeout(silence_s):
                piece = await reader.read()
            if piece.done:
                return bytes(found)
            found += piece.value.to_bytes()
    except (asyncio.CancelledError, TimeoutError):
        if answer.abort_controller:
            answer.abort_controller.abort()
        raise
    await reader.cancel()
    return bytes(found[:most_bytes])
