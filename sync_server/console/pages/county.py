"""The county's page: which schools have submitted, the roll-up, and the steps to its seal."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shared.digest import sha256_hex
from shared.problems import ProblemError
from shared.recipients import MAIN, Recipient
from shared.recipients import find as find_recipient
from sync_server import body_limits
from sync_server.console.parts import started, summary_steps
from sync_server.console.parts.overview import load_overview
from sync_server.console.web import forms
from sync_server.console.web.access import ADMINS, COUNTY_READERS, Req, get_services, me, scope_of
from sync_server.console.web.rendering import keep, notify_problem, page
from sync_server.office import county_reports, summaries
from sync_server.store import seasons
from sync_server.store import summaries as summaries_store
from sync_server.store.database import Connection
from sync_server.store.progress import Progress
from sync_server.store.summaries import COUNTY, SummaryRow

BACK = "/county"
NOBODY = "不分报送对象"
"""Stands for the recipient of a report that names none."""


@get("/county", opt={"roles": COUNTY_READERS})
async def view(request: Req, to: FromQuery[str] = "") -> Response[str]:
    """The schools' summaries and the county's report to one recipient."""
    services = get_services(request)
    overview = await load_overview(services, scope_of(request))
    by_school = overview.by_school()
    rows = [
        (s, by_school.get(s.code, Progress()), overview.newest.get(s.code))
        for s in overview.schools
    ]
    due = [r for r in rows if r[1].people]
    found = await asyncio.to_thread(county_reports.by_recipient, services)
    key = to if to in found else next(iter(found))
    document = next((row.document for row in found[key]), "")
    return await page(
        request,
        "county.html",
        rows=due,
        base=BACK,
        overview=overview,
        awaited=[r[0] for r in due if _in(r[2]) and overview.original(r[0].code) == "awaited"],
        in_=sum(_in(r[2]) for r in due),
        to=key,
        recipients=await services.read(lambda c: _recipients(c, services.season, found)),
        **await summary_steps.values(services, COUNTY, found[key], document),
    )


class Shown(msgspec.Struct, frozen=True):
    """A recipient and the state of its report; `gone`: it was removed from the season."""

    recipient: Recipient
    row: SummaryRow | None
    gone: bool = False


def _recipients(
    connection: Connection, season_id: str, found: dict[str, list[SummaryRow]]
) -> list[Shown]:
    """Return the recipients whose reports the page shows; none if the only report names none.

    A removed one is shown for its reports; a report that names no recipient has no name.
    """
    known = seasons.get(connection, season_id).recipients
    shown = []
    for key, versions in found.items():
        row = summaries_store.standing(versions).shown
        name = next(filter(None, map(county_reports.recipient_name, versions)), NOBODY)
        one = find_recipient(known, key)
        gone = one is None and bool(known or key != MAIN)
        shown.append(Shown(one or Recipient(key=key, name=name), row, gone=gone))
    return shown if known or len(shown) > 1 else []


def _in(row: SummaryRow | None) -> bool:
    """Return whether the roll-up counts a school's summary."""
    return row is not None and bool(row.sha256) and row.state != "returned"


@post("/county/roll-up", opt={"roles": ADMINS}, status_code=303)
async def roll_up(request: Req) -> Response[Any]:
    """Add the schools up: all of them, or those there are, with the others named."""
    who = me(request).shown
    form = await request.form()
    typed = {"report_no": str(form.get("report_no", ""))}
    partial = forms.text(form, "partial") == "yes"
    try:
        report_no = forms.text(form, "report_no", summaries.MAX_REPORT_NO)
    except ProblemError as problem:
        notify_problem(request, problem)
        keep(request, typed)
        return Redirect(BACK, status_code=303)
    asked = repr((partial, report_no))
    return await started.start(
        request,
        f"roll-up {sha256_hex(asked.encode())}",
        lambda services: county_reports.roll_up(
            services, partial=partial, who=who, report_no=report_no
        ),
        started.then_back(
            "全县汇总第 {n} 版已生成,请打印",
            "Version {n} of the county's summary is composed: print it",
            typed=typed,
            n=lambda row: row.version,
        ),
        title=summary_steps.COMPOSING,
        of=summary_steps.WHOLE_COUNTY,
        back=BACK,
    )


async def _back(request: Req, summary_id: str) -> str:
    """The page of the recipient whose report this is."""
    return summary_steps.county_path(await summary_steps.version_of(request, COUNTY, summary_id))


@post("/county/{summary_id:str}/print", opt={"roles": ADMINS}, status_code=200)
async def to_print(request: Req, summary_id: FromPath[str]) -> Response[bytes]:
    """The pages to stamp."""
    return await summary_steps.to_print(request, COUNTY, summary_id)


@post(
    "/county/{summary_id:str}/scan",
    opt={"roles": ADMINS, "takes": body_limits.SCANS},
    status_code=303,
)
async def scan(request: Req, summary_id: FromPath[str]) -> Response[Any]:
    """The stamped pages."""
    return await summary_steps.scan(request, COUNTY, summary_id, await _back(request, summary_id))


@post("/county/{summary_id:str}/seal", opt={"roles": ADMINS}, status_code=303)
async def seal(request: Req, summary_id: FromPath[str]) -> Response[Any]:
    """Seal it."""
    return await summary_steps.seal(request, COUNTY, summary_id, await _back(request, summary_id))


@post("/county/{summary_id:str}/submit", opt={"roles": ADMINS}, status_code=303)
async def submit(request: Req, summary_id: FromPath[str]) -> Redirect:
    """Note that it was submitted to the province and the bank."""
    return await summary_steps.submit(request, COUNTY, summary_id, await _back(request, summary_id))


@post("/county/{summary_id:str}/discard", opt={"roles": ADMINS}, status_code=303)
async def discard(request: Req, summary_id: FromPath[str]) -> Redirect:
    """Discard a version that is not sealed."""
    return await summary_steps.discard(
        request, COUNTY, summary_id, await _back(request, summary_id)
    )


@get("/county/{summary_id:str}/files/{name:str}", opt={"roles": COUNTY_READERS})
async def file(request: Req, summary_id: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """One of its files."""
    return await summary_steps.file(request, COUNTY, summary_id, name)


HANDLERS = (view, roll_up, to_print, scan, seal, submit, discard, file)
