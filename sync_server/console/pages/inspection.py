"""The inspection log (督查台账) for the leading group: by school, by day and by account."""

from __future__ import annotations

import asyncio
from datetime import date

from litestar import Response, get
from litestar.params import FromQuery

from shared.season import iso_day
from sync_server.console.parts import supervision_alerts
from sync_server.console.parts.overview import (
    SCHOOLS,
    load_overview,
    part_of_schools,
)
from sync_server.console.parts.school_choice import schools_for
from sync_server.console.web.access import (
    CENTRE_STAFF,
    INSPECTION,
    Req,
    get_services,
    scope_of,
)
from sync_server.console.web.rendering import page, page_rows
from sync_server.office import inspection
from sync_server.office.inspection import Log
from sync_server.store import accounts, behind, school_lists, seasons
from sync_server.store.database import Connection
from sync_server.store.scope import Of, of_schools

_EARLIEST = date(2000, 1, 1)


@get("/inspection", opt={"roles": CENTRE_STAFF, INSPECTION: True})
async def view(
    request: Req,
    unit: FromQuery[str] = "",
    first: FromQuery[str] = "",
    last: FromQuery[str] = "",
    at: FromQuery[int] = 1,
) -> Response[str]:
    """The log of the schools somebody sees, or of one of them, from one day to another."""
    services, scope = get_services(request), scope_of(request)
    choice = await services.read(lambda c: schools_for(c, services.season, scope, unit))
    if unit := choice.unit:
        scope.check(unit)
    of: Of = unit or scope
    most = page_rows(request, SCHOOLS)
    overview = await load_overview(services, of, at=at, most=most)
    here = of_schools([school.code for school in overview.schools])
    now, asked = services.settings.now(), (iso_day(first), iso_day(last))

    def job(connection: Connection) -> Log:
        behind.check_counted(connection, seasons.get(connection, services.season), of)
        usual = inspection.period(connection, services.season, now)
        days = _days(asked, usual)
        return inspection.read(connection, services.season, of, days, here)

    log = await services.read(job)
    alerts = []
    if services.database.inspects and not unit:  # it is the first page of who inspects
        alerts = await asyncio.to_thread(supervision_alerts.of_supervision, services, scope)
    lists = await services.read(lambda c: school_lists.standings(c, services.season, here))
    return await page(
        request,
        "inspection.html",
        overview=overview,
        lists=lists,
        rows=[(school, overview.of(school.code)) for school in overview.schools],
        total=overview.total(),
        log=log,
        alerts=alerts,
        columns=inspection.DAYS,
        choice=choice,
        shown=await services.read(accounts.shown_names),
        asked={"unit": unit, "first": log.first.isoformat(), "last": log.last.isoformat()},
        **part_of_schools(
            overview.count,
            overview.matching,
            at,
            most,
            "",
            unit=unit,
            first=log.first.isoformat(),
            last=log.last.isoformat(),
        ),
    )


def _days(asked: tuple[date | None, date | None], usual: tuple[date, date]) -> tuple[date, date]:
    """Return the days that are shown: those asked for, else the season's; none is yet to come."""
    first, last = asked[0] or usual[0], asked[1] or usual[1]
    first, last = max(min(first, last), _EARLIEST), max(first, last)
    return min(first, usual[1]), min(last, usual[1])


HANDLERS = (view,)
