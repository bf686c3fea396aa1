"""Accounts, for admins, and one's own password. A new account gets its password by a link."""

from __future__ import annotations

import asyncio
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromQuery
from litestar.response import Redirect

from shared.problems import ProblemError
from shared.records.kind import Label
from sync_server.client_address import address_of
from sync_server.console.parts import school_ticks
from sync_server.console.parts.overview import (
    LONGEST_SOUGHT,
    part_at,
    part_of_schools,
    parts_of,
)
from sync_server.console.parts.school_choice import schools_for
from sync_server.console.parts.school_ticks import Ticks
from sync_server.console.web import forms, sessions
from sync_server.console.web.access import (
    ADMINS,
    INSPECTION,
    Req,
    console_state,
    get_services,
    me,
    scope_of,
)
from sync_server.console.web.rendering import (
    keep,
    local_path,
    notify,
    notify_problem,
    page,
    page_rows,
    run_and_redirect,
)
from sync_server.office import account_bulk, attempts
from sync_server.office import accounts as office
from sync_server.office.attempts import Guess
from sync_server.store import account_links, account_list, accounts, schools_now, units
from sync_server.store.account_list import Asked
from sync_server.store.accounts import LIAISON, OFFICER, Account
from sync_server.store.database import Connection
from sync_server.store.scope import Scope
from sync_server.store.units import UnitRow

STATES = {
    "on": Label("在用", "in use"),
    "waiting": Label("等激活", "to be activated"),
    "off": Label("已停用", "disabled"),
}
ORDERS = {
    "school": Label("学校", "school"),
    "name": Label("姓名", "name"),
    "last": Label("最近登录", "last sign-in"),
}


ACCOUNTS = 50
"""Accounts that the page shows at a time."""
MOST_TICKS = 100
"""Schools to tick in the row of an officer; where there are more, they have a page of their own."""
TICKS = 200
"""Schools to tick at a time on that page."""
MOST_NAMED = 10
"""Schools of an account that its row names."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """An account as the list shows it.

    Attributes:
        account: The account.
        schools: The names of its schools.
        state: on, waiting or off.
        chooses: Whether schools are chosen for it: an officer.
        ticks: The schools that can be chosen; None for other roles, and where a page of their own
            has them, for they are many.
        last_at: When it signed in last (UTC ISO); "" for never.
        link_until: Until when its open link is valid; "" without one.
    """

    account: Account
    schools: tuple[str, ...]
    state: str
    chooses: bool
    ticks: Ticks | None
    last_at: str = ""
    link_until: str = ""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Some of the accounts that are meant, how many these are, and how many there are."""

    lines: list[Line]
    count: int
    of: int


@get("/accounts", opt={"roles": ADMINS})
async def view(
    request: Req,
    q: FromQuery[str] = "",
    role: FromQuery[str] = "",
    standing: FromQuery[str] = "",
    sort: FromQuery[str] = "",
    at: FromQuery[int] = 1,
) -> Response[str]:
    """Who may sign in, in parts: found by name or school, in the order asked for."""
    services, scope, most = get_services(request), scope_of(request), page_rows(request, ACCOUNTS)
    asked = Asked(text=q[:60], role=role, state=standing, order=sort)
    given = {"q": asked.text, "role": role, "standing": standing, "sort": sort}
    found = await services.read(lambda c: _found(c, services.season, scope, asked, at, most))
    return await page(
        request,
        "people_accounts.html",
        lines=found.lines,
        count=found.count,
        of=found.of,
        asked=given,
        states=STATES,
        orders=ORDERS,
        most_named=MOST_NAMED,
        choice=await services.read(lambda c: schools_for(c, services.season, scope, "")),
        real_now=services.settings.real_now(),
        at=part_at(at, found.count, most),
        pages=parts_of(found.count, most),
        query=urlencode({name: text for name, text in given.items() if text}),
    )


def _found(
    connection: Connection, season: str, scope: Scope, asked: Asked, at: int, most: int
) -> Found:
    whole, count = (account_list.count(connection, one) for one in (Asked(), asked))
    first = (part_at(at, count, most) - 1) * most
    part = account_list.part(connection, asked, first=first, most=most)
    names = [account.name for account in part]
    few = units.count_within(connection, season, scope) <= MOST_TICKS
    schools = units.units(connection, season) if few else []
    gone = schools_now.gone(connection) if few else set()
    called = units.newest_names(connection, {u for one in part for u in one.schools or ()})
    last = account_list.last_sign_ins(connection, names)
    links = account_links.open_until(connection, names)
    lines = [
        Line(
            account=account,
            schools=tuple(called.get(unit, unit) for unit in sorted(account.schools or ())),
            state="off" if account.disabled_at else "waiting" if account.waiting else "on",
            chooses=account.role == OFFICER,
            ticks=school_ticks.of_account(account, schools, called, gone) if few else None,
            last_at=last.get(account.name, ""),
            link_until=links.get(account.name, "") if account.waiting else "",
        )
        for account in part
    ]
    return Found(lines=lines, count=count, of=whole)


