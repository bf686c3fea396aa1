"""The county's schools, for admins: add, rename, merge, retire, and the names each had."""

from __future__ import annotations

import asyncio
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shared.problems import ProblemError
from shared.records.kind import Label
from sync_server.console.parts.overview import (
    LONGEST_SOUGHT,
    SCHOOLS,
    part_at,
    part_of_schools,
    parts_of,
)
from sync_server.console.parts.school_choice import schools_for
from sync_server.console.web import forms
from sync_server.console.web.access import ADMINS, Req, get_services, me, scope_of
from sync_server.console.web.rendering import (
    language,
    local_path,
    notify_problem,
    page,
    page_rows,
    run_and_redirect,
)
from sync_server.office import schools as office
from sync_server.office.schools import Line
from sync_server.store import units
from sync_server.store.database import Connection
from sync_server.store.scope import Scope

NAME_KINDS = {
    "name": Label("原名", "earlier name"),
    "spelling": Label("另一种写法", "another spelling"),
    "merged": Label("并入的学校", "merged school"),
}


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """Some of the schools at work, and some of those that are gone, of so many that are meant."""

    here: list[Line]
    gone: list[Line]
    count: int
    matching: int
    matching_gone: int
    into: dict[str, str]


@get("/schools", opt={"roles": ADMINS})
async def view(
    request: Req, sought: FromQuery[str] = "", at: FromQuery[int] = 1, gone: FromQuery[int] = 1
) -> Response[str]:
    """The schools with their people and names, in parts; those that are gone in parts beside."""
    services, scope, most = get_services(request), scope_of(request), page_rows(request, SCHOOLS)
    sought = sought.strip()[:LONGEST_SOUGHT]
    found = await services.read(
        lambda c: _listed(c, services.season, scope, sought, at, gone, most)
    )
    gone = part_at(gone, found.matching_gone, most)
    return await page(
        request,
        "schools.html",
        found=found,
        gone_at=gone,
        gone_pages=parts_of(found.matching_gone, most),
        gone_query=urlencode({"sought": sought} if sought else {}),
        name_kinds=NAME_KINDS,
        most=office.MOST_NAME,
        **part_of_schools(found.count, found.matching, at, most, sought),
    )


def _listed(
    connection: Connection, season: str, scope: Scope, sought: str, at: int, gone: int, most: int
) -> Listed:
    count = units.count_within(connection, season, scope)
    meant = units.count_within(connection, season, scope, sought) if sought else count
    meant_gone = units.count_gone(connection, season, sought)
    first = (part_at(at, meant, most) - 1) * most
    here = units.some_within(connection, season, scope, sought=sought, first=first, most=most)
    first = (part_at(gone, meant_gone, most) - 1) * most
    ended = units.some_gone(connection, season, sought=sought, first=first, most=most)
    return Listed(
        here=office.lines_of(connection, season, here),
        gone=office.lines_of(connection, season, ended),
        count=count,
        matching=meant,
        matching_gone=meant_gone,
        into=units.names_of(connection, season, {row.merged_into for row in ended} - {""}),
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
    form = await request.form()
    name = forms.text(form, "name")
    return await run_and_redirect(
        request,
        _back(form),
        lambda: office.rename(services, unit, name, who=who),
        "校名已改。编号、名单、手机、账号不变;手机下次同步时看到新校名,已打印、已封存的不改",
        "Renamed. Code, people, phones and accounts stay; phones show it after their next sync, "
        "what is printed or sealed keeps the old name",
        typed={f"name-{unit}": name},
    )


@get("/schools/{unit:str}/merge", opt={"roles": ADMINS})
async def ask_merge(request: Req, unit: FromPath[str]) -> Response[str] | Redirect:
    """Choose the other school, and see in numbers what goes over."""
    services, scope, words = get_services(request), scope_of(request), language(request)
    said = request.query_params.get("into", "")
    row = await services.read(lambda c: units.unit(c, services.season, unit))
    if row is None or row.is_gone:
        raise ProblemError("console.not_found")
    choice = await services.read(lambda c: schools_for(c, services.season, scope, said))
    into = choice.unit
    try:
        shown = await asyncio.to_thread(office.preview, services, unit, into) if into else None
    except ProblemError as problem:
        notify_problem(request, problem)
        return Redirect(f"/schools/{unit}/merge", status_code=303)
    return await page(
        request,
        "schools_merge.html",
        school=row,
        choice=choice,
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
    services, who, form = get_services(request), me(request).name, await request.form()
    return await run_and_redirect(
        request,
        _back(form),
        lambda: office.retire(services, unit, who=who),
        "已停用。它的记录都在;下一年度不再带过去",
        "Retired. What it recorded stays; the next season does not take it over",
    )


@post("/schools/{unit:str}/bring-back", opt={"roles": ADMINS}, status_code=303)
async def bring_back(request: Req, unit: FromPath[str]) -> Redirect:
    """A retired school is worked with again."""
    services, who, form = get_services(request), me(request).name, await request.form()
    return await run_and_redirect(
        request,
        _back(form),
        lambda: office.bring_back(services, unit, who=who),
        "已恢复",
        "Brought back",
    )


def _back(form: FormMultiDict) -> str:
    """The part of the list that somebody was at."""
    return local_path(forms.text(form, "back"), "/schools")


HANDLERS = (view, add, rename, ask_merge, merge, retire, bring_back)
