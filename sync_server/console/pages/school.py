"""A school's first page: progress by teacher, next steps, phones, and records set aside."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shared import list_columns
from shared.problems import ProblemError
from shared.records.kind import Label
from shared.season import china_day
from sync_server.console.parts import next_steps, started
from sync_server.console.parts.next_steps import Situation
from sync_server.console.parts.overview import Overview, load_overview
from sync_server.console.parts.slip_counts import load_slips
from sync_server.console.web import forms
from sync_server.console.web.access import Req, get_services, me, school
from sync_server.console.web.rendering import page, run_and_redirect
from sync_server.console.web.works import Work
from sync_server.office import assignment, case_lists, sheets
from sync_server.office.notices import notices_pdf
from sync_server.office.slip_progress import SchoolSlips
from sync_server.store import device_days, progress, seasons, units
from sync_server.store.accounts import ADMIN
from sync_server.store.progress import Progress

PDF_TYPE = "application/pdf"


@get("/schools/{unit:str}")
async def view(request: Req, unit: FromPath[str]) -> Response[str]:
    """How the school stands."""
    row, services = await school(request, unit), get_services(request)
    season_id = services.season
    overview = await load_overview(services, unit)
    teachers = await services.read(lambda c: units.staff_of(c, season_id, unit))
    now = services.settings.now_text()
    refused = await services.read(lambda c: device_days.often_refused(c, season_id, unit, now))
    tray = await services.read(lambda c: progress.tray(c, season_id, unit))
    by_teacher = progress.count_by(overview.found, overview.season, lambda line: line.case.assignee)
    rows = [(t, by_teacher.get(t.id, Progress())) for t in teachers]
    slips = (await load_slips(services, overview.found, unit)).of(unit)
    steps = next_steps.of_school(_situation(request, overview, unit, slips), overview.season)
    names = {s.code: s.name for s in overview.schools}
    return await page(
        request,
        "school.html",
        unit=row,
        overview=overview,
        total=overview.total(),
        rows=rows,
        steps=steps,
        tray=tray,
        refused=refused,
        nobody=by_teacher.get("", Progress()),
        names=names,
        to_review=overview.waiting.get(unit, 0),
        summary=overview.newest.get(unit),
        recipients=list_columns.RECIPIENTS,
        slips=slips,
    )


def _situation(request: Req, overview: Overview, unit: str, slips: SchoolSlips) -> Situation:
    return Situation(
        today=china_day(get_services(request).settings.now()),
        progress=overview.total(),
        as_of=overview.as_of,
        base=f"/schools/{unit}",
        unit=unit,
        to_review=overview.waiting.get(unit, 0),
        claimed=overview.claimed.get(unit, 0),
        set_apart=overview.set_apart,
        slips_ready=slips.to_bring,
        phones=overview.confirmed(unit),
        phones_pending=overview.pending(unit),
        sealed=overview.handed_in(unit)
        or (unit in overview.newest and bool(overview.newest[unit].sha256)),
    )


@post("/schools/{unit:str}/list.xlsx", status_code=200)
async def people_list(request: Req, unit: FromPath[str]) -> Response[bytes]:
    """The school's people as a workbook, with the columns of one recipient."""
    row, services, who = await school(request, unit), get_services(request), me(request).name
    recipient = forms.text(await request.form(), "recipient", 20) or "school"
    data = await asyncio.to_thread(case_lists.school_list, services, unit, recipient, who=who)
    return forms.download(data, f"{row.name}-{services.season}-名单.xlsx", forms.XLSX_TYPE)


