"""An answer in JSON that is encoded once and sent as it is, past what Litestar makes of others."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from litestar import Response
from litestar.types import Receive, Scope, Send

T = TypeVar("T")


class Answer(Response[T]):
    """The answer 200 to a phone's request; its headers are those of any other answer in JSON."""

    def __init__(self, content: T) -> None:
        """Encode it."""
        self._encoded = msgspec.json.encode(content)

    def to_asgi_response(self, *args: object, **named: object) -> Any:
        """Return what sends it: itself."""
        return self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        length = b"%d" % len(self._encoded)
        headers = [(b"content-type", b"application/json"), (b"content-length", length)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self._encoded, "more_body": False})
