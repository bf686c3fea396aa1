"""The inspection log (督查台账) for the leading group: by school, by day and by account."""

from __future__ import annotations

import asyncio
from datetime import date, datetime

import msgspec
from litestar import Response, get
from litestar.params import FromQuery

from shared.season import iso_day
from sync_server.console.parts import supervision_alerts
from sync_server.console.parts.overview import (
    SCHOOLS,
    part_at,
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
from sync_server.store import (
    accounts,
    behind,
    progress,
    school_lists,
    school_totals,
    seasons,
    units,
)
from sync_server.store.database import Connection
from sync_server.store.progress import SchoolSum
from sync_server.store.school_lists import ListStanding
from sync_server.store.scope import Of, of_schools
from sync_server.store.units import UnitRow

_EARLIEST = date(2000, 1, 1)


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the schools, of so many, with their sums, lists and log."""

    rows: list[tuple[UnitRow, SchoolSum]]
    total: SchoolSum
    count: int
    as_of: str
    lists: dict[str, ListStanding]
    log: Log
    shown: dict[str, str]


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
    most, asked = page_rows(request, SCHOOLS), (iso_day(first), iso_day(last))
    now = services.settings.now()
    found = await services.read(lambda c: _read(c, services.season, of, asked, now, (at, most)))
    log, alerts = found.log, []
    if services.database.inspects and not unit:  # it is the first page of who inspects
        alerts = await asyncio.to_thread(supervision_alerts.of_supervision, services, scope)
    return await page(
        request,
        "inspection.html",
        found=found,
        lists=found.lists,
        rows=found.rows,
        total=found.total,
        log=log,
        alerts=alerts,
        columns=inspection.DAYS,
        choice=choice,
        shown=found.shown,
        asked={"unit": unit, "first": log.first.isoformat(), "last": log.last.isoformat()},
        **part_of_schools(
            found.count,
            found.count,
            at,
            most,
            "",
            unit=unit,
            first=log.first.isoformat(),
            last=log.last.isoformat(),
        ),
    )


def _read(
    connection: Connection,
    season_id: str,
    of: Of,
    asked: tuple[date | None, date | None],
    now: datetime,
    part: tuple[int, int],
) -> Found:
    """Read a part of the schools (which, how many) with their log, in one transaction."""
    season, (at, most) = seasons.get(connection, season_id), part
    behind.check_counted(connection, season, of)
    count = units.count_within(connection, season_id, of)
    first = (part_at(at, count, most) - 1) * most
    schools = units.some_within(connection, season_id, of, first=first, most=most)
    here = of_schools([school.code for school in schools])
    days = _days(asked, inspection.period(connection, season_id, now))
    sums = school_totals.by_school(connection, season, here)
    log = inspection.read(connection, season_id, of, days, here)
    return Found(
        rows=[(school, sums.get(school.code) or SchoolSum()) for school in schools],
        total=school_totals.total(connection, season, of),
        count=count,
        as_of=progress.newest_snapshot(connection, season_id),
        lists=school_lists.standings(connection, season_id, here, with_lines=False),
        log=log,
        shown=accounts.shown_names(connection) if log.accounts else {},
    )


def _days(asked: tuple[date | None, date | None], usual: tuple[date, date]) -> tuple[date, date]:
    """Return the days that are shown: those asked for, else the season's; none is yet to come."""
    first, last = asked[0] or usual[0], asked[1] or usual[1]
    first, last = max(min(first, last), _EARLIEST), max(first, last)
    return min(first, usual[1]), min(last, usual[1])


HANDLERS = (view,)