@post("/accounts", opt={"roles": ADMINS}, status_code=200)
async def put(request: Req) -> Response[str] | Redirect:
    """Make an account that waits for its person, or change one; not one's own."""
    services, form, who = get_services(request), await request.form(), me(request).name
    name, role = forms.text(form, "name", 60), forms.text(form, "role")
    said = forms.text(form, "unit", 60) if role == LIAISON else ""
    unit = await services.read(lambda c: _school(c, services.season, scope_of(request), said))
    shown, chosen = forms.text(form, "shown", 60), forms.many(form, "school") or None
    try:
        made = await asyncio.to_thread(
            account_bulk.put,
            services,
            name,
            role=role,
            unit=unit,
            shown=shown,
            who=who,
            schools=chosen if role == OFFICER else None,
        )
    except ProblemError as problem:
        notify_problem(request, problem)
        keep(request, {"name": name, "shown": shown, "role": role, "unit": said})
        return Redirect("/accounts", status_code=303)
    return await page(request, "people_made.html", made=made)


def _school(connection: Connection, season: str, scope: Scope, said: str) -> str:
    """Return the code of a school that was chosen, or typed by its name; as said where unclear."""
    if not said or units.unit(connection, season, said) is not None:
        return said
    rows = units.some_within(connection, season, scope, sought=said, most=MOST_TICKS)
    meant = [row.code for row in rows if row.name == said or len(rows) == 1]
    return meant[0] if meant else said


@get("/accounts/schools", opt={"roles": ADMINS})
async def ask_schools(
    request: Req, name: FromQuery[str] = "", sought: FromQuery[str] = "", at: FromQuery[int] = 1
) -> Response[str] | Redirect:
    """The schools of a large county to tick for one officer, in parts."""
    services, scope, season = get_services(request), scope_of(request), get_services(request).season
    if not name:
        return Redirect("/accounts", status_code=303)
    account = await services.read(lambda c: accounts.find(c, name[:60]))
    if account is None or account.role != OFFICER:
        raise ProblemError("console.not_found")
    sought = sought.strip()[:LONGEST_SOUGHT]

    def job(connection: Connection) -> tuple[int, int, list[UnitRow]]:
        count = units.count_within(connection, season, scope)
        meant = units.count_within(connection, season, scope, sought)
        first = (part_at(at, meant, TICKS) - 1) * TICKS
        rows = units.some_within(connection, season, scope, sought=sought, first=first, most=TICKS)
        return count, meant, rows

    count, meant, rows = await services.read(job)
    return await page(
        request,
        "people_schools.html",
        account=account,
        rows=rows,
        ticks=school_ticks.of_part(account, rows, proposed=not account.schools),
        **part_of_schools(count, meant, at, TICKS, sought, name=account.name),
    )


@post("/accounts/schools", opt={"roles": ADMINS}, status_code=303)
async def choose(request: Req) -> Redirect:
    """Let an officer see exactly the ticked schools, of those that the page showed."""
    services, form, who = get_services(request), await request.form(), me(request).name
    name, chosen = forms.text(form, "name", 60), forms.many(form, "school")
    among = forms.many(form, "among") or None
    return await run_and_redirect(
        request,
        _back(form),
        lambda: office.set_schools(services, name, chosen, who=who, among=among),
        "已保存:{name} 现在看得到 {n} 所学校",
        "Saved: {name} sees {n} schools now",
        name=lambda account: account.shown,
        n=lambda account: len(account.schools or ()),
    )


@post("/accounts/remove", opt={"roles": ADMINS}, status_code=303)
async def remove(request: Req) -> Redirect:
    """Delete an account, but not one's own."""
    services, who = get_services(request), me(request).name
    form = await request.form()
    name = forms.text(form, "name", 60)
    await asyncio.to_thread(office.remove, services, name, who=who)
    notify(request, "已删除账号 {name}", "Account {name} removed", name=name)
    return Redirect(_back(form), status_code=303)


def _back(form: FormMultiDict) -> str:
    """The part of the list that somebody was at."""
    return local_path(forms.text(form, "back"), "/accounts")


@get("/password", opt={INSPECTION: True})
async def ask(request: Req) -> Response[str]:
    """Show the form for a new password."""
    return await page(request, "people_password.html", shortest=accounts.SHORTEST)


@post("/password", opt={INSPECTION: True}, status_code=303)
async def change(request: Req) -> Redirect:
    """Change one's password; every other session ends. Tries at the old one are counted."""
    services, form, who = get_services(request), await request.form(), me(request)
    old, new = str(form.get("old", "")), str(form.get("new", ""))
    guess = Guess(kind="password", address=address_of(request), subject=who.name)

    async def look() -> Account:
        async with console_state(request).hashing:
            return await asyncio.to_thread(office.change_password, services, who, old, new)

    try:
        changed = await attempts.guarded(services, guess, look)
    except ProblemError as problem:
        notify_problem(request, problem)
        return Redirect("/password", status_code=303)
    sessions.of(request)[sessions.STAMP] = changed.stamp
    request.scope["state"]["new_session"] = True
    notify(request, "密码已改", "Password changed")
    return Redirect("/", status_code=303)


HANDLERS = (view, put, ask_schools, choose, remove, ask, change)
