"""The inspection log (督查台账) for the leading group: by school, by day and by account."""

from __future__ import annotations

import asyncio
from datetime import date

from litestar import Response, get
from litestar.params import FromQuery

from shared.season import iso_day
from sync_server.console.parts import supervision_alerts
from sync_server.console.parts.overview import load_overview
from sync_server.console.parts.slip_counts import load_slips
from sync_server.console.web.access import (
    CENTRE_STAFF,
    INSPECTION,
    Req,
    get_services,
    scope_of,
)
from sync_server.console.web.rendering import page
from sync_server.office import inspection
from sync_server.office.inspection import Log
from sync_server.store import accounts, school_lists, units
from sync_server.store.database import Connection
from sync_server.store.scope import Of

_EARLIEST = date(2000, 1, 1)


@get("/inspection", opt={"roles": CENTRE_STAFF, INSPECTION: True})
async def view(
    request: Req,
    unit: FromQuery[str] = "",
    first: FromQuery[str] = "",
    last: FromQuery[str] = "",
) -> Response[str]:
    """The log of the schools somebody sees, or of one of them, from one day to another."""
    services, scope = get_services(request), scope_of(request)
    if unit:
        scope.check(unit)
    of: Of = unit or scope
    overview = await load_overview(services, of)
    slips = await load_slips(services, of)
    now, asked = services.settings.now(), (iso_day(first), iso_day(last))

    def job(connection: Connection) -> Log:
        usual = inspection.period(connection, services.season, now)
        days = _days(asked, usual)
        return inspection.read(connection, services.season, of, slips.found, days)

    log = await services.read(job)
    alerts = []
    if services.database.inspects and not unit:  # it is the first page of who inspects
        alerts = await asyncio.to_thread(supervision_alerts.of_supervision, services, scope)
    lists = await services.read(lambda c: school_lists.standings(c, services.season, of))
    return await page(
        request,
        "inspection.html",
        overview=overview,
        lists=lists,
        rows=[(school, overview.of(school.code)) for school in overview.schools],
        total=overview.total(),
        slips=slips,
        log=log,
        alerts=alerts,
        columns=inspection.DAYS,
        schools=await services.read(lambda c: units.within(c, services.season, scope)),
        shown=await services.read(accounts.shown_names),
        asked={"unit": unit, "first": log.first.isoformat(), "last": log.last.isoformat()},
    )


def _days(asked: tuple[date | None, date | None], usual: tuple[date, date]) -> tuple[date, date]:
    """Return the days that are shown: those asked for, else the season's; none is yet to come."""
    first, last = asked[0] or usual[0], asked[1] or usual[1]
    first, last = max(min(first, last), _EARLIEST), max(first, last)
    return min(first, usual[1]), min(last, usual[1])


HANDLERS = (view,)
