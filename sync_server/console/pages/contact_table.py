"""The contact table (附件1): each school's leader in charge, liaison and officer, to ring."""

from __future__ import annotations

import msgspec
from litestar import Response, get
from litestar.params import FromQuery

from sync_server.console.parts.overview import (
    LONGEST_SOUGHT,
    SCHOOLS,
    part_at,
    part_of_schools,
)
from sync_server.console.web.access import CENTRE_STAFF, Req, get_services, scope_of
from sync_server.console.web.rendering import page, page_rows
from sync_server.store import units
from sync_server.store.database import Connection
from sync_server.store.scope import Scope
from sync_server.store.units import UnitRow


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Some of the schools, of so many; `missing`: how many of all have not named both."""

    rows: list[UnitRow]
    count: int
    matching: int
    missing: int


@get("/contacts", opt={"roles": CENTRE_STAFF})
async def view(request: Req, sought: FromQuery[str] = "", at: FromQuery[int] = 1) -> Response[str]:
    """Whom to ring at each school that the account sees, in parts; who is missing is marked."""
    services, scope, most = get_services(request), scope_of(request), page_rows(request, SCHOOLS)
    sought = sought.strip()[:LONGEST_SOUGHT]
    found = await services.read(lambda c: _found(c, services.season, scope, sought, at, most))
    return await page(
        request,
        "contact_table.html",
        rows=found.rows,
        missing=found.missing,
        **part_of_schools(found.count, found.matching, at, most, sought),
    )


def _found(
    connection: Connection, season: str, scope: Scope, sought: str, at: int, most: int
) -> Found:
    count, missing = (
        units.count_within(connection, season, scope, which=which)
        for which in (units.ANY_SCHOOL, units.LACKS_SOMEBODY)
    )
    matching = units.count_within(connection, season, scope, sought)
    first = (part_at(at, matching, most) - 1) * most
    rows = units.some_within(connection, season, scope, sought=sought, first=first, most=most)
    return Found(rows=rows, count=count, matching=matching, missing=missing)


HANDLERS = (view,)
