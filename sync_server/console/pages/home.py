"""The county's first page: calendar, next steps, and progress by school; others go to theirs."""

from __future__ import annotations

import asyncio

from litestar import Response, get
from litestar.params import FromQuery
from litestar.response import Redirect

from shared.season import china_day
from sync_server.console.parts import alerts, next_steps, supervision_alerts
from sync_server.console.parts.alerts import Alert
from sync_server.console.parts.next_steps import Situation
from sync_server.console.parts.overview import (
    LONGEST_SOUGHT,
    SCHOOLS,
    Overview,
    load_overview,
    part_of_schools,
)
from sync_server.console.web.access import INSPECTION, Req, get_services, me, scope_of
from sync_server.console.web.rendering import page, page_rows
from sync_server.services import Services
from sync_server.store import seasons, slip_stacks, spot_checks
from sync_server.store.accounts import ADMIN, rule_of
from sync_server.store.scope import Scope


@get("/", opt={INSPECTION: True})
async def home(
    request: Req, sought: FromQuery[str] = "", at: FromQuery[int] = 1
) -> Response[str] | Redirect:
    """The county at a glance."""
    account, scope = me(request), scope_of(request)
    if rule_of(account.role).masked:
        return Redirect("/inspection", status_code=303)
    if not scope.is_county:
        own = f"/schools/{account.unit}" if account.unit else "/my-schools"
        return Redirect(own, status_code=303)
    services, most = get_services(request), page_rows(request, SCHOOLS)
    sought = sought.strip()[:LONGEST_SOUGHT]
    overview = await load_overview(
        services, scope, sought=sought, first=(max(at, 1) - 1) * most, most=most
    )
    rows = [(school, overview.of(school.code)) for school in overview.schools]
    steps = next_steps.of_county(await _situation(request, overview), overview.season)
    return await page(
        request,
        "home.html",
        overview=overview,
        rows=rows,
        total=overview.total(),
        steps=steps,
        alerts=await asyncio.to_thread(_alerts, services, scope),
        unplaced=overview.unplaced,
        slip_total=overview.slips(),
        **part_of_schools(overview.count, overview.matching, at, most, sought),
    )


def _alerts(services: Services, scope: Scope) -> list[Alert]:
    found = supervision_alerts.of_supervision(services, scope)
    return [*alerts.of_server(services), *found]


async def _situation(request: Req, overview: Overview) -> Situation:
    season = get_services(request).season
    row = await get_services(request).read(lambda c: seasons.one(c, season))
    waiting = await get_services(request).read(lambda c: slip_stacks.waiting(c, season, ""))
    checked = await get_services(request).read(
        lambda c: spot_checks.total(c, season, scope_of(request))
    )
    return Situation(
        slips_waiting=waiting,
        spot_answered=checked.answered,
        preparing=row.state == seasons.PREPARING,
        today=china_day(get_services(request).settings.now()),
        progress=overview.total(),
        as_of=overview.as_of,
        schools=overview.count,
        schools_sealed=overview.sealed,
        unplaced=overview.unplaced,
        claimed=overview.total().claimed,
        set_apart=overview.set_apart,
        lists_unseen=overview.lists_unseen,
        batches_at_desk=overview.all_at_desk,
        may_import=me(request).role == ADMIN,
    )


HANDLERS = (home,)
