"""The first page of an officer: the morning sheet of the schools of the account on one screen.

Below it their numbers, and what waits there. Opening it is the officer's look at each sheet.
"""

from __future__ import annotations

import asyncio
from functools import partial

from litestar import Response, get
from litestar.params import FromQuery

from shared import morning as rule
from shared.season import china_day
from sync_server.console.parts import next_steps, supervision_alerts
from sync_server.console.parts.morning_rows import load_figures
from sync_server.console.parts.next_steps import SchoolWaits, Situation
from sync_server.console.parts.overview import (
    LONGEST_SOUGHT,
    SCHOOLS,
    Overview,
    load_overview,
    part_of_schools,
)
from sync_server.console.web.access import OFFICERS, Req, get_services, me, scope_of
from sync_server.console.web.rendering import page, page_rows
from sync_server.office import morning_sheets
from sync_server.services import Services
from sync_server.store import slip_stacks

MOST_WAITING = 50
"""Schools whose waiting work is named one by one, whatever part of the schools is shown."""


@get("/my-schools", opt={"roles": OFFICERS})
async def view(request: Req, sought: FromQuery[str] = "", at: FromQuery[int] = 1) -> Response[str]:
    """The schools of the account in the season chosen; every sum is of them alone."""
    services, scope = get_services(request), scope_of(request)
    most, sought = page_rows(request, SCHOOLS), sought.strip()[:LONGEST_SOUGHT]
    overview = await load_overview(services, scope, sought=sought, at=at, most=most)
    looked = [row.code for row in overview.schools]
    look = partial(morning_sheets.look, services, looked, account=me(request).name, at_school=False)
    await asyncio.to_thread(look)
    stacks = await services.read(lambda c: slip_stacks.waiting(c, services.season, scope))
    situation = _situation(services, overview, stacks)
    is_whole = len(overview.schools) == overview.count
    whole = overview if is_whole else await load_overview(services, scope)
    return await page(
        request,
        "my_schools.html",
        overview=overview,
        rows=[(school, overview.of(school.code)) for school in overview.schools],
        found=await load_figures(services, overview.schools),
        rule=rule,
        total=overview.total(),
        steps=next_steps.of_area(situation, _waits(whole), overview.season),
        alerts=await asyncio.to_thread(supervision_alerts.of_supervision, services, scope),
        slip_total=overview.slips(),
        elsewhere=len(scope.units or ()) - overview.count,
        **part_of_schools(overview.count, overview.matching, at, most, sought),
    )


def _waits(overview: Overview) -> list[SchoolWaits]:
    """Return what schools have brought for the officer to decide, some of them."""
    waits = [
        SchoolWaits(
            code=school.code,
            name=school.name,
            to_judge=overview.to_judge(school.code),
            batches=overview.at_desk.get(school.code, 0),
            to_review=overview.of(school.code).waiting,
        )
        for school in overview.schools
    ]
    return [one for one in waits if one.to_judge or one.batches or one.to_review][:MOST_WAITING]


def _situation(services: Services, overview: Overview, stacks: int) -> Situation:
    return Situation(
        today=china_day(services.settings.now()),
        progress=overview.total(),
        as_of=overview.as_of,
        schools=overview.count,
        claimed=overview.total().claimed,
        set_apart=overview.set_apart,
        slips_waiting=stacks,
        lists_unseen=overview.lists_unseen,
    )


HANDLERS = (view,)
