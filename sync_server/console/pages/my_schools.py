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
from sync_server.console.parts.morning_rows import load_figures, load_ranks
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
from sync_server.office.morning_ranks import Ranks
from sync_server.services import Services
from sync_server.store import slip_stacks, summaries, units
from sync_server.store.database import Connection
from sync_server.store.scope import Scope

MOST_WAITING = 50
"""Schools whose waiting work is named one by one, whatever part of the schools is shown."""


@get("/my-schools", opt={"roles": OFFICERS})
async def view(request: Req, sought: FromQuery[str] = "", at: FromQuery[int] = 1) -> Response[str]:
    """The schools of the account in the season chosen; every sum is of them alone."""
    services, scope = get_services(request), scope_of(request)
    most, sought = page_rows(request, SCHOOLS), sought.strip()[:LONGEST_SOUGHT]
    ranks = await load_ranks(services, scope)
    overview = await load_overview(
        services, scope, sought=sought, at=at, most=most, order=ranks.order
    )
    looked = [row.code for row in overview.schools]
    look = partial(morning_sheets.look, services, looked, account=me(request).name, at_school=False)
    await asyncio.to_thread(look)
    stacks = await services.read(lambda c: slip_stacks.waiting(c, services.season, scope))
    situation = _situation(services, overview, stacks)
    shown = {row.code for row in overview.schools}
    waits = await services.read(lambda c: _waits(c, services.season, scope, ranks, overview))
    return await page(
        request,
        "my_schools.html",
        overview=overview,
        rows=[(school, overview.of(school.code)) for school in overview.schools],
        found=await load_figures(
            services, ranks, lambda order: [unit for unit in order if unit in shown]
        ),
        rule=rule,
        total=overview.total(),
        steps=next_steps.of_area(situation, waits, overview.season),
        alerts=await asyncio.to_thread(supervision_alerts.of_supervision, services, scope),
        slip_total=overview.slips(),
        elsewhere=len(scope.units or ()) - overview.count,
        **part_of_schools(overview.count, overview.matching, at, most, sought),
    )


def _waits(
    connection: Connection, season: str, scope: Scope, ranks: Ranks, overview: Overview
) -> list[SchoolWaits]:
    """Return what schools have brought for the officer to decide, some of them."""
    to_judge = summaries.to_judge(connection, season, scope)
    waiting = sorted({*to_judge, *ranks.review, *filter(overview.at_desk.get, overview.at_desk)})
    names = units.names_of(connection, season, waiting[:MOST_WAITING])
    return [
        SchoolWaits(
            code=code,
            name=name,
            to_judge=code in to_judge,
            batches=overview.at_desk.get(code, 0),
            to_review=ranks.review.get(code, 0),
        )
        for code, name in sorted(names.items())
    ]


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
