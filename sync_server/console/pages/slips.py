"""Scanned slips: a stack uploaded, read and filed; what needs a person, and who has one."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from sync_server import body_limits
from sync_server.console.parts import slip_cards
from sync_server.console.web import labels
from sync_server.console.web.access import ADMINS, CENTRE_STAFF, Req, get_services, school
from sync_server.console.web.rendering import page
from sync_server.store import cases, units
from sync_server.store import slip_stacks as store

SLIPS = {"takes": body_limits.SLIPS}
CENTRE = {"roles": CENTRE_STAFF}


@get("/schools/{unit:str}/slips")
async def view(request: Req, unit: FromPath[str]) -> Response[str]:
    """A school's stacks."""
    return await slip_cards.view(request, await school(request, unit))


@get("/slips", opt=CENTRE)
async def view_county(request: Req) -> Response[str]:
    """Every stack of the schools that the account sees."""
    return await slip_cards.view(request, None)


@post("/schools/{unit:str}/slips", status_code=303, opt=SLIPS)
async def upload(request: Req, unit: FromPath[str]) -> Response[Any]:
    """Read a school's stack."""
    return await slip_cards.upload(request, await school(request, unit))


@post("/slips", status_code=303, opt={**SLIPS, "roles": ADMINS})
async def upload_county(request: Req) -> Response[Any]:
    """Read a stack of several schools."""
    return await slip_cards.upload(request, None)


@post("/schools/{unit:str}/slips/pages/{page_id:str}", status_code=200)
async def act(request: Req, unit: FromPath[str], page_id: FromPath[str]) -> Response[Any]:
    """Decide about one picture."""
    return await slip_cards.act(request, await school(request, unit), page_id)


@post("/slips/pages/{page_id:str}", status_code=200, opt=CENTRE)
async def act_county(request: Req, page_id: FromPath[str]) -> Response[Any]:
    """Decide about one picture of any school's."""
    return await slip_cards.act(request, None, page_id)


@post("/schools/{unit:str}/slips/{stack_id:str}/withdraw", status_code=303)
async def withdraw(request: Req, unit: FromPath[str], stack_id: FromPath[str]) -> Response[Any]:
    """Take a school's stack back."""
    return await slip_cards.withdraw(request, await school(request, unit), stack_id)


@post("/slips/{stack_id:str}/withdraw", status_code=303, opt=CENTRE)
async def withdraw_county(request: Req, stack_id: FromPath[str]) -> Response[Any]:
    """Take any stack back."""
    return await slip_cards.withdraw(request, None, stack_id)


@get("/schools/{unit:str}/slips/pictures/{sha256:str}")
async def picture(request: Req, unit: FromPath[str], sha256: FromPath[str]) -> Response[bytes]:
    """The picture of a slip of a school's stack or people."""
    return await slip_cards.picture(request, await school(request, unit), sha256)


@get("/slips/pictures/{sha256:str}", opt=CENTRE)
async def picture_county(request: Req, sha256: FromPath[str]) -> Response[bytes]:
    """The picture of any slip."""
    return await slip_cards.picture(request, None, sha256)


@get("/schools/{unit:str}/slips/people")
async def by_person(request: Req, unit: FromPath[str], show: FromQuery[str] = "") -> Response[str]:
    """Who of the school has a scanned slip, and who has none."""
    row, services = await school(request, unit), get_services(request)
    found = await services.read(
        lambda c: [
            r
            for r in cases.rows(c, services.season, unit=unit, off_list=None)
            if not r["off_list"] or store.filed_of(c, [r["id"]])
        ]
    )
    pages = await services.read(lambda c: store.of_cases(c, [r["id"] for r in found]))
    filed = {p.case_id: p for p in pages if p.state in store.FILED}
    staff = await services.read(lambda c: units.staff_names(c, services.season))
    chosen = [r for r in found if show != "missing" or r["id"] not in filed]
    return await page(
        request,
        "slips_people.html",
        unit=row,
        base=slip_cards.base_of(row),
        rows=[(cases.case_of(r), filed.get(r["id"]), bool(r["off_list"])) for r in chosen],
        show=show,
        with_slip=len(filed),
        of=len(found),
        staff=staff,
        ink=labels.INK,
        states=slip_cards.STATES,
    )


HANDLERS = (
    view,
    view_county,
    upload,
    upload_county,
    act,
    act_county,
    withdraw,
    withdraw_county,
    picture,
    picture_county,
    by_person,
)
