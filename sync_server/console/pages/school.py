"""A school's first page: progress by teacher, next steps, phones, and records set aside."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from shared.records.kind import Label
from shared.season import china_day
from sync_server.console.parts import next_steps, started
from sync_server.console.parts.next_steps import Situation
from sync_server.console.parts.overview import Overview, load_overview
from sync_server.console.parts.slip_counts import load_slips
from sync_server.console.web import forms
from sync_server.console.web.access import Req, get_services, me, school
from sync_server.console.web.rendering import page
from sync_server.console.web.works import Work
from sync_server.office import keyed_records, keyed_slips, notice_choice, sheets
from sync_server.office.notice_choice import SchoolNotices
from sync_server.office.slip_progress import SchoolSlips
from sync_server.store import device_days, progress, slip_stacks, spot_checks, teachers, units
from sync_server.store.database import Connection
from sync_server.store.progress import Progress

PDF_TYPE = "application/pdf"


@get("/schools/{unit:str}")
async def view(request: Req, unit: FromPath[str]) -> Response[str]:
    """How the school stands."""
    row, services = await school(request, unit), get_services(request)
    season_id = services.season
    overview = await load_overview(services, unit)
    known = await services.read(lambda c: teachers.listed(c, season_id, unit))
    offers = await services.read(lambda c: teachers.offers(c, season_id, unit))
    now = services.settings.now_text()
    refused = await services.read(lambda c: device_days.often_refused(c, season_id, unit, now))
    tray = await services.read(lambda c: progress.tray(c, season_id, unit))
    by_teacher = progress.count_by(overview.found, overview.season, lambda line: line.case.assignee)
    rows = [(t, by_teacher.get(t.id, Progress())) for t in known if t.is_here or t.id in by_teacher]
    notices = await services.read(lambda c: notice_choice.of_school(c, season_id, unit))
    waiting = await services.read(lambda c: slip_stacks.waiting(c, season_id, unit))
    slips = (await load_slips(services, overview.found, unit)).of(unit)
    situation = _situation(request, overview, unit, notices, slips)
    typed = overview.confirmed(unit) == 0 or unit in overview.on_paper
    situation = msgspec.structs.replace(
        situation,
        slips_waiting=waiting,
        offered=sum(o.people for o in offers),
        slips_unrecorded=await services.read(lambda c: _unrecorded(c, overview)) if typed else 0,
        spot_open=(await services.read(lambda c: spot_checks.total(c, season_id, unit))).open,
        unscanned=await asyncio.to_thread(keyed_records.without_scan, services, unit)
        if unit in overview.on_paper
        else 0,
    )
    steps = next_steps.of_school(situation, overview.season)
    # where people moved is told whatever the account sees: the school's own teachers know it
    everywhere = await services.read(lambda c: units.units(c, season_id)) if tray else []
    return await page(
        request,
        "school.html",
        unit=row,
        overview=overview,
        total=overview.total(),
        rows=rows,
        offers=offers,
        here=[t for t in known if t.is_here],
        steps=steps,
        tray=tray,
        refused=refused,
        notices=notices,
        notice_contact=notice_choice.contact(row),
        nobody=by_teacher.get("", Progress()),
        names={s.code: s.name for s in everywhere},
        to_review=overview.waiting.get(unit, 0),
        summary=overview.newest.get(unit),
        slips=slips,
    )


def _unrecorded(connection: Connection, overview: Overview) -> int:
    """Count the signed slips that wait for a delivery record from paper."""
    ids = [line.case.id for line in overview.found if keyed_slips.unrecorded(line)]
    filed = slip_stacks.filed_of(connection, ids)
    return len(keyed_slips.proposed_of(overview.found, filed))


def _situation(
    request: Req,
    overview: Overview,
    unit: str,
    notices: SchoolNotices,
    slips: SchoolSlips,
) -> Situation:
    return Situation(
        today=china_day(get_services(request).settings.now()),
        progress=overview.total(),
        as_of=overview.as_of,
        base=f"/schools/{unit}",
        unit=unit,
        to_review=overview.waiting.get(unit, 0),
        claimed=overview.claimed.get(unit, 0),
        set_apart=overview.set_apart,
        list_confirmed=overview.list_confirmed(unit),
        list_changes=overview.list_changes(unit),
        slips_ready=slips.to_bring,
        phones=overview.confirmed(unit),
        on_paper=unit in overview.on_paper,
        phones_pending=overview.pending(unit),
        no_contact=bool(notices.people) and not notice_choice.contact(notices.school)[0],
        notices_unprinted=notices.count("unprinted"),
        notices_changed=notices.count("changed"),
        sealed=overview.handed_in(unit)
        or (unit in overview.newest and bool(overview.newest[unit].sha256)),
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
"""What a school prints before its teachers go, beside the notices; each has an address."""


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
    *(_printing(printed) for printed in PRINTED),
)
