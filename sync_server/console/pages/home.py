"""The county's first page: calendar, next steps, and progress by school; others go to theirs."""

from __future__ import annotations

import asyncio

from litestar import Response, get
from litestar.response import Redirect

from shared.season import china_day
from sync_server.console.parts import alerts, next_steps, supervision_alerts
from sync_server.console.parts.alerts import Alert
from sync_server.console.parts.next_steps import Situation
from sync_server.console.parts.overview import Overview, load_overview
from sync_server.console.parts.slip_counts import Slips, load_slips
from sync_server.console.web.access import INSPECTION, Req, get_services, me, scope_of
from sync_server.console.web.rendering import page
from sync_server.office import slip_evidence
from sync_server.services import Services
from sync_server.store import seasons, slip_stacks, spot_checks
from sync_server.store.accounts import ADMIN, rule_of
from sync_server.store.progress import Progress
from sync_server.store.scope import Scope


@get("/", opt={INSPECTION: True})
async def home(request: Req) -> Response[str] | Redirect:
    """The county at a glance."""
    account, scope = me(request), scope_of(request)
    if rule_of(account.role).masked:
        return Redirect("/inspection", status_code=303)
    if not scope.is_county:
        own = f"/schools/{account.unit}" if account.unit else "/my-schools"
        return Redirect(own, status_code=303)
    overview = await load_overview(get_services(request), scope)
    by_school = overview.by_school()
    rows = [(school, by_school.get(school.code, Progress())) for school in overview.schools]
    slips = await load_slips(get_services(request), overview.found, scope)
    situation = await _situation(request, overview, by_school, slips)
    steps = next_steps.of_county(situation, overview.season)
    return await page(
        request,
        "home.html",
        overview=overview,
        rows=rows,
        total=overview.total(),
        steps=steps,
        alerts=await asyncio.to_thread(_alerts, get_services(request), scope, overview),
        unplaced=by_school.get("", Progress()).people,
        slips=slips,
        slip_total=slip_evidence.count(overview.found, slips.evidence),
    )


def _alerts(services: Services, scope: Scope, overview: Overview) -> list[Alert]:
    found = supervision_alerts.of_supervision(services, scope, overview.found)
    return [*alerts.of_server(services), *found]


async def _situation(
    request: Req, overview: Overview, by_school: dict[str, Progress], slips: Slips
) -> Situation:
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
        schools=len(overview.schools),
        schools_sealed=sum(overview.handed_in(s.code) for s in overview.schools),
        unplaced=by_school.get("", Progress()).people,
        claimed=sum(overview.claimed.values()),
        set_apart=overview.set_apart,
        lists_unseen=overview.lists_unseen(),
        batches_at_desk=sum(one.at_desk for one in slips.by_school.values()),
        may_import=me(request).role == ADMIN,
    )


HANDLERS = (home,)
