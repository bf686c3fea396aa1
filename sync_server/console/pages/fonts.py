"""纸面字体: which faces of the county's own are found and used, and why others are not."""

from __future__ import annotations

import asyncio

from litestar import Response, get

from sync_server.console.web.access import ADMINS, Req, get_services
from sync_server.console.web.rendering import page
from sync_server.office import fonts

SHOWN_LACKING = 30
"""Characters that are shown of those a face lacks."""


@get("/fonts", opt={"roles": ADMINS})
async def view(request: Req) -> Response[str]:
    """What lies in the folder, and what becomes of it."""
    services = get_services(request)
    season = await asyncio.to_thread(fonts.season_now, services)
    found = await asyncio.to_thread(fonts.look, services.settings, season)
    return await page(
        request,
        "fonts.html",
        found=found,
        roles=fonts.LABELS,
        named={role: fonts.named(season, role) for role in fonts.ROLES},
        folder=services.settings.data_dir / fonts.OWN,
        shown=SHOWN_LACKING,
    )


HANDLERS = (view,)
