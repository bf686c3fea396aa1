"""First start: the link that `serve` prints makes the first account and names the county."""

from __future__ import annotations

import asyncio

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from shared import codes
from shared.problems import ProblemError
from shared.season import Letterhead
from shared.season_fields import LETTERHEAD, plain_text
from shared.season_rules import letterhead_wrongs
from sync_server import body_limits
from sync_server.console.web import forms, sessions
from sync_server.console.web.access import Req, console_state, get_services
from sync_server.console.web.rendering import standalone_page
from sync_server.office import setup as office
from sync_server.store import accounts

ASKED = ("county", "area_code", "centre", "phone", "document_no", "basis")
"""Fields of the letterhead that the first page asks for."""


@get("/setup/{token:str}")
async def ask(request: Req, token: FromPath[str]) -> Response[str]:
    """Show the form, which does not use the link up. Raises: setup.done, setup.link_invalid."""
    services = get_services(request)
    await asyncio.to_thread(office.check_link, services, token)
    return _page(request, token, {}, {}, None)


@post("/setup/{token:str}", status_code=200, opt={"takes": body_limits.SMALL})
async def finish(request: Req, token: FromPath[str]) -> Response[str] | Redirect:
    """Make the account and sign it in; the season is next."""
    services, form = get_services(request), await request.form()
    await asyncio.to_thread(office.check_link, services, token)
    typed = {name: plain_text(f"letterhead.{name}", forms.text(form, name)) for name in ASKED}
    typed["name"] = forms.text(form, "name")
    head = msgspec.convert({name: typed[name] for name in ASKED}, Letterhead)
    wrong = {w.field.removeprefix("letterhead."): w.problem for w in letterhead_wrongs(head)}
    password, again = str(form.get("password", "")), str(form.get("again", ""))
    if not typed["name"]:
        wrong["name"] = ProblemError("auth.account_invalid")
    if password != again:
        wrong["again"] = ProblemError("auth.passwords_differ")
    if wrong:
        return _page(request, token, typed, wrong, None)
    try:
        async with console_state(request).hashing:
            account = await asyncio.to_thread(
                office.first_account, services, token, typed["name"], password, head
            )
    except ProblemError as problem:
        beside = "name" if problem.code.startswith("auth.account") else "password"
        return _page(request, token, typed, {beside: problem}, problem)
    request.scope["session"] = {sessions.NAME: account.name, sessions.STAMP: account.stamp}
    request.scope["state"]["new_session"] = True
    return Redirect("/seasons/new", status_code=303)


def _page(
    request: Req,
    token: str,
    typed: dict[str, str],
    wrong: dict[str, ProblemError],
    problem: ProblemError | None,
) -> Response[str]:
    status = problem.problem.status if problem else 422 if wrong else 200
    return standalone_page(
        request,
        "setup.html",
        status=status,
        token=token,
        typed=typed,
        wrong=wrong,
        asked=[codes.find(LETTERHEAD, name) for name in ASKED],
        shortest=accounts.SHORTEST,
    )


HANDLERS = (ask, finish)
