"""Sign in, sign out, switch language. Tries are counted before the password is looked at."""

from __future__ import annotations

import asyncio
from functools import partial

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shared.problems import ProblemError
from shared.records.kind import Label
from sync_server import body_limits
from sync_server.client_address import address_of
from sync_server.console.web import forms, known_browser, sessions, upload_staging
from sync_server.console.web.access import Req, console_state, get_services, signed_in_account
from sync_server.console.web.rendering import (
    LANGUAGE_COOKIE,
    local_path,
    notify,
    standalone_page,
)
from sync_server.office import accounts as office
from sync_server.office import attempts, disk_reserve, setup
from sync_server.office.attempts import Guess
from sync_server.store import accounts
from sync_server.store.accounts import Account

GONE = Label(
    "登录过期以前填写的内容没有放回来:不是这个账号填的,或者已经超过一小时,或者服务器重新启动过。",
    "What was typed before the session ended is not here: another account typed it, an hour is "
    "over, or the server was started again.",
)
"""What is said where a form was kept and does not come back."""


@get("/sign-in")
async def ask(request: Req, next: FromQuery[str] = "/") -> Response[str] | Redirect:
    """Show the form; an account that is signed in goes on."""
    if await signed_in_account(request) is not None:
        return Redirect(local_path(next), status_code=303)
    needed = await asyncio.to_thread(setup.is_needed, get_services(request))
    return standalone_page(
        request,
        "signin.html",
        next=local_path(next),
        problem=None,
        name="",
        setup_needed=needed,
        kept_key="",
        lost="",
    )


@post("/sign-in", status_code=200, opt={"takes": body_limits.SMALL})
async def sign_in(request: Req) -> Response[str] | Redirect:
    """Check name and password; a new session id, so that one planted before is worth nothing."""
    form = await request.form()
    name, target = forms.text(form, "name", 60), local_path(forms.text(form, "next"))
    password, key = form.get("password", ""), forms.text(form, "kept", 60)
    try:
        account = await disk_reserve.with_space(
            get_services(request),
            lambda: _check(request, name, password if isinstance(password, str) else ""),
        )
    except ProblemError as problem:
        status = problem.problem.status
        return standalone_page(
            request,
            "signin.html",
            status=status,
            next=target,
            problem=problem,
            name=name,
            setup_needed=False,
            kept_key=key,
            lost="",
        )
    request.scope["session"] = {sessions.NAME: account.name, sessions.STAMP: account.stamp}
    request.scope["state"]["new_session"] = True
    kept, secure = console_state(request).kept_forms, get_services(request).settings.secure_cookies
    if await kept.waits(key, account.name):
        sessions.of(request)[sessions.RETURNED] = key
    elif key:
        notify(request, *GONE, tone="bad")
    cookies = [
        known_browser.cookie(request, account.name),
        kept.cookie(account.name, secure=secure),
    ]
    return Redirect(target, cookies=cookies, status_code=303)


async def _check(request: Req, name: str, password: str) -> Account:
    state, services = console_state(request), get_services(request)
    guess = Guess(
        kind="sign_in",
        address=address_of(request),
        subject=name,
        browser=known_browser.number(request, name),
    )

    async def look() -> Account:
        async with state.hashing:
            return await services.read(lambda c: accounts.check(c, name, password))

    account = await attempts.guarded(services, guess, look)
    await asyncio.to_thread(office.signed_in, services, account)
    return account


@post("/sign-out", status_code=303, opt={"takes": body_limits.SMALL})
async def sign_out(request: Req) -> Redirect:
    """End the session here and on the server, and delete the files it previewed."""
    account, services = await signed_in_account(request), get_services(request)
    if account is not None:
        signed_out = partial(asyncio.to_thread, office.signed_out, services, account)
        await disk_reserve.with_space(services, signed_out)
    await asyncio.to_thread(upload_staging.discard_all, services, sessions.of(request))
    request.scope["session"] = {}
    return Redirect("/sign-in", status_code=303)


@get("/language/{code:str}")
async def switch(request: Req, code: FromPath[str], back: FromQuery[str] = "/") -> Redirect:
    """Chinese or English, kept by the browser for a year."""
    chosen = "en" if code == "en" else "zh"
    secure = get_services(request).settings.secure_cookies
    cookie = Cookie(
        key=LANGUAGE_COOKIE,
        value=chosen,
        max_age=365 * 24 * 3600,
        path="/",
        httponly=True,
        samesite="lax",
        secure=secure,
    )
    return Redirect(local_path(back), cookies=[cookie], status_code=303)


HANDLERS = (ask, sign_in, sign_out, switch)
