"""The pictures of a scan's stamps and signatures; the centre confirms one the program missed."""

from __future__ import annotations

import asyncio

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from shared.problems import ProblemError
from sync_server.console.parts import summary_steps
from sync_server.console.web import forms
from sync_server.console.web.access import (
    ADMINS,
    CENTRE_STAFF,
    COUNTY_READERS,
    Req,
    get_services,
    me,
)
from sync_server.console.web.rendering import run_and_redirect
from sync_server.office import stamps
from sync_server.request_bounds import check_texts
from sync_server.store import bulletins
from sync_server.store.summaries import COUNTY

SCHOOL_PATH = "/schools/{unit:str}/summary/{summary_id:str}"
COUNTY_PATH = "/county/{summary_id:str}"
BULLETIN_PATH = "/bulletins/{summary_id:str}"


@get(f"{SCHOOL_PATH}/areas/{{number:int}}")
async def area(
    request: Req, unit: FromPath[str], summary_id: FromPath[str], number: FromPath[int]
) -> Response[bytes]:
    """The picture of one area as the program saw it."""
    return await _picture(request, unit, summary_id, number)


@get(f"{COUNTY_PATH}/areas/{{number:int}}", opt={"roles": COUNTY_READERS})
async def area_of_county(
    request: Req, summary_id: FromPath[str], number: FromPath[int]
) -> Response[bytes]:
    """The same of the county's own summary."""
    return await _picture(request, COUNTY, summary_id, number)


@get(f"{BULLETIN_PATH}/areas/{{number:int}}", opt={"roles": ADMINS})
async def area_of_bulletin(
    request: Req, summary_id: FromPath[str], number: FromPath[int]
) -> Response[bytes]:
    """The same of a bulletin."""
    return await _picture(request, bulletins.UNIT, summary_id, number)


async def _picture(request: Req, unit: str, summary_id: str, number: int) -> Response[bytes]:
    row = await summary_steps.version_of(request, unit, summary_id)
    report = await asyncio.to_thread(stamps.report, get_services(request), row)
    if report is None or not 0 <= number < len(report.areas):
        raise ProblemError("console.not_found")
    return forms.download(
        report.areas[number].jpeg, f"{row.document}-{number}.jpg", "image/jpeg", inline=True
    )


@post(f"{SCHOOL_PATH}/stamps", opt={"roles": CENTRE_STAFF}, status_code=303)
async def confirm(request: Req, unit: FromPath[str], summary_id: FromPath[str]) -> Redirect:
    """Confirm a stamp or signature from the original, or take that back."""
    return await _change(request, unit, summary_id, f"/schools/{unit}/summary")


@post(f"{COUNTY_PATH}/stamps", opt={"roles": ADMINS}, status_code=303)
async def confirm_of_county(request: Req, summary_id: FromPath[str]) -> Redirect:
    """The same of the county's own summary."""
    row = await summary_steps.version_of(request, COUNTY, summary_id)
    return await _change(request, COUNTY, summary_id, summary_steps.county_path(row))


@post(f"{BULLETIN_PATH}/stamps", opt={"roles": ADMINS}, status_code=303)
async def confirm_of_bulletin(request: Req, summary_id: FromPath[str]) -> Redirect:
    """The same of a bulletin."""
    return await _change(request, bulletins.UNIT, summary_id, f"/bulletins/{summary_id}")


async def _change(request: Req, unit: str, summary_id: str, back: str) -> Redirect:
    await summary_steps.version_of(request, unit, summary_id)
    services, account, form = get_services(request), me(request), await request.form()
    number, where = forms.text(form, "page", 6), forms.text(form, "area", 80)
    page = int(number) if number.isascii() and number.isdigit() else 0
    if forms.text(form, "do") == "take_back":
        return await run_and_redirect(
            request,
            back,
            lambda: stamps.take_back(services, summary_id, page, where, account=account),
            "已撤回确认",
            "The confirmation is taken back",
        )
    reason = str(form.get("reason", "")).strip()
    seen = forms.text(form, "seen_original") == "yes"

    def job() -> object:
        check_texts([reason], stamps.LONGEST_REASON)
        return stamps.confirm(
            services,
            summary_id,
            page,
            where,
            reason=reason,
            seen_original=seen,
            account=account,
        )

    return await run_and_redirect(
        request,
        back,
        job,
        "已记下:核对原件后确认",
        "Noted: confirmed from the original",
        typed={f"confirm-{page}-{where}": reason},
    )


HANDLERS = (
    area,
    area_of_county,
    area_of_bulletin,
    confirm,
    confirm_of_county,
    confirm_of_bulletin,
)
