"""Phones of a school: issue codes, confirm, revoke, and recover a forgotten PIN."""

from __future__ import annotations

import asyncio

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from shared.problems import ProblemError
from sync_server.console.parts import season_phones
from sync_server.console.web import forms
from sync_server.console.web.access import Req, get_services, me, phone_of_school, school
from sync_server.console.web.rendering import keep, notify_problem, page, run_and_redirect
from sync_server.office import phones
from sync_server.office import recovery as office_recovery
from sync_server.store import device_seasons, devices, going_on, progress, teachers, units


@get("/schools/{unit:str}/phones")
async def view(request: Req, unit: FromPath[str]) -> Response[str]:
    """Phones, and codes not used yet."""
    row, services = await school(request, unit), get_services(request)
    season = services.season
    found = await services.read(lambda c: devices.of_unit(c, season, unit))
    names = await services.read(lambda c: units.staff_names(c, season))
    codes = await services.read(lambda c: progress.open_codes(c, season, unit))
    known = await services.read(lambda c: teachers.listed(c, season, unit))
    offers = await services.read(lambda c: teachers.offers(c, season, unit))
    gone_on = await services.read(lambda c: device_seasons.gone_on(c, season))
    again = await services.read(lambda c: going_on.waiting(c, season, unit))
    stays = await services.read(lambda c: going_on.staying(c, season))
    order = {devices.PENDING: 0, devices.CONFIRMED: 1, devices.REVOKED: 2}
    return await page(
        request,
        "phones.html",
        unit=row,
        found=sorted((d for d in found if not d.is_office), key=lambda d: order.get(d.state, 3)),
        offices=[d for d in reversed(found) if d.is_office],
        names=names,
        by_id={d.id: d for d in found},
        codes=codes,
        here=[teacher for teacher in known if teacher.is_here],
        left={teacher.id for teacher in known if not teacher.is_here},
        offers=offers,
        gone_on=gone_on,
        again=again,
        stays=[one for one in stays if one.unit == unit],
        why=season_phones.WHY,
        real_now=services.settings.real_now(),
    )


@post("/schools/{unit:str}/phones/issue", status_code=200)
async def issue(request: Req, unit: FromPath[str]) -> Response[str] | Redirect:
    """A new code, shown once: QR, eight digits, and what to do with them."""
    row, services, who = await school(request, unit), get_services(request), me(request).name
    teacher, origin = (
        forms.text(await request.form(), "teacher", 40),
        f"{request.url.scheme}://{request.url.netloc}",
    )
    try:
        issued = await asyncio.to_thread(
            lambda: phones.issue(services, unit, teacher, who=who, origin=origin)
        )
    except ProblemError as problem:
        notify_problem(request, problem)
        keep(request, {"teacher": teacher})
        return Redirect(f"/schools/{unit}/phones", status_code=303)
    return await page(
        request, "phones_code.html", unit=row, issued=issued, real_now=services.settings.real_now()
    )


@post("/schools/{unit:str}/phones/{device_id:str}/confirm", status_code=303)
async def confirm(request: Req, unit: FromPath[str], device_id: FromPath[str]) -> Redirect:
    """The liaison saw this phone in this teacher's hand."""
    services, who = await phone_of_school(request, unit, device_id), me(request).name
    return await run_and_redirect(
        request,
        f"/schools/{unit}/phones",
        lambda: phones.confirm(services, device_id, who=who),
        "已确认,这部手机可以同步了",
        "Confirmed; the phone may sync now",
    )


@post("/schools/{unit:str}/phones/confirm-all", status_code=303)
async def confirm_all(request: Req, unit: FromPath[str]) -> Redirect:
    """The liaison went through the list of phones that went on into this season."""
    await school(request, unit)
    services, who = get_services(request), me(request).name
    form = await request.form()
    shown = forms.many(form, "device")
    return await run_and_redirect(
        request,
        f"/schools/{unit}/phones",
        lambda: phones.confirm_all(services, unit, shown, who=who),
        "已确认 {n} 部手机，下次同步就有新名单",
        "{n} phones are confirmed and take the new list at their next sync",
        n=lambda confirmed: confirmed,
    )


@post("/schools/{unit:str}/phones/{device_id:str}/bring", status_code=303)
async def bring(request: Req, unit: FromPath[str], device_id: FromPath[str]) -> Redirect:
    """A phone that stayed in the season before is used in this one after all."""
    await school(request, unit)
    services, who = get_services(request), me(request).name
    season = services.season
    stays = await services.read(lambda c: going_on.staying(c, season))
    ours = {one.device for one in stays if one.unit == unit}
    if device_id not in ours:  # pressed twice, it is here by now
        services = await phone_of_school(request, unit, device_id)
    return await run_and_redirect(
        request,
        f"/schools/{unit}/phones",
        lambda: phones.bring(services, unit, device_id, who=who),
        "已带到本年度并确认，这部手机可以同步了",
        "It is in this season and confirmed; the phone may sync now",
    )


@post("/schools/{unit:str}/phones/{device_id:str}/revoke", status_code=303)
async def revoke(request: Req, unit: FromPath[str], device_id: FromPath[str]) -> Redirect:
    """Stop a phone; what it sent stays."""
    services, who = await phone_of_school(request, unit, device_id), me(request).name
    return await run_and_redirect(
        request,
        f"/schools/{unit}/phones",
        lambda: phones.revoke(services, device_id, who=who),
        "已停用。已上交的记录都在;要再用请重新发登记码",
        "Stopped. What it sent is kept; issue a new code to use it again",
    )


@post("/schools/{unit:str}/phones/{device_id:str}/accept-more", status_code=303)
async def accept_more(request: Req, unit: FromPath[str], device_id: FromPath[str]) -> Redirect:
    """The liaison has looked at a phone of whose records many were set apart."""
    services, who = await phone_of_school(request, unit, device_id), me(request).name
    return await run_and_redirect(
        request,
        f"/schools/{unit}",
        lambda: phones.accept_more(services, device_id, who=who),
        "已继续接收这部手机的记录",
        "This phone's records are accepted again",
    )


@post("/schools/{unit:str}/phones/{device_id:str}/recovery", status_code=200)
async def recovery(
    request: Req, unit: FromPath[str], device_id: FromPath[str]
) -> Response[str] | Redirect:
    """A code for a phone whose PIN is forgotten, shown once."""
    row, services, who = (
        await school(request, unit),
        await phone_of_school(request, unit, device_id),
        me(request).name,
    )
    try:
        issued = await asyncio.to_thread(
            lambda: office_recovery.issue(services, device_id, who=who)
        )
    except ProblemError as problem:
        notify_problem(request, problem)
        return Redirect(f"/schools/{unit}/phones", status_code=303)
    return await page(
        request,
        "phones_recovery.html",
        unit=row,
        issued=issued,
        real_now=services.settings.real_now(),
    )


HANDLERS = (view, issue, confirm, confirm_all, bring, revoke, accept_more, recovery)
