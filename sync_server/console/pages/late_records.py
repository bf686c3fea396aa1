"""The records that came after the season was closed: who, when, what; each leads to its person."""

from __future__ import annotations

from litestar import Response, get

from sync_server.console.parts.record_view import describe
from sync_server.console.web.access import Req, get_services, scope_of
from sync_server.console.web.formatting import Words
from sync_server.console.web.rendering import language, page
from sync_server.store import late_records, seasons, units


@get("/late")
async def view(request: Req) -> Response[str]:
    """Those of the schools that the account sees, of the season it looks at."""
    services, scope = get_services(request), scope_of(request)
    words = Words(language(request))
    row = await services.read(lambda c: seasons.one(c, services.season))
    found = await services.read(lambda c: late_records.listed(c, row.id, scope))
    count = await services.read(lambda c: late_records.counts(c, row.id, scope))
    names = await services.read(lambda c: units.unit_names(c, row.id))
    return await page(
        request,
        "late_records.html",
        row=row,
        found=[(one, describe(one.fact, row.season, words, masked=True)) for one in found],
        of=sum(count.values()),
        school_names=names,
    )


HANDLERS = (view,)
