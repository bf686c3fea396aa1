"""Accounts, for admins, and one's own password. A new account gets its password by a link."""

from __future__ import annotations

import asyncio

import msgspec
from litestar import Response, get, post
from litestar.params import FromQuery
from litestar.response import Redirect

from shared import spelling
from shared.problems import ProblemError
from shared.records.kind import Label
from sync_server.client_address import address_of
from sync_server.console.parts import school_ticks
from sync_server.console.parts.school_ticks import Ticks
from sync_server.console.web import forms, sessions
from sync_server.console.web.access import ADMINS, INSPECTION, Req, console_state, get_services, me
from sync_server.console.web.rendering import keep, notify, notify_problem, page, run_and_redirect
from sync_server.office import account_bulk, attempts
from sync_server.office import accounts as office
from sync_server.office.attempts import Guess
from sync_server.store import account_links, account_states, accounts, schools_now, units
from sync_server.store.accounts import LIAISON, OFFICER, ROLES, Account
from sync_server.store.database import Connection

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


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """An account as the list shows it.

    Attributes:
        account: The account.
        schools: The names of its schools.
        state: on, waiting or off.
        ticks: The schools that can be chosen for an officer; None for other roles.
        last_at: When it signed in last (UTC ISO); "" for never.
        link_until: Until when its open link is valid; "" without one.
    """

    account: Account
    schools: tuple[str, ...]
    state: str
    ticks: Ticks | None
    last_at: str = ""
    link_until: str = ""


@get("/accounts", opt={"roles": ADMINS})
async def view(
    request: Req,
    q: FromQuery[str] = "",
    role: FromQuery[str] = "",
    standing: FromQuery[str] = "",
    sort: FromQuery[str] = "",
) -> Response[str]:
    """Who may sign in: found by name or school, in the order asked for."""
    services = get_services(request)
    lines = await services.read(lambda c: _lines(c, services.season))
    found = [line for line in lines if _fits(line, q[:60], role, standing)]
    return await page(
        request,
        "people_accounts.html",
        lines=ordered(found, sort),
        of=len(lines),
        asked={"q": q[:60], "role": role, "standing": standing, "sort": sort},
        states=STATES,
        orders=ORDERS,
        schools=await services.read(lambda c: units.units(c, services.season)),
        real_now=services.settings.real_now(),
    )


def _lines(connection: Connection, season: str) -> list[Line]:
    schools, names = units.units(connection, season), units.every_name(connection)
    gone = schools_now.gone(connection)
    last, links = account_states.last_sign_ins(connection), account_links.open_until(connection)
    return [
        Line(
            account=account,
            schools=tuple(names.get(unit, unit) for unit in sorted(account.schools or ())),
            state="off" if account.disabled_at else "waiting" if account.waiting else "on",
            ticks=school_ticks.of_account(account, schools, names, gone),
            last_at=last.get(account.name, ""),
            link_until=links.get(account.name, "") if account.waiting else "",
        )
        for account in accounts.listed(connection)
    ]


def _fits(line: Line, q: str, role: str, state: str) -> bool:
    account = line.account
    if (role and account.role != role) or (state and line.state != state):
        return False
    texts = (account.name, account.shown, *line.schools)
    return spelling.name_key(q) in "\n".join(spelling.name_key(text) for text in texts)


def ordered(lines: list[Line], sort: str) -> list[Line]:
    """Return accounts in an order: by name, by the last sign-in (newest first), or by school."""
    if sort == "name":
        return sorted(lines, key=lambda line: (line.account.shown, line.account.name))
    if sort == "last":
        return sorted(lines, key=lambda line: line.last_at, reverse=True)
    return sorted(
        lines, key=lambda a: (ROLES.index(a.account.role), a.account.unit, a.account.name)
    )


@post("/accounts", opt={"roles": ADMINS}, status_code=200)
async def put(request: Req) -> Response[str] | Redirect:
    """Make an account that waits for its person, or change one; not one's own."""
    services, form, who = get_services(request), await request.form(), me(request).name
    name, role = forms.text(form, "name", 60), forms.text(form, "role")
    unit = forms.text(form, "unit") if role == LIAISON else ""
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
        keep(request, {"name": name, "shown": shown, "role": role, "unit": unit})
        return Redirect("/accounts", status_code=303)
    return await page(request, "people_made.html", made=made)


@post("/accounts/schools", opt={"roles": ADMINS}, status_code=303)
async def choose(request: Req) -> Redirect:
    """Let an officer see exactly the ticked schools."""
    services, form, who = get_services(request), await request.form(), me(request).name
    name, chosen = forms.text(form, "name", 60), forms.many(form, "school")
    return await run_and_redirect(
        request,
        "/accounts",
        lambda: office.set_schools(services, name, chosen, who=who),
        "已保存:{name} 现在看得到 {n} 所学校",
        "Saved: {name} sees {n} schools now",
        name=lambda account: account.shown,
        n=lambda account: len(account.schools or ()),
    )


@post("/accounts/remove", opt={"roles": ADMINS}, status_code=303)
async def remove(request: Req) -> Redirect:
    """Delete an account, but not one's own."""
    services, who = get_services(request), me(request).name
    name = forms.text(await request.form(), "name", 60)
    await asyncio.to_thread(office.remove, services, name, who=who)
    notify(request, "已删除账号 {name}", "Account {name} removed", name=name)
    return Redirect("/accounts", status_code=303)


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


HANDLERS = (view, put, choose, remove, ask, change)
