"""GET /v1/changes?after=: the phone's cases and briefing as a feed, with 304 when nothing is new."""

from __future__ import annotations

from litestar import Response, get

from shared import wire
from sync_server.api.access import Req, phone, services
from sync_server.store import changes as feed_page


@get("/v1/changes")
async def changes(request: Req, after: str = "") -> Response[wire.ChangesPage | bytes]:
    """A page after the cursor. The ETag names the place: the same cursor with nothing new answers 304."""
    app = services(request)
    device = await phone(request)
    page = await app.read(lambda connection: feed_page.page(connection, device, app.database.epoch, after))
    tag = f'"{page.next}"'
    if not page.changes and not page.more and request.headers.get("if-none-match") == tag:
        return Response(b"", status_code=304, headers={"ETag": tag})
    return Response(page, headers={"ETag": tag})
