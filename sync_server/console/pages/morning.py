"""The morning sheet (今日清单) of a school, of all with who has looked, and the lines by day."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from shared import morning as rule
from shared.records.kind import Label
from shared.season import china_day
from sync_server.console.parts import day_chart, started
from sync_server.console.parts.morning_rows import load_figures, load_ranks, part_of
from sync_server.console.parts.overview import SCHOOLS, part_of_schools
from sync_server.console.web import forms
from sync_server.console.web.access import (
    CENTRE_STAFF,
    Req,
    get_services,
    me,
    school,
    scope_of,
)
from sync_server.console.web.formatting import Words
from sync_server.console.web.rendering import language, page, page_rows
from sync_server.console.web.works import Work
from sync_server.office import day_lines, morning, morning_arrivals, morning_sheets
from sync_server.office.day_lines import DayLines
from sync_server.office.morning import Morning
from sync_server.office.morning_phones import LIST_ON_PHONE
from sync_server.store import accounts, behind, morning_looks, seasons
from sync_server.store.accounts import ADMIN, LIAISON
from sync_server.store.database import Connection
from sync_server.store.morning_looks import Look
from sync_server.store.scope import Of

PDF_TYPE = "application/pdf"
PRINTING = Label("排今日清单", "Making the morning sheets")


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """One read for a school's page."""

    morning: Morning
    lines: DayLines
    looks: list[Look]
    shown: dict[str, str]


@get("/schools/{unit:str}/morning")
async def of_school(request: Req, unit: FromPath[str]) -> Response[str]:
    """The sheet of a school. The first look of the day is noted, of the school and its officer."""
    row, services, who = await school(request, unit), get_services(request), me(request)
    if who.role != ADMIN and not row.is_gone:
        at_school = who.role == LIAISON
        look = partial(morning_sheets.look, services, [unit], account=who.name, at_school=at_school)
        await asyncio.to_thread(look)
    now, real = services.settings.now(), services.settings.real_now()

    def job(connection: Connection) -> Loaded:
        found = morning.read_in(connection, services.season, unit, now, real)
        today = found.day.today
        looks = morning_looks.of_day(connection, services.season, today.isoformat(), unit)
        return Loaded(
            morning=found,
            lines=day_lines.read(connection, found.season, found.found, today),
            looks=looks,
            shown=accounts.names_of(connection, {one.account for one in looks}),
        )

    loaded = await services.read(job)
    return await page(
        request,
        "morning.html",
        unit=row,
        sheet=loaded.morning.sheets[0],
        day=loaded.morning.day,
        lines=loaded.lines,
        line_names=day_lines.LINES,
        looks=loaded.looks,
        shown=loaded.shown,
        list_on_phone=LIST_ON_PHONE,
        how=morning_arrivals.HOW,
        rule=rule,
    )


@get("/morning", opt={"roles": CENTRE_STAFF})
async def of_all(request: Req, at: FromQuery[int] = 1) -> Response[str]:
    """The sheets of all schools that the account sees, and who has not looked."""
    services, scope, most = get_services(request), scope_of(request), page_rows(request, SCHOOLS)
    ranks = await load_ranks(services, scope)
    found = await load_figures(services, ranks, part_of(at, most))
    lines = await services.read(lambda c: day_lines.kept(c, found.season, scope, found.day.today))
    return await page(
        request,
        "morning_all.html",
        found=found,
        lines=lines,
        line_names=day_lines.LINES,
        rule=rule,
        **part_of_schools(found.count, found.count, at, most, ""),
    )


@get("/schools/{unit:str}/days.svg")
async def school_days(request: Req, unit: FromPath[str]) -> Response[bytes]:
    """The lines by day of a school, as a picture."""
    await school(request, unit)
    return await _picture(request, unit)


@get("/days.svg", opt={"roles": CENTRE_STAFF})
async def all_days(request: Req) -> Response[bytes]:
    """The lines by day of all schools that the account sees."""
    return await _picture(request, scope_of(request))


async def _picture(request: Req, of: Of) -> Response[bytes]:
    services, words = get_services(request), Words(language(request))
    today = china_day(services.settings.now())

    def job(connection: Connection) -> DayLines:
        season = seasons.get(connection, services.season)
        behind.check_counted(connection, season, of)
        return day_lines.kept(connection, season, of, today)

    lines = await services.read(job)
    drawn = await asyncio.to_thread(day_chart.draw, lines, words)
    return Response(drawn, media_type=day_chart.SVG_TYPE)


@post("/schools/{unit:str}/morning.pdf", status_code=200)
async def printed(request: Req, unit: FromPath[str]) -> Response[Any]:
    """The sheet of a school to print, as heavy work."""
    row = await school(request, unit)
    return await _printed(request, unit, Label(row.name, row.name), f"/schools/{unit}/morning")


@post("/morning/sheets.pdf", opt={"roles": CENTRE_STAFF}, status_code=200)
async def all_printed(request: Req) -> Response[Any]:
    """The sheets of all schools that the account sees, in one PDF."""
    return await _printed(request, scope_of(request), started.every_school(request), "/morning")


async def _printed(request: Req, of: Of, words: Label, back: str) -> Response[Any]:
    today = china_day(get_services(request).settings.now())
    name = f"今日清单-{words.zh}-{today.isoformat()}.pdf"

    async def show(_: Req, work: Work) -> Response[Any]:
        return forms.download(work.result(), name, PDF_TYPE, inline=True)

    return await started.start(
        request,
        f"morning {of if isinstance(of, str) else 'all'}",
        partial(morning_sheets.printed, of=of, who=me(request).name),
        show,
        title=PRINTING,
        of=words,
        back=back,
    )


HANDLERS = (of_school, of_all, school_days, all_days, printed, all_printed)
