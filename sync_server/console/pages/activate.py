"""What the link on a slip opens: its person sets a password, once, and is signed in.

Public. Codes are counted before they are looked at, as at the sign-in; opening the link does not
use it up, for previews of messages open links, too.
"""

from __future__ import annotations

import asyncio

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from shared.problems import ProblemError
from sync_server import body_limits
from sync_server.client_address import address_of
from sync_server.console.web import forms, known_browser, sessions
from sync_server.console.web.access import Req, console_state, get_services, signed_in_account
from sync_server.console.web.rendering import standalone_page
from sync_server.office import account_links as office
from sync_server.office import accounts as office_accounts
from sync_server.office import attempts
from sync_server.office.attempts import Guess
from sync_server.store import accounts, units
from sync_server.store.accounts import Account

LONGEST_CODE = 80
AGAIN = frozenset({"auth.password_short", "auth.password_long", "auth.password_common"})
"""Problems of the password: the link is good, and the form is shown again."""


@get("/activate")
async def ask_code(request: Req) -> Response[str]:
    """Show where the code of a slip is typed."""
    return _code_page(request, None)


@post("/activate", status_code=303, opt={"takes": body_limits.SMALL})
async def take_code(request: Req) -> Redirect:
    """Lead a typed code to the page that its link opens."""
    code = office.written(forms.text(await request.form(), "code", LONGEST_CODE))
    typed = code if code.isascii() and code else "x"
    return Redirect(f"/activate/{typed}", status_code=303)


@get("/activate/{code:str}")
async def ask(request: Req, code: FromPath[str]) -> Response[str]:
    """Show whose link this is and the form for a password."""
    try:
        account = await _look(request, code)
    except ProblemError as problem:
        return _code_page(request, problem)
    return await _password_page(request, code, account, None)


@post("/activate/{code:str}", status_code=200, opt={"takes": body_limits.SMALL})
async def finish(request: Req, code: FromPath[str]) -> Response[str] | Redirect:
    """Use the link up and sign its person in: a new session id, whoever was signed in before."""
    services, form = get_services(request), await request.form()
    password, again = str(form.get("password", "")), str(form.get("again", ""))
    try:
        account = await _look(request, code)
        if password != again:
            problem = ProblemError("auth.passwords_differ")
            return await _password_page(request, code, account, problem)
        account = await _activate(request, code, password)
    except ProblemError as problem:
        if problem.code in AGAIN:
            return await _password_page(request, code, account, problem)
        return _code_page(request, problem)
    await asyncio.to_thread(office_accounts.signed_in, services, account)
    request.scope["session"] = {sessions.NAME: account.name, sessions.STAMP: account.stamp}
    request.scope["state"]["new_session"] = True
    return Redirect("/", cookies=[known_browser.cookie(request, account.name)], status_code=303)


async def _look(request: Req, code: str) -> Account:
    """Whose link this is; a code that nobody has counts as a guess."""
    services = get_services(request)
    guess = Guess(kind="activate", address=address_of(request))
    return await attempts.guarded(
        services, guess, lambda: asyncio.to_thread(office.look, services, code)
    )


async def _activate(request: Req, code: str, password: str) -> Account:
    async with console_state(request).hashing:
        return await asyncio.to_thread(office.activate, get_services(request), code, password)


def _code_page(request: Req, problem: ProblemError | None) -> Response[str]:
    status = problem.problem.status if problem else 200
    return standalone_page(request, "activate.html", status=status, account=None, problem=problem)


async def _password_page(
    request: Req, code: str, account: Account, problem: ProblemError | None
) -> Response[str]:
    services, before = get_services(request), await signed_in_account(request)
    season = services.in_season().season_id
    of = account.schools or ()
    names = {u.code: u.name for u in await services.read(lambda c: units.units(c, season))}
    return standalone_page(
        request,
        "activate.html",
        status=problem.problem.status if problem else 200,
        account=account,
        schools=[names.get(unit, unit) for unit in sorted(of)],
        code=code,
        before=before,
        problem=problem,
        shortest=accounts.SHORTEST,
        longest=accounts.LONGEST,
    )


HANDLERS = (ask_code, take_code, ask, finish)
