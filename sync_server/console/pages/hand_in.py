"""Signed slips on their way to the centre: a school's batches, and how far every school is."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shared.problems import ProblemError
from sync_server.console.parts.county_slips import load_county
from sync_server.console.parts.overview import LONGEST_SOUGHT, SCHOOLS, part_of_schools
from sync_server.console.parts.slip_counts import Slips, load_slips
from sync_server.console.parts.slip_refusals import LONGEST_ENTRY, name_refused
from sync_server.console.web import forms
from sync_server.console.web.access import CENTRE_STAFF, Req, get_services, me, school, scope_of
from sync_server.console.web.rendering import keep, notify, notify_problem, page, page_rows
from sync_server.office import slip_batches, slip_desk, slip_progress
from sync_server.store import units


@get("/hand-in", opt={"roles": CENTRE_STAFF})
async def county(
    request: Req, sought: FromQuery[str] = "", at: FromQuery[int] = 1
) -> Response[str]:
    """How many slips each school has handed in, and which batches wait to be counted."""
    services, scope, most = get_services(request), scope_of(request), page_rows(request, SCHOOLS)
    sought = sought.strip()[:LONGEST_SOUGHT]
    found = await load_county(services, scope, sought=sought, at=at, most=most)
    return await page(
        request,
        "hand_in_county.html",
        found=found,
        rows=found.schools,
        total=found.total,
        **part_of_schools(found.count, found.matching, at, most, sought),
    )


@post("/hand-in/left.xlsx", opt={"roles": CENTRE_STAFF}, status_code=200)
async def left_of_county(request: Req) -> Response[bytes]:
    """Those whose paper slip the centre does not have, of every school the account sees."""
    services, who = get_services(request), me(request).name
    data = await asyncio.to_thread(slip_progress.left_book, services, scope_of(request), who=who)
    return forms.download(data, f"未交签收单-{services.season}.xlsx", forms.XLSX_TYPE)


@get("/schools/{unit:str}/hand-in")
async def view(request: Req, unit: FromPath[str]) -> Response[str]:
    """A school's batches, and whose slips are ready for the next one."""
    row, services = await school(request, unit), get_services(request)
    season_id = services.season
    ready = await services.read(lambda c: slip_batches.ready(c, season_id, unit))
    slips: Slips = await load_slips(services, unit)
    teachers = await services.read(lambda c: units.staff_names(c, season_id))
    return await page(
        request,
        "hand_in.html",
        unit=row,
        ready=ready,
        evidence=slips.evidence,
        slips=slips.of(unit),
        lines=slips.lines,
        missing=slips.missing,
        teachers=teachers,
    )


@post("/schools/{unit:str}/hand-in", status_code=303)
async def prepare(request: Req, unit: FromPath[str]) -> Redirect:
    """Put the ticked people, and those whose codes were typed, on the next sheet."""
    services, form, who = get_services(request), await request.form(), me(request).shown
    row = await school(request, unit)
    back = f"/schools/{unit}/hand-in"
    codes, chosen = forms.text(form, "codes", LONGEST_ENTRY), forms.many(form, "case")
    try:
        batch, refused = await asyncio.to_thread(
            slip_batches.prepare, services, row.code, chosen, codes, who=who
        )
    except ProblemError as problem:
        notify_problem(request, problem)
        keep(request, {"codes": codes})
        return Redirect(back, status_code=303)
    notify(
        request,
        "第 {n} 批准备好了。请核对，再点“送交中心”",
        "Batch {n} is prepared: check it, then press “Take to the centre”",
        n=batch.number,
    )
    name_refused(request, refused, "add")
    return Redirect(f"{back}/{batch.id}", status_code=303)


@post("/schools/{unit:str}/hand-in/walk-in", opt={"roles": CENTRE_STAFF}, status_code=303)
async def walk_in(request: Req, unit: FromPath[str]) -> Redirect:
    """Take slips that came without a sheet, by their codes."""
    services, form, who = get_services(request), await request.form(), me(request).shown
    row = await school(request, unit)
    back, codes = f"/schools/{unit}/hand-in", forms.text(form, "desk_codes", LONGEST_ENTRY)
    try:
        done = await asyncio.to_thread(slip_desk.walk_in, services, row.code, codes, who=who)
    except ProblemError as problem:
        notify_problem(request, problem)
        keep(request, {"desk_codes": codes})
        return Redirect(f"{back}#walk-in", status_code=303)
    if done.fresh:
        notify(
            request,
            "没有交接单，记作第 {n} 批，勾了 {count} 张",
            "Without a sheet: it is batch {n}, with {count} slips ticked",
            n=done.batch.number,
            count=len(done.fresh),
        )
    else:
        notify(
            request,
            "这些签收单在第 {n} 批里，请在这里勾选",
            "These slips are in batch {n}: tick them here",
            n=done.batch.number,
        )
    name_refused(request, done.refused, "entry")
    return Redirect(f"{back}/{done.batch.id}", status_code=303)


@post("/schools/{unit:str}/hand-in/left.xlsx", status_code=200)
async def left(request: Req, unit: FromPath[str]) -> Response[bytes]:
    """Those of a school whose paper slip the centre does not have."""
    row, services, who = await school(request, unit), get_services(request), me(request).name
    data = await asyncio.to_thread(slip_progress.left_book, services, unit, who=who)
    return forms.download(data, f"未交签收单-{row.name}-{services.season}.xlsx", forms.XLSX_TYPE)


HANDLERS: tuple[Any, ...] = (county, left_of_county, view, prepare, walk_in, left)
