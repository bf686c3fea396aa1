"""A school's first page: progress by teacher, next steps, phones, and records set aside."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery

from shared.records.kind import Label
from shared.season import china_day
from sync_server.console.parts import next_steps, started
from sync_server.console.parts.next_steps import Situation
from sync_server.console.parts.overview import Overview, load_overview
from sync_server.console.web import forms
from sync_server.console.web.access import Req, get_services, me, school
from sync_server.console.web.rendering import page, page_rows
from sync_server.console.web.works import Work
from sync_server.office import keyed_records, keyed_slips, sheets
from sync_server.services import Services
from sync_server.store import (
    device_days,
    notice_contents,
    progress,
    school_kept,
    slip_batches,
    slip_stacks,
    spot_checks,
    teachers,
    units,
)
from sync_server.store.database import Connection
from sync_server.store.device_days import OftenRefused
from sync_server.store.progress import SchoolSum, SetAsideRecord
from sync_server.store.school_kept import Kept
from sync_server.store.scope import of_schools
from sync_server.store.teachers import Offer, Teacher
from sync_server.store.units import UnitRow

PDF_TYPE = "application/pdf"
TRAY = 50
"""Records of cases that had moved, shown at first: the newest."""


@get("/schools/{unit:str}")
async def view(request: Req, unit: FromPath[str], tray: FromQuery[str] = "") -> Response[str]:
    """How the school stands."""
    row, services = await school(request, unit), get_services(request)
    overview = await load_overview(services, unit)
    most = -1 if tray == "all" else page_rows(request, TRAY)
    now = services.settings.now_text()
    read = await services.read(lambda c: _read(c, services.season, unit, overview, most, now))
    unscanned = 0
    if unit in overview.on_paper:
        unscanned = await asyncio.to_thread(keyed_records.without_scan, services, unit)
    situation = _situation(services, overview, row, read, unscanned)
    staff = [(p, read.by_teacher.get(p.id, SchoolSum())) for p in read.teachers]
    return await page(
        request,
        "school.html",
        unit=row,
        overview=overview,
        total=overview.total(),
        rows=[(p, sum_) for p, sum_ in staff if p.is_here or p.id in read.by_teacher],
        offers=read.offers,
        here=[p for p in read.teachers if p.is_here],
        steps=next_steps.of_school(situation, overview.season),
        tray=read.tray,
        tray_more=read.tray_count - len(read.tray),
        refused=read.refused,
        notices=read.notices,
        notice_contact=notice_contents.contact(row),
        nobody=read.by_teacher.get("", SchoolSum()),
        names=read.names,
        to_review=overview.total().waiting,
        summary=overview.newest.get(unit),
        slip_counts=overview.slips(),
    )


class _Read(msgspec.Struct, frozen=True, kw_only=True):
    """What the page shows besides progress: see where each is read."""

    teachers: list[Teacher]
    by_teacher: dict[str, SchoolSum]
    offers: list[Offer]
    refused: list[OftenRefused]
    tray: list[SetAsideRecord]
    tray_count: int
    names: dict[str, str]
    notices: Kept | None
    slips_waiting: int
    slips_at_desk: int
    unrecorded: int
    spot_open: int


def _read(
    connection: Connection, season: str, unit: str, overview: Overview, most: int, now: str
) -> _Read:
    aside = progress.count_tray(connection, season, unit)
    listed = progress.tray(connection, season, unit, most) if aside else []
    # the names of the other schools are shown outside the account's scope too: the school's own
    # teachers know where their people moved
    moved = {code for one in listed for code in (one.from_unit, one.to_unit)}
    places = units.every_unit(connection, season, of_schools(moved)) if moved else []
    typed = overview.confirmed(unit) == 0 or unit in overview.on_paper
    count = keyed_slips.count_unrecorded
    return _Read(
        teachers=teachers.listed(connection, season, unit),
        by_teacher=progress.by_teacher(connection, overview.season, unit),
        offers=teachers.offers(connection, season, unit),
        refused=device_days.often_refused(connection, season, unit, now),
        tray=listed,
        tray_count=aside,
        names={place.code: place.name for place in places if not place.is_gone},
        notices=school_kept.read(connection, season, unit, with_lines=False).get(unit),
        slips_waiting=slip_stacks.waiting(connection, season, unit),
        slips_at_desk=slip_batches.count_at_desk(connection, season, unit),
        unrecorded=count(connection, overview.season, unit) if typed else 0,
        spot_open=spot_checks.total(connection, season, unit).open,
    )


def _situation(
    services: Services, overview: Overview, row: UnitRow, read: _Read, unscanned: int
) -> Situation:
    unit, total, notices = row.code, overview.total(), read.notices
    confirmed, changes = overview.list_known
    return Situation(
        today=china_day(services.settings.now()),
        progress=total,
        as_of=overview.as_of,
        base=f"/schools/{unit}",
        unit=unit,
        to_review=total.waiting,
        claimed=total.claimed,
        set_apart=overview.set_apart,
        list_confirmed=confirmed,
        list_changes=changes,
        slips_ready=total.paper_at_school - read.slips_at_desk,
        slips_waiting=read.slips_waiting,
        slips_unrecorded=read.unrecorded,
        offered=sum(one.people for one in read.offers),
        spot_open=read.spot_open,
        unscanned=unscanned,
        phones=overview.confirmed(unit),
        on_paper=unit in overview.on_paper,
        phones_pending=overview.pending(unit),
        no_contact=notices is not None
        and notices.unpaid > 0
        and not notice_contents.contact(row)[0],
        notices_unprinted=notices.unprinted if notices else 0,
        notices_changed=notices.changed if notices else 0,
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
