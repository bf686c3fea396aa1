"""Accounts for the admin, and everyone's own password. A first password is made here and shown once."""

from __future__ import annotations

import secrets

from litestar import Response, get, post
from litestar.response import Redirect

from shared.problems import ProblemError
from sync_server.console import forms, sessions
from sync_server.console.access import CHIEF, Req, desk, me, services
from sync_server.console.pages import complain, page, say
from sync_server.store import accounts, audit, units
from sync_server.store.accounts import LIAISON, Account
from sync_server.store.database import Connection

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Nothing that reads like something else on paper."""


def first_password() -> str:
    """Three groups of four: 59 bits."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(3))


@get("/accounts", opt={"roles": CHIEF})
async def view(request: Req) -> Response[str]:
    """Who may sign in."""
    return await _page(request)


async def _page(request: Req, made: Account | None = None, password: str = "") -> Response[str]:
    app = services(request)
    found = await app.read(accounts.listed)
    schools = await app.read(lambda c: units.units(c, app.settings.season))
    return await page(
        request, "accounts.html", found=found, schools=schools, made=made, password=password,
        school_names={s.code: s.name for s in schools},
    )  # fmt: skip


@post("/accounts", opt={"roles": CHIEF}, status_code=200)
async def put(request: Req) -> Response[str] | Redirect:
    """Make an account, or give an existing one a new first password; not the own one, which could lock the admin out."""
    app, form, who = services(request), await request.form(), me(request).name
    name, role = forms.text(form, "name", 60), forms.text(form, "role")
    unit = forms.text(form, "unit") if role == LIAISON else ""
    shown, password, at = forms.text(form, "shown", 60), first_password(), app.settings.now().isoformat()

    def job(connection: Connection) -> Account | None:
        accounts.put(connection, name, password, role, unit, shown)
        audit.note(connection, at=at, who=who, action="account.put", ref=name, unit=unit, detail=role)
        return accounts.find(connection, name)

    try:
        if name == who:
            raise ProblemError("auth.forbidden")
        async with desk(request).hashing:
            made = await app.write(job)
    except ProblemError as problem:
        complain(request, problem)
        return Redirect("/accounts", status_code=303)
    return await _page(request, made, password)


@post("/accounts/remove", opt={"roles": CHIEF}, status_code=303)
async def remove(request: Req) -> Redirect:
    """Forget an account; nobody removes the own one."""
    app, who = services(request), me(request).name
    name, at = forms.text(await request.form(), "name", 60), app.settings.now().isoformat()
    if name == who:
        raise ProblemError("auth.forbidden")

    def job(connection: Connection) -> None:
        accounts.remove(connection, name)
        audit.note(connection, at=at, who=who, action="account.remove", ref=name)

    await app.write(job)
    say(request, "已删除账号 {name}", "Account {name} removed", name=name)
    return Redirect("/accounts", status_code=303)


@get("/password")
async def ask(request: Req) -> Response[str]:
    """Change the own password."""
    return await page(request, "password.html", shortest=accounts.SHORTEST)


@post("/password", status_code=303)
async def change(request: Req) -> Redirect:
    """The old one is asked again; every other session ends."""
    app, form, who = services(request), await request.form(), me(request)
    old, new, at = form.get("old", ""), form.get("new", ""), app.settings.now().isoformat()

    def job(connection: Connection) -> Account | None:
        accounts.check(connection, who.name, str(old))
        accounts.set_password(connection, who.name, str(new))
        audit.note(connection, at=at, who=who.name, action="account.password", unit=who.unit)
        return accounts.find(connection, who.name)

    try:
        async with desk(request).hashing:
            changed = await app.write(job)
    except ProblemError as problem:
        complain(request, problem)
        return Redirect("/password", status_code=303)
    sessions.of(request)[sessions.STAMP] = changed.stamp if changed else ""
    request.scope["state"]["new_session"] = True
    say(request, "密码已改", "Password changed")
    return Redirect("/", status_code=303)


HANDLERS = (view, put, remove, ask, change)
