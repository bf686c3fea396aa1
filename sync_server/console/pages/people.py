"""Accounts, for admins, and one's own password. A first password is shown once."""

from __future__ import annotations

import asyncio
import secrets

from litestar import Response, get, post
from litestar.response import Redirect

from shared.problems import ProblemError
from sync_server.client_address import address_of
from sync_server.console.parts import school_ticks
from sync_server.console.web import forms, sessions
from sync_server.console.web.access import ADMINS, Req, console_state, get_services, me
from sync_server.console.web.rendering import keep, notify, notify_problem, page, run_and_redirect
from sync_server.office import accounts as office
from sync_server.office import attempts
from sync_server.office.attempts import Guess
from sync_server.store import accounts, units
from sync_server.store.accounts import LIAISON, OFFICER, Account

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Nothing that reads like something else on paper."""


def first_password() -> str:
    """Three groups of four: 59 bits."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(3))


@get("/accounts", opt={"roles": ADMINS})
async def view(request: Req) -> Response[str]:
    """Who may sign in."""
    return await _page(request)


async def _page(request: Req, made: Account | None = None, password: str = "") -> Response[str]:
    services = get_services(request)
    found = await services.read(accounts.listed)
    schools = await services.read(lambda c: units.units(c, services.season))
    names = await services.read(units.every_name)
    return await page(
        request,
        "people_accounts.html",
        found=found,
        schools=schools,
        made=made,
        password=password,
        school_names=names,
        ticks={a.name: school_ticks.of_account(a, schools, names) for a in found},
    )


@post("/accounts", opt={"roles": ADMINS}, status_code=200)
async def put(request: Req) -> Response[str] | Redirect:
    """Create an account or give it a new first password; not one's own."""
    services, form, who = get_services(request), await request.form(), me(request).name
    name, role = forms.text(form, "name", 60), forms.text(form, "role")
    unit = forms.text(form, "unit") if role == LIAISON else ""
    shown, password = forms.text(form, "shown", 60), first_password()
    chosen = forms.many(form, "school") or None
    try:
        async with console_state(request).hashing:
            made = await asyncio.to_thread(
                office.put,
                services,
                name,
                password,
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
    return await _page(request, made, password)


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


@get("/password")
async def ask(request: Req) -> Response[str]:
    """Show the form for a new password."""
    return await page(request, "people_password.html", shortest=accounts.SHORTEST)


@post("/password", status_code=303)
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
