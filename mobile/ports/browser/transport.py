"""httpx over the browser's fetch.

Time-outs and cancelled tasks abort the request; any trouble on the way is one error.

Same origin only: the app calls the server it came from, so no header is kept from us.
"""

from __future__ import annotations

import asyncio

import httpx

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


class FetchTransport(httpx.AsyncBaseTransport):
    """Raises: httpx.ReadTimeout, httpx.ConnectError."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        options: dict[str, object] = {
            "method": request.method,
            "credentials": "same-origin",
            "cache": "no-store",
            "headers": {k: v for k, v in request.headers.items() if k.lower() not in _THE_BROWSERS},
        }
        if body and request.method not in ("GET", "HEAD"):
            options["body"] = body
        try:
            async with asyncio.timeout((request.extensions.get("timeout") or {}).get("read")):
                answer = await fetch(str(request.url), **options)
                data = await answer.bytes()
        except TimeoutError as error:
            raise httpx.ReadTimeout("no answer in time", request=request) from error
        except (FetchError, JsError) as error:
            raise httpx.ConnectError(str(error), request=request) from error
        headers = [(k, v) for k, v in answer.headers.items() if k.lower() not in _UNDONE]
        return httpx.Response(answer.status, headers=headers, content=data, request=request)
