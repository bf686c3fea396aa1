"""People who claim to have paid (待核对), for the county and for each school."""

from __future__ import annotations

import asyncio

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from shared import list_columns
from shared.records.kind import Label
from sync_server.console.parts.overview import part_at, parts_of
from sync_server.console.web import forms
from sync_server.console.web.access import CENTRE_STAFF, Req, get_services, me, school, scope_of
from sync_server.console.web.rendering import page, page_rows
from sync_server.office import case_lists, reconciliation
from sync_server.store.units import UnitRow

PEOPLE = 50
"""People that the page shows at a time."""
STATES = {
    "missing": Label("还款情况里没有", "not in the repayments"),
    "different": Label("还款情况里不够", "not all in the repayments"),
    "paid": Label("已还清", "repaid"),
}


@get("/reconciliation", opt={"roles": CENTRE_STAFF})
async def county(request: Req, at: FromQuery[int] = 1) -> Response[str]:
    """Show who claims it, of all schools the account sees, in parts."""
    return await _listed(request, None, at)


@get("/schools/{unit:str}/reconciliation")
async def of_school(request: Req, unit: FromPath[str], at: FromQuery[int] = 1) -> Response[str]:
    """Show those of one school, in parts."""
    return await _listed(request, await school(request, unit), at)


@post("/reconciliation.xlsx", opt={"roles": CENTRE_STAFF}, status_code=200)
async def county_list(request: Req) -> Response[bytes]:
    """Everybody who claims it as a workbook, with the columns of one recipient."""
    return await _download(request, None)


@post("/schools/{unit:str}/reconciliation.xlsx", status_code=200)
async def school_list(request: Req, unit: FromPath[str]) -> Response[bytes]:
    """Those of one school as a workbook."""
    return await _download(request, await school(request, unit))


async def _listed(request: Req, row: UnitRow | None, at: int) -> Response[str]:
    services, unit = get_services(request), row.code if row else None
    most, of = page_rows(request, PEOPLE), unit or scope_of(request)
    found = await asyncio.to_thread(reconciliation.part, services, of, at, most)
    count = sum(found.counts.values())
    return await page(
        request,
        "reconciliation.html",
        unit=row,
        found=found.claims,
        counts=found.counts,
        states=STATES,
        as_of=found.as_of,
        at=part_at(at, count, most),
        pages=parts_of(count, most),
        base=f"/schools/{unit}" if unit else "",
        recipients=list_columns.RECIPIENTS,
    )


async def _download(request: Req, row: UnitRow | None) -> Response[bytes]:
    services, who = get_services(request), me(request).name
    recipient = forms.text(await request.form(), "recipient", 20) or "school"
    of = row.code if row else scope_of(request)
    data = await asyncio.to_thread(case_lists.claims_list, services, of, recipient, who=who)
    whole = "全县" if scope_of(request).is_county else "我负责的学校"
    name = f"{row.name if row else whole}-{services.season}-待核对.xlsx"
    return forms.download(data, name, forms.XLSX_TYPE)


HANDLERS = (county, of_school, county_list, school_list)
