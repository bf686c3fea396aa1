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
from sync_server.console.parts.overview import (
    LONGEST_SOUGHT,
    SCHOOLS,
    load_overview,
    part_at,
    part_of_schools,
)
from sync_server.console.web import forms
from sync_server.console.web.access import ADMINS, COUNTY_READERS, Req, get_services, me, scope_of
from sync_server.console.web.rendering import keep, notify_problem, page, page_rows
from sync_server.office import county_reports, summaries
from sync_server.store import behind, original_papers, school_totals, seasons, units
from sync_server.store import summaries as summaries_store
from sync_server.store.database import Connection
from sync_server.store.scope import Scope, of_schools
from sync_server.store.summaries import COUNTY, SummaryRow

BACK = "/county"
MOST_NAMED = 60
"""Schools that are missing, or whose paper is, named one by one."""
NOBODY = "不分报送对象"
"""Stands for the recipient of a report that names none."""


@get("/county", opt={"roles": COUNTY_READERS})
async def view(
    request: Req, to: FromQuery[str] = "", sought: FromQuery[str] = "", at: FromQuery[int] = 1
) -> Response[str]:
    """The schools' summaries and the county's report to one recipient."""
    services, scope = get_services(request), scope_of(request)
    most, sought = page_rows(request, SCHOOLS), sought.strip()[:LONGEST_SOUGHT]
    due = await services.read(lambda c: _due(c, services.season, scope))
    meant = await services.read(lambda c: _meant(c, services.season, due, scope, sought))
    first = (part_at(at, len(meant), most) - 1) * most
    overview = await load_overview(services, of_schools(meant[first : first + most]))
    rows = [(s, overview.of(s.code), overview.newest.get(s.code)) for s in overview.schools]
    found = await asyncio.to_thread(county_reports.by_recipient, services)
    key = to if to in found else next(iter(found))
    document = next((row.document for row in found[key]), "")
    return await page(
        request,
        "county.html",
        rows=rows,
        base=BACK,
        overview=overview,
        due=due,
        to=key,
        recipients=await services.read(lambda c: _recipients(c, services.season, found)),
        **part_of_schools(len(due.schools), len(meant), at, most, sought, to=to),
        **await summary_steps.values(services, COUNTY, found[key], document),
    )


def _meant(connection: Connection, season: str, due: Due, scope: Scope, sought: str) -> list[str]:
    """Return which of the schools with people a search means."""
    if not sought:
        return due.schools
    found = {row.code for row in units.some_within(connection, season, scope, sought=sought)}
    return [code for code in due.schools if code in found]


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """The schools with people.

    Attributes:
        schools: Their codes, in order.
        reports: How many of them the roll-up counts.
        missing: Some of those that it does not: code and name.
        awaited: Some of those that it counts, whose stamped paper has not come.
        more_missing: How many more are missing than are named.
        more_awaited: The same of `awaited`.
    """

    schools: list[str]
    reports: int
    missing: list[tuple[str, str]]
    awaited: list[tuple[str, str]]
    more_missing: int
    more_awaited: int


def _due(connection: Connection, season_id: str, scope: Scope) -> Due:
    season = seasons.get(connection, season_id)
    behind.check_judged(connection, season, scope)
    names = units.names_at_work(connection, season_id, scope)
    sums = school_totals.shares(connection, season, scope)
    schools = [code for code in names if sums.get(code, (0, 0, 0))[0]]
    reporting = summaries_store.reporting(connection, season_id, scope)
    received = original_papers.received(connection, season_id)
    missing = [code for code in schools if code not in reporting]
    awaited = [
        code
        for code in schools
        if code in reporting and reporting[code] and reporting[code] not in received
    ]
    return Due(
        schools=schools,
        reports=len(schools) - len(missing),
        missing=[(code, names[code]) for code in missing[:MOST_NAMED]],
        awaited=[(code, names[code]) for code in awaited[:MOST_NAMED]],
        more_missing=max(0, len(missing) - MOST_NAMED),
        more_awaited=max(0, len(awaited) - MOST_NAMED),
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
