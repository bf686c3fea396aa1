"""One record from paper: what it says, the picture of its sheet, and what takes it back."""

from __future__ import annotations

import secrets
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath
from litestar.response import Redirect

from shared.problems import ProblemError
from sync_server import body_limits
from sync_server.console.parts import slip_choice
from sync_server.console.parts.keyed_line import keyed_line
from sync_server.console.parts.record_view import describe
from sync_server.console.web import forms
from sync_server.console.web.access import Req, get_services, me, school
from sync_server.console.web.formatting import Words
from sync_server.console.web.rendering import language, page, run_and_redirect
from sync_server.office import keyed_records, paper_records
from sync_server.store import photos, seasons, units


@get("/schools/{unit:str}/paper/{fact_id:str}")
async def view(request: Req, unit: FromPath[str], fact_id: FromPath[str]) -> Response[Any]:
    """The record as it reads now."""
    row, line = await school(request, unit), await keyed_line(request, unit, fact_id)
    if isinstance(line, Redirect):
        return line
    services = get_services(request)
    season = await services.read(lambda c: seasons.get(c, services.season))
    names = await services.read(lambda c: units.staff_names(c, services.season))
    stored = await services.read(lambda c: photos.stored_of(c, list(line.fact.photos)))
    slips = await services.read(lambda c: slip_choice.offered_to(c, [line]))
    visited_by = line.fact.paper.visited_by if line.fact.paper else ""
    return await page(
        request,
        "paper_record.html",
        unit=row,
        line=line,
        record=describe(line.fact, season, Words(language(request)), masked=True),
        teacher=names.get(visited_by, ""),
        stored_photos=stored,
        lacks_scan=keyed_records.lacks_scan(line),
        slips=slips.get(line.fact.id, []),
        form_id=secrets.token_hex(16),
    )


@post(
    "/schools/{unit:str}/paper/{fact_id:str}/scan",
    status_code=303,
    opt={"takes": body_limits.SHEET},
)
async def attach(request: Req, unit: FromPath[str], fact_id: FromPath[str]) -> Redirect:
    """Add the picture of the sheet, or a filed scan, to a record that was typed without it."""
    line, services, who = (
        await keyed_line(request, unit, fact_id),
        get_services(request),
        me(request),
    )
    if isinstance(line, Redirect):
        return line
    back = f"/schools/{unit}/paper/{line.fact.id}"
    form = await request.form()
    found, slip = form.get("scan"), forms.text(form, "slip", 64)
    data = await found.read() if isinstance(found, UploadFile) and found.filename else b""

    def job() -> None:
        if slip:
            paper_records.attach_slip(services, unit, line.fact.id, slip, who=who.name)
            return
        if not data:
            raise ProblemError("console.no_file")
        paper_records.attach_scan(services, unit, line.fact.id, data, who=who.name)

    return await run_and_redirect(request, back, job, "扫描件已附上", "The scan is attached")


@post("/schools/{unit:str}/paper/{fact_id:str}/withdraw", status_code=303)
async def withdraw(request: Req, unit: FromPath[str], fact_id: FromPath[str]) -> Redirect:
    """Say that it never happened, with the reason; both records are kept."""
    line, services, who = (
        await keyed_line(request, unit, fact_id),
        get_services(request),
        me(request),
    )
    if isinstance(line, Redirect):
        return line
    form = await request.form()
    reason, form_id = forms.text(form, "reason", 1000), forms.text(form, "form_id", 40)
    address = f"/schools/{unit}/paper"

    def job() -> None:
        if not reason:
            raise ProblemError("fact.field_missing", field="reason")
        paper_records.correct_keyed(
            services,
            unit,
            fact_id=line.fact.id,
            reason=reason,
            body=None,
            request_id=form_id,
            who=who.name,
        )

    back = address if reason else f"{address}/{line.fact.id}"
    return await run_and_redirect(
        request, back, job, "已撤回;原来的记录仍留着备查", "Taken back; the record itself is kept"
    )


HANDLERS = (view, attach, withdraw)