@get("/schools/{unit:str}/assignment")
async def assigning(
    request: Req,
    unit: FromPath[str],
    staff: FromQuery[str] = "",
    village: FromQuery[str] = "",
    ticked: FromQuery[bool] = False,
) -> Response[str]:
    """Show cases by village and teacher, to be given to a teacher; `staff` "-" means nobody."""
    row, services = await school(request, unit), get_services(request)
    season = await services.read(lambda c: seasons.get(c, services.season))
    found = await services.read(lambda c: progress.case_standings(c, season, unit=unit))
    teachers = await services.read(lambda c: units.staff_of(c, season.id, unit))
    centre = me(request).role == ADMIN
    schools = await services.read(lambda c: units.units(c, season.id)) if centre else []
    villages = sorted({line.case.village for line in found})
    shown = [
        line
        for line in found
        if (not village or line.case.village == village)
        and (not staff or line.case.assignee == ("" if staff == "-" else staff))
    ]
    shown.sort(key=lambda line: (line.case.village, line.case.code))
    return await page(
        request,
        "school_assignment.html",
        unit=row,
        found=shown,
        teachers=teachers,
        villages=villages,
        staff=staff,
        village=village,
        ticked=ticked,
        schools=schools,
        names={t.id: t.name for t in teachers},
    )


@post("/schools/{unit:str}/assignment", status_code=303)
async def assign(request: Req, unit: FromPath[str]) -> Redirect:
    """Give the ticked cases to a teacher. Cases of another school are as unknown as none at all."""
    services, form, who = get_services(request), await request.form(), me(request).name
    chosen, staff = forms.many(form, "case"), forms.text(form, "staff")
    back = f"/schools/{unit}/assignment"
    await school(request, unit)
    season = await services.read(lambda c: seasons.get(c, services.season))
    mine = {
        line.case.id
        for line in await services.read(lambda c: progress.case_standings(c, season, unit=unit))
    }
    if not mine.issuperset(chosen):
        raise ProblemError("console.not_found")
    if not chosen or not staff:
        return await run_and_redirect(request, back, _nothing_chosen, "", "")
    return await run_and_redirect(
        request,
        back,
        lambda: assignment.assign(services, chosen, staff, who=who),
        "已分给这位老师:{n} 人。下次同步时手机上就会变",
        "{n} people given to this teacher; phones follow at their next sync",
        n=lambda moved: moved,
    )


def _nothing_chosen() -> None:
    raise ProblemError("console.nothing_chosen")


@post("/schools/{unit:str}/assignment/evenly", status_code=303)
async def evenly(request: Req, unit: FromPath[str]) -> Redirect:
    """Split those who are with nobody, villages kept together."""
    services, who = get_services(request), me(request).name
    await school(request, unit)
    return await run_and_redirect(
        request,
        f"/schools/{unit}#assignment",
        lambda: assignment.assign_evenly(services, unit, who=who),
        "已平均分配 {n} 人,同一村的分给同一位老师",
        "{n} people split evenly, each village kept together",
        n=lambda moved: moved,
    )


class Printed(NamedTuple):
    """A PDF of a school.

    Attributes:
        path: The last part of its address.
        name: What its file's name begins with.
        title: What is shown while it is made.
        make: Makes it, of services, `unit` and `who`.
    """

    path: str
    name: str
    title: Label
    make: Callable[..., bytes]


PRINTED = (
    Printed("notices", "通知书", Label("排通知书", "Making the notices"), notices_pdf),
    Printed(
        "statement-sheet",
        "情况说明-空白",
        Label("排空白情况说明", "Making the blank statement"),
        sheets.statement_sheet,
    ),
    Printed(
        "signing-sheets",
        "签收表",
        Label("排签收表", "Making the sheets of signatures"),
        sheets.signing_sheets,
    ),
)
"""What a school prints before its teachers go; each has an address."""


def _printing(printed: Printed) -> HTTPRouteHandler:
    @post(f"/schools/{{unit:str}}/{printed.path}.pdf", status_code=200)
    async def make(request: Req, unit: FromPath[str]) -> Response[Any]:
        """Typeset a PDF as heavy work, and answer it."""
        row, who = await school(request, unit), me(request).name

        async def show(_: Req, work: Work) -> Response[Any]:
            file = f"{printed.name}-{row.name}.pdf"
            return forms.download(work.result(), file, PDF_TYPE, inline=True)

        return await started.start(
            request,
            f"{printed.path} {unit}",
            partial(printed.make, unit=unit, who=who),
            show,
            title=printed.title,
            of=Label(row.name, row.name),
            back=f"/schools/{unit}",
        )

    return make


HANDLERS = (
    view,
    people_list,
    assigning,
    assign,
    evenly,
    *(_printing(printed) for printed in PRINTED),
)
