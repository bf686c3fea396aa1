"""The county's schools, for admins: add, rename, merge, retire, and the names each had."""

from __future__ import annotations

import asyncio

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from shared.problems import ProblemError
from shared.records.kind import Label
from sync_server.console.web import forms
from sync_server.console.web.access import ADMINS, Req, get_services, me
from sync_server.console.web.rendering import language, notify_problem, page, run_and_redirect
from sync_server.office import schools as office
from sync_server.store import units

NAME_KINDS = {
    "name": Label("原名", "earlier name"),
    "spelling": Label("另一种写法", "another spelling"),
    "merged": Label("并入的学校", "merged school"),
}


@get("/schools", opt={"roles": ADMINS})
async def view(request: Req) -> Response[str]:
    """Every school with its people and names; those that are gone last."""
    services = get_services(request)
    found = await asyncio.to_thread(office.listed, services)
    return await page(
        request,
        "schools.html",
        here=[line for line in found if not line.unit.is_gone],
        gone=[line for line in found if line.unit.is_gone],
        all_names={line.unit.code: line.unit.name for line in found},
        name_kinds=NAME_KINDS,
        most=office.MOST_NAME,
    )


@post("/schools/add", opt={"roles": ADMINS}, status_code=303)
async def add(request: Req) -> Redirect:
    """Add a school; the system gives the code."""
    services, who = get_services(request), me(request).name
    name = forms.text(await request.form(), "name")
    return await run_and_redirect(
        request,
        "/schools",
        lambda: office.add(services, name, who=who),
        "已新增,学校编号 {code}",
        "Added; its code is {code}",
        typed={"name": name},
        code=lambda code: code,
    )


@post("/schools/{unit:str}/rename", opt={"roles": ADMINS}, status_code=303)
async def rename(request: Req, unit: FromPath[str]) -> Redirect:
    """Give a school another name."""
    services, who = get_services(request), me(request).name
    name = forms.text(await request.form(), "name")
    return await run_and_redirect(
        request,
        "/schools",
        lambda: office.rename(services, unit, name, who=who),
        "校名已改。编号、名单、手机、账号不变;手机下次同步时看到新校名,已打印、已封存的不改",
        "Renamed. Code, people, phones and accounts stay; phones show it after their next sync, "
        "what is printed or sealed keeps the old name",
        typed={f"name-{unit}": name},
    )


@get("/schools/{unit:str}/merge", opt={"roles": ADMINS})
async def ask_merge(request: Req, unit: FromPath[str]) -> Response[str] | Redirect:
    """Choose the other school, and see in numbers what goes over."""
    services, words = get_services(request), language(request)
    into = request.query_params.get("into", "")
    known = await services.read(lambda c: units.units(c, services.season))
    row = next((u for u in known if u.code == unit), None)
    if row is None:
        raise ProblemError("console.not_found")
    try:
        shown = await asyncio.to_thread(office.preview, services, unit, into) if into else None
    except ProblemError as problem:
        notify_problem(request, problem)
        return Redirect(f"/schools/{unit}/merge", status_code=303)
    return await page(
        request,
        "schools_merge.html",
        school=row,
        others=[u for u in known if u.code != unit],
        into=into,
        preview=shown,
        problems=[(p.message(words), p.fix(words)) for p in (shown.obstacles if shown else ())],
    )


@post("/schools/{unit:str}/merge", opt={"roles": ADMINS}, status_code=303)
async def merge(request: Req, unit: FromPath[str]) -> Redirect:
    """Merge a school into another one, as the preview showed it."""
    services, who, form = get_services(request), me(request).name, await request.form()
    into, confirmed = forms.text(form, "into"), forms.text(form, "confirmed") == "yes"
    return await run_and_redirect(
        request,
        "/schools",
        lambda: office.merge(services, unit, into, who=who, confirmed=confirmed),
        "已合并:{people} 人、{teachers} 位老师、{phones} 部手机、{accounts} 个账号过去了",
        "Merged: {people} people, {teachers} teachers, {phones} phones, {accounts} accounts",
        people=lambda found: found.people,
        teachers=lambda found: found.teachers,
        phones=lambda found: found.phones,
        accounts=lambda found: found.accounts,
    )


@post("/schools/{unit:str}/retire", opt={"roles": ADMINS}, status_code=303)
async def retire(request: Req, unit: FromPath[str]) -> Redirect:
    """A school without people is not worked with any more."""
    services, who = get_services(request), me(request).name
    return await run_and_redirect(
        request,
        "/schools",
        lambda: office.retire(services, unit, who=who),
        "已停用。它的记录都在;下一年度不再带过去",
        "Retired. What it recorded stays; the next season does not take it over",
    )


@post("/schools/{unit:str}/bring-back", opt={"roles": ADMINS}, status_code=303)
async def bring_back(request: Req, unit: FromPath[str]) -> Redirect:
    """A retired school is worked with again."""
    services, who = get_services(request), me(request).name
    return await run_and_redirect(
        request,
        "/schools",
        lambda: office.bring_back(services, unit, who=who),
        "已恢复",
        "Brought back",
    )


HANDLERS = (view, add, rename, ask_merge, merge, retire, bring_back)
