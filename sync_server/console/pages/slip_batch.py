"""One batch of signed slips: prepared by the school, ticked and received at the centre's desk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect

from shared.problems import ProblemError
from shared.records.kind import Label
from shared.season import china_day, iso_day
from sync_server.console.parts import started
from sync_server.console.parts.slip_counts import count_lines
from sync_server.console.parts.slip_refusals import LONGEST_ENTRY, MOST_NAMED, name_refused
from sync_server.console.web import forms
from sync_server.console.web.access import CENTRE_STAFF, Req, get_services, me, school
from sync_server.console.web.rendering import (
    keep,
    notify,
    notify_problem,
    page,
    run_and_redirect,
)
from sync_server.console.web.works import Work
from sync_server.office import slip_batches, slip_desk, slip_evidence, slip_papers
from sync_server.office.slip_desk import Ticked
from sync_server.store import progress, seasons, units
from sync_server.store import slip_batches as store
from sync_server.store.database import Connection
from sync_server.store.slip_batches import Batch

PDF_TYPE = "application/pdf"


async def _batch(request: Req, unit: str, batch_id: str) -> Batch:
    """Return a batch of this school. Raises: ProblemError console.not_found."""
    await school(request, unit)
    services = get_services(request)
    found = await services.read(lambda c: store.find(c, services.season, batch_id))
    if found is None or found.unit != unit:
        raise ProblemError("console.not_found")
    return found


def _path(unit: str, batch_id: str) -> str:
    return f"/schools/{unit}/hand-in/{batch_id}"


@get("/schools/{unit:str}/hand-in/{batch_id:str}")
async def view(request: Req, unit: FromPath[str], batch_id: FromPath[str]) -> Response[str]:
    """The batch with its slips: to prepare, to tick, or as it was received."""
    row, services = await school(request, unit), get_services(request)
    batch = await _batch(request, unit, batch_id)

    def job(connection: Connection) -> dict[str, Any]:
        season = seasons.get(connection, services.season)
        lines = store.lines(connection, [batch_id])
        found = progress.case_standings(
            connection, season, ids=[line.case_id for line in lines], off_list=None
        )
        return {
            "lines": lines,
            "people": {line.case.id: line for line in found},
            "evidence": slip_evidence.evidence_of(connection, services.season, found),
            "teachers": units.staff_names(connection, services.season),
        }

    values = await services.read(job)
    today = china_day(services.settings.now()).isoformat()
    return await page(
        request,
        "slip_batch.html",
        unit=row,
        batch=batch,
        base=_path(unit, batch_id),
        counts=count_lines(values["lines"], batch_id),
        day=batch.received_on or today,
        latest=today,
        **values,
    )


@post("/schools/{unit:str}/hand-in/{batch_id:str}/change", status_code=303)
async def change(request: Req, unit: FromPath[str], batch_id: FromPath[str]) -> Redirect:
    """Put slips on a sheet that is being prepared, or take one off."""
    services, form, who = get_services(request), await request.form(), me(request).shown
    await _batch(request, unit, batch_id)
    add, remove = forms.text(form, "add", LONGEST_ENTRY), forms.many(form, "remove")
    try:
        refused = await asyncio.to_thread(
            slip_batches.change_draft, services, batch_id, add=add, remove=remove, who=who
        )
    except ProblemError as problem:
        notify_problem(request, problem)
        keep(request, {"add": add})
    else:
        if not refused:
            notify(request, "已改好", "Changed")
        name_refused(request, refused, "add")
    return Redirect(_path(unit, batch_id), status_code=303)


def _step(
    name: str, verb: Callable[..., Batch], zh: str, en: str, *, to_list: bool = False
) -> HTTPRouteHandler:
    @post(f"/schools/{{unit:str}}/hand-in/{{batch_id:str}}/{name}", status_code=303)
    async def take(request: Req, unit: FromPath[str], batch_id: FromPath[str]) -> Redirect:
        """Bring the batch to its next state."""
        services, who = get_services(request), me(request).shown
        await _batch(request, unit, batch_id)
        back = f"/schools/{unit}/hand-in" if to_list else _path(unit, batch_id)
        return await run_and_redirect(
            request, back, lambda: verb(services, batch_id, who=who), zh, en
        )

    return take


STEPS = (
    _step(
        "bring",
        slip_batches.bring,
        "请打印交接单（一式两份），和签收单一起送到中心",
        "Print the sheet (two copies) and take it to the centre with the slips",
    ),
    _step(
        "take-back", slip_batches.take_back, "可以接着准备这一批", "The batch can be changed again"
    ),
    _step(
        "discard",
        slip_batches.discard,
        "这一批已作废，里面的签收单可以放进下一批",
        "The batch is discarded; its slips can go with the next one",
        to_list=True,
    ),
)


@post(
    "/schools/{unit:str}/hand-in/{batch_id:str}/tick", opt={"roles": CENTRE_STAFF}, status_code=303
)
async def tick(request: Req, unit: FromPath[str], batch_id: FromPath[str]) -> Redirect:
    """Tick what lies on the table, by code, line number or scanned QR code."""
    services, form, who = get_services(request), await request.form(), me(request).shown
    await _batch(request, unit, batch_id)
    entry, line = forms.text(form, "entry", LONGEST_ENTRY), forms.text(form, "row", 20)
    back = _path(unit, batch_id)
    if line:
        entry, back = line, f"{back}#l-{line.removeprefix('-')}"
    try:
        done = await asyncio.to_thread(slip_desk.tick, services, batch_id, entry, who=who)
    except ProblemError as problem:
        notify_problem(request, problem)
        keep(request, {"entry": entry})
    else:
        _say(request, done)
    return Redirect(back, status_code=303)


def _say(request: Req, done: Ticked) -> None:
    """Say what was ticked, and what could not be."""
    if done.fresh:
        codes = "、".join(done.fresh[:MOST_NAMED])
        notify(
            request, "已勾 {n} 张：{codes}", "Ticked {n}: {codes}", n=len(done.fresh), codes=codes
        )
    if done.again:
        codes = "、".join(done.again[:MOST_NAMED])
        notify(request, "早已勾过：{codes}", "Ticked already: {codes}", codes=codes)
    if done.back:
        notify(request, "取消了 {n} 张", "Took {n} back", n=done.back)
    name_refused(request, done.refused, "entry")


@post(
    "/schools/{unit:str}/hand-in/{batch_id:str}/all", opt={"roles": CENTRE_STAFF}, status_code=303
)
async def tick_all(request: Req, unit: FromPath[str], batch_id: FromPath[str]) -> Redirect:
    """Tick the whole sheet, or take every tick back."""
    services, form, who = get_services(request), await request.form(), me(request).shown
    await _batch(request, unit, batch_id)
    on = forms.text(form, "on") != "no"
    return await run_and_redirect(
        request,
        _path(unit, batch_id),
        lambda: slip_desk.tick_all(services, batch_id, who=who, on=on),
        "全部勾上了" if on else "全部取消了",
        "All ticked" if on else "All ticks taken back",
    )


@post(
    "/schools/{unit:str}/hand-in/{batch_id:str}/receive",
    opt={"roles": CENTRE_STAFF},
    status_code=303,
)
async def receive(request: Req, unit: FromPath[str], batch_id: FromPath[str]) -> Redirect:
    """Sign for what is ticked; the receipt can be printed then."""
    services, form, who = get_services(request), await request.form(), me(request).shown
    await _batch(request, unit, batch_id)
    typed = {name: forms.text(form, name, 200) for name in ("given_by", "day")}
    seen = forms.text(form, "version", 12)

    def job() -> Batch:
        given_by = forms.text(form, "given_by", slip_desk.LONGEST_NAME)
        day = iso_day(typed["day"]) if typed["day"] else None
        if typed["day"] and day is None:
            raise ProblemError("slip_batch.day_invalid", day=typed["day"])
        if not seen.isdecimal():
            raise ProblemError("slip_batch.changed")
        return slip_desk.receive(
            services, batch_id, given_by=given_by, day=day, version=int(seen), who=who
        )

    return await run_and_redirect(
        request,
        _path(unit, batch_id),
        job,
        "第 {n} 批已点收。请打印收据，双方签字，各留一份",
        "Batch {n} is received: print the receipt, sign it, and keep a copy each",
        typed=typed,
        n=lambda batch: batch.number,
    )


@post(
    "/schools/{unit:str}/hand-in/{batch_id:str}/reopen",
    opt={"roles": CENTRE_STAFF},
    status_code=303,
)
async def reopen(request: Req, unit: FromPath[str], batch_id: FromPath[str]) -> Redirect:
    """Open a received batch again, with the reason."""
    services, form, who = get_services(request), await request.form(), me(request).shown
    await _batch(request, unit, batch_id)
    reason = forms.text(form, "reason", slip_desk.LONGEST_REASON)
    return await run_and_redirect(
        request,
        _path(unit, batch_id),
        lambda: slip_desk.reopen(services, batch_id, reason, who=who),
        "已重新打开。改好再点收，收据要重新打印",
        "Open again: correct it, receive it, and print the receipt anew",
        typed={"reason": reason},
    )


def _printing(path: str, name: str, title: Label, make: Callable[..., bytes]) -> HTTPRouteHandler:
    @post(f"/schools/{{unit:str}}/hand-in/{{batch_id:str}}/{path}.pdf", status_code=200)
    async def to_print(request: Req, unit: FromPath[str], batch_id: FromPath[str]) -> Response[Any]:
        """Typeset a PDF as heavy work, and answer it."""
        row, who = await school(request, unit), me(request).shown
        batch = await _batch(request, unit, batch_id)

        async def show(_: Req, work: Work) -> Response[Any]:
            file = f"{name}-{row.name}-第{batch.number}批.pdf"
            return forms.download(work.result(), file, PDF_TYPE, inline=True)

        return await started.start(
            request,
            f"{path} {batch_id} {batch.version}",
            partial(make, batch_id=batch_id, who=who),
            show,
            title=title,
            of=Label(row.name, row.name),
            back=_path(unit, batch_id),
        )

    return to_print


HANDLERS = (
    view,
    change,
    *STEPS,
    tick,
    tick_all,
    receive,
    reopen,
    _printing("sheet", "签收单交接单", Label("排交接单", "Making the sheet"), slip_papers.sheet),
    _printing("receipt", "签收单收据", Label("排收据", "Making the receipt"), slip_papers.receipt),
)
