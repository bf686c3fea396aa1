"""The centre's first page: calendar, next steps, and progress by school; liaisons see theirs."""

from __future__ import annotations

from collections import Counter

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from shared.season import china_day
from sync_server.console.parts import next_steps
from sync_server.console.parts.next_steps import Situation
from sync_server.console.parts.overview import Overview, load_overview
from sync_server.console.web import forms
from sync_server.console.web.access import ADMINS, CENTRE_STAFF, Req, get_services, me, own_unit
from sync_server.console.web.rendering import local_path, page, run_and_redirect
from sync_server.office import assignment
from sync_server.store import progress, seasons, units
from sync_server.store.accounts import ADMIN
from sync_server.store.progress import Progress

SHOWN = 100
"""People on the page of the unplaced; before the schools are imported everyone is."""


@get("/")
async def home(request: Req) -> Response[str] | Redirect:
    """The county at a glance."""
    unit = own_unit(request)
    if unit is not None:
        return Redirect(f"/schools/{unit}", status_code=303)
    overview = await load_overview(get_services(request))
    by_school = overview.by_school()
    rows = [(school, by_school.get(school.code, Progress())) for school in overview.schools]
    steps = next_steps.of_county(await _situation(request, overview, by_school), overview.season)
    return await page(
        request,
        "home.html",
        overview=overview,
        rows=rows,
        total=overview.total(),
        steps=steps,
        unplaced=by_school.get("", Progress()).people,
    )


async def _situation(request: Req, overview: Overview, by_school: dict[str, Progress]) -> Situation:
    season = get_services(request).season
    row = await get_services(request).read(lambda c: seasons.one(c, season))
    return Situation(
        preparing=row.state == seasons.PREPARING,
        today=china_day(get_services(request).settings.now()),
        progress=overview.total(),
        as_of=overview.as_of,
        schools=len(overview.schools),
        schools_sealed=sum(overview.handed_in(s.code) for s in overview.schools),
        unplaced=by_school.get("", Progress()).people,
        claimed=sum(overview.claimed.values()),
        may_import=me(request).role == ADMIN,
    )


@get("/unplaced", opt={"roles": CENTRE_STAFF})
async def unplaced(request: Req) -> Response[str]:
    """People whose school the list does not name, or names in a way nobody knows."""
    services = get_services(request)
    season = await services.read(lambda c: seasons.get(c, services.season))
    found = await services.read(lambda c: progress.case_standings(c, season, unit=""))
    schools = await services.read(lambda c: units.units(c, services.season))
    written = Counter(line.unit_name for line in found).most_common()
    return await page(
        request,
        "home_unplaced.html",
        found=found[:SHOWN],
        count=len(found),
        written=written,
        schools=schools,
    )


@post("/unplaced/{case_id:str}", opt={"roles": ADMINS}, status_code=303)
async def place(request: Req, case_id: FromPath[str]) -> Redirect:
    """Put one of them into a school, or into another one when the family moved."""
    form, services, who = await request.form(), get_services(request), me(request).name
    unit, back = forms.text(form, "unit"), local_path(forms.text(form, "back"), "/unplaced")
    return await run_and_redirect(
        request,
        back,
        lambda: assignment.place(services, case_id, unit, who=who),
        "已归到学校",
        "Placed in the school",
    )


HANDLERS = (home, unplaced, place)
