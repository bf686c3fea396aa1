"""The first page of an officer: the morning sheet of the schools of the account on one screen.

Below it their numbers, and what waits there. Opening it is the officer's look at each sheet.
"""

from __future__ import annotations

import asyncio
from functools import partial

from litestar import Response, get

from shared import morning as rule
from shared.season import china_day
from sync_server.console.parts import next_steps, supervision_alerts
from sync_server.console.parts.morning_rows import load_rows
from sync_server.console.parts.next_steps import SchoolWaits, Situation
from sync_server.console.parts.overview import Overview, load_overview
from sync_server.console.parts.slip_counts import Slips, load_slips
from sync_server.console.web.access import OFFICERS, Req, get_services, me, scope_of
from sync_server.console.web.rendering import page
from sync_server.office import morning_sheets, slip_evidence
from sync_server.services import Services
from sync_server.store import slip_stacks
from sync_server.store.progress import Progress


@get("/my-schools", opt={"roles": OFFICERS})
async def view(request: Req) -> Response[str]:
    """The schools of the account in the season chosen; every sum is of them alone."""
    services, scope = get_services(request), scope_of(request)
    overview = await load_overview(services, scope)
    looked = [row.code for row in overview.schools]
    look = partial(morning_sheets.look, services, looked, account=me(request).name, at_school=False)
    await asyncio.to_thread(look)
    slips = await load_slips(services, overview.found, scope)
    stacks = await services.read(lambda c: slip_stacks.waiting(c, services.season, scope))
    by_school = overview.by_school()
    rows = [(school, by_school.get(school.code, Progress())) for school in overview.schools]
    situation = _situation(services, overview, slips, stacks)
    return await page(
        request,
        "my_schools.html",
        overview=overview,
        rows=rows,
        found=await load_rows(services, scope),
        rule=rule,
        total=overview.total(),
        steps=next_steps.of_area(situation, _waits(overview, slips), overview.season),
        alerts=await asyncio.to_thread(
            supervision_alerts.of_supervision, services, scope, overview.found
        ),
        slips=slips,
        slip_total=slip_evidence.count(overview.found, slips.evidence),
        elsewhere=len(scope.units or ()) - len(rows),
    )


def _waits(overview: Overview, slips: Slips) -> list[SchoolWaits]:
    """Return what each school has brought for the officer to decide."""
    return [
        SchoolWaits(
            code=school.code,
            name=school.name,
            to_judge=overview.to_judge(school.code),
            batches=slips.of(school.code).at_desk,
            to_review=overview.waiting.get(school.code, 0),
        )
        for school in overview.schools
    ]


def _situation(services: Services, overview: Overview, slips: Slips, stacks: int) -> Situation:
    return Situation(
        today=china_day(services.settings.now()),
        progress=overview.total(),
        as_of=overview.as_of,
        schools=len(overview.schools),
        claimed=sum(overview.claimed.values()),
        set_apart=overview.set_apart,
        slips_waiting=stacks,
        lists_unseen=overview.lists_unseen(),
    )


HANDLERS = (view,)
