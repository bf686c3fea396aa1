"""The centre's first page: the season's phases, what to do next, every school's progress. A liaison lands at the school."""

from __future__ import annotations

from collections import Counter

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from shared.season import china_day
from sync_server.console.parts import next_steps
from sync_server.console.parts.next_steps import Situation
from sync_server.console.parts.overview import Overview, overview
from sync_server.console.web import forms
from sync_server.console.web.access import CENTRE, CHIEF, Req, me, own_unit, services
from sync_server.console.web.rendering import done, own_path, page
from sync_server.office import assignment
from sync_server.store import progress, units
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
    seen = await overview(services(request))
    by_school = seen.by_school()
    rows = [(school, by_school.get(school.code, Progress())) for school in seen.schools]
    steps = next_steps.of_county(_situation(request, seen, by_school), seen.season)
    return await page(
        request,
        "home.html",
        seen=seen,
        rows=rows,
        total=seen.total(),
        steps=steps,
        unplaced=by_school.get("", Progress()).people,
    )


def _situation(request: Req, seen: Overview, by_school: dict[str, Progress]) -> Situation:
    return Situation(
        today=china_day(services(request).settings.now()),
        progress=seen.total(),
        as_of=seen.as_of,
        schools=len(seen.schools),
        schools_sealed=sum(seen.handed_in(s.code) for s in seen.schools),
        unplaced=by_school.get("", Progress()).people,
        may_import=me(request).role == ADMIN,
    )


@get("/unplaced", opt={"roles": CENTRE})
async def unplaced(request: Req) -> Response[str]:
    """People whose school the list does not name, or names in a way nobody knows."""
    app = services(request)
    season = await app.read(lambda c: units.open_season(c, app.settings.season))
    found = await app.read(lambda c: progress.lines(c, season, unit=""))
    schools = await app.read(lambda c: units.units(c, app.settings.season))
    written = Counter(line.unit_name for line in found).most_common()
    return await page(
        request,
        "home_unplaced.html",
        found=found[:SHOWN],
        count=len(found),
        written=written,
        schools=schools,
    )


@post("/unplaced/{case_id:str}", opt={"roles": CHIEF}, status_code=303)
async def place(request: Req, case_id: FromPath[str]) -> Redirect:
    """Put one of them into a school, or into another one when the family moved."""
    form, app, who = await request.form(), services(request), me(request).name
    unit, back = forms.text(form, "unit"), own_path(forms.text(form, "back"), "/unplaced")
    return await done(
        request,
        back,
        lambda: assignment.place(app, case_id, unit, who=who),
        "已归到学校",
        "Placed in the school",
    )


HANDLERS = (home, unplaced, place)
