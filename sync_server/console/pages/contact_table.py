"""The contact table (附件1): each school's leader in charge, liaison and officer, to ring."""

from __future__ import annotations

from litestar import Response, get

from sync_server.console.web.access import CENTRE_STAFF, Req, get_services, scope_of
from sync_server.console.web.rendering import page
from sync_server.store import units


@get("/contacts", opt={"roles": CENTRE_STAFF})
async def view(request: Req) -> Response[str]:
    """Whom to ring at each school that the account sees; who is missing is marked."""
    services = get_services(request)
    rows = await services.read(lambda c: units.within(c, services.season, scope_of(request)))
    complete = [row for row in rows if row.leader_name and row.liaison_name]
    return await page(request, "contact_table.html", rows=rows, missing=len(rows) - len(complete))


HANDLERS = (view,)
