"""Who is signed in, what the account may do, and which schools it sees (404 for others)."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from shared.problems import ProblemError
from sync_server.console.web import csrf, kept_forms, sessions
from sync_server.console.web.console_state import ConsoleState
from sync_server.console.web.forms import FormRequest
from sync_server.request_bounds import at_end
from sync_server.services import Services
from sync_server.store import accounts, bulletins, device_seasons, devices, seasons, units
from sync_server.store.accounts import ADMIN, LIAISON, OFFICER, ROLES, RULES, Account, rule_of
from sync_server.store.database import Connection
from sync_server.store.scope import Scope
from sync_server.store.units import UnitRow

Req = Request[Any, Any, Any]
INSPECTION = "inspection"
"""The handler's option that opens a page to roles that see people masked; no other page does."""
EVERYONE = tuple(role for role in ROLES if not RULES[role].masked)
CENTRE_STAFF = tuple(role for role in EVERYONE if RULES[role].reach != "unit")
COUNTY_READERS = tuple(role for role in EVERYONE if RULES[role].reach == "county")
OFFICERS = (OFFICER,)
ADMINS = (ADMIN,)
OWN_FORMS = frozenset({"/password", "/season"})
"""What somebody sends about the own account and session, whatever else the role may send."""
SERVICES = "season_services"
"""Where the page guard leaves the services for the season of the request."""


def get_services(request: Req) -> Services:
    """What `create_app` built, for the season of this request behind the page guard."""
    found = request.scope["state"].get(SERVICES)
    return found if isinstance(found, Services) else console_state(request).services


def console_state(request: Req) -> ConsoleState:
    """What the console keeps in memory."""
    found = request.app.state["console_state"]
    if not isinstance(found, ConsoleState):
        raise TypeError("the app was made without a console")
    return found


async def signed_in_account(connection: ASGIConnection[Any, Any, Any, Any]) -> Account | None:
    """Return the session's account; None when signed out, or changed or off since the sign-in."""
    session = sessions.of(connection)
    if not session.get(sessions.NAME):
        return None
    found: ConsoleState = connection.app.state["console_state"]
    account = await found.services.read(lambda c: accounts.find(c, session[sessions.NAME]))
    if account is None or not account.lets_in or account.stamp != session.get(sessions.STAMP):
        return None
    return account


async def page_guard(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """Check `roles` of the handler's options and `{unit}` of its path, on all but public pages.

    Only then is a form read, and its token checked.

    A form sent from a page of another season changes nothing: it was switched in another window,
    or another one opened, since the page was shown.

    Raises: ProblemError auth.required, auth.forbidden, console.not_found, console.form_expired,
    season.switched, and those of FormRequest.form.
    """
    account = await signed_in_account(connection)
    if account is None:
        if isinstance(connection, FormRequest) and connection.method == "POST":
            kept = console_state(connection).kept_forms
            connection.scope["state"][kept_forms.WHAT] = await kept.keep(connection)
        raise ProblemError("auth.required")
    connection.scope["user"] = account
    if not _may_open(account, handler):
        raise ProblemError("auth.forbidden")
    unit = connection.path_params.get("unit")
    if unit is not None:
        if unit == bulletins.UNIT:  # under which bulletins are stored; no school has this code
            raise ProblemError("console.not_found")
        account.scope.check(unit)
    _check_may_send(connection, account)
    services = _as_seen(await _of_season(connection, account), account, connection.url.path)
    connection.scope["state"][SERVICES] = services
    if isinstance(connection, FormRequest) and connection.method == "POST":
        await _check_form(connection, services)


def _may_open(account: Account, handler: BaseRouteHandler) -> bool:
    """Whether the account's role is one of the page's.

    Roles that see people masked open what says so, and nothing that was written later without it.
    """
    if rule_of(account.role).masked:
        return bool(handler.opt.get(INSPECTION))
    return account.role in handler.opt.get("roles", EVERYONE)


def _check_may_send(connection: ASGIConnection[Any, Any, Any, Any], account: Account) -> None:
    """Refuse a form of a role that only reads, but for what is its own."""
    sends = connection.scope.get("method") not in ("GET", "HEAD")
    if sends and not rule_of(account.role).may_change and connection.url.path not in OWN_FORMS:
        raise ProblemError("auth.forbidden")


def _as_seen(services: Services, account: Account, path: str) -> Services:
    """The services as the role may use them; its own password it changes like everybody."""
    masked = rule_of(account.role).masked and path not in OWN_FORMS
    return services.for_inspection() if masked else services


async def _check_form(request: FormRequest, services: Services) -> None:
    form = await request.form()
    try:
        csrf.check(request, form, csrf.session_token(request, console_state(request).form_secret))
    except ProblemError:
        # shown to an earlier session of this browser, most likely: the words are not lost
        sessions.of(request)[sessions.KEPT] = csrf.typed(form, request.path_params)
        raise
    shown = form.get("_season")
    if isinstance(shown, str) and shown and shown != services.season_id:
        raise ProblemError("season.switched", shown=shown[:20], now=services.season_id or "–")


async def public_form_guard(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """Check the forms of pages without a sign-in: a token of ours, before the body is read.

    Raises: ProblemError console.form_expired, console.busy, and those of FormRequest.form.
    """
    if not isinstance(connection, FormRequest) or connection.method != "POST":
        return
    state = console_state(connection)
    tokens = [of(connection, state.form_secret) for of in (csrf.session_token, csrf.cookie_token)]
    if not any(tokens):
        raise ProblemError("console.form_expired")
    most, path = connection.takes.at_once, connection.scope["path_template"]
    if most is not None:
        if state.at_once[path] >= most:
            raise ProblemError("console.busy")
        state.at_once[path] += 1
        at_end(connection.scope, lambda: state.at_once.subtract([path]))
    csrf.check(connection, await connection.form(), *tokens)


async def _of_season(connection: ASGIConnection[Any, Any, Any, Any], account: Account) -> Services:
    """The services for the season chosen in this session; a school works on the season in force."""
    found: ConsoleState = connection.app.state["console_state"]
    wanted = sessions.of(connection).get(sessions.SEASON, "") if account.role != LIAISON else ""
    season = await found.services.read(lambda c: _chosen(c, wanted))
    return found.services.for_season(season)


def _chosen(connection: Connection, wanted: str) -> str:
    return seasons.choose(connection, wanted if seasons.find(connection, wanted) else "")


def me(request: Req) -> Account:
    """Return the signed-in account; only behind the page guard."""
    account = request.scope["user"]
    if not isinstance(account, Account):
        raise ProblemError("auth.required")
    return account


def owner_of(account: Account) -> str:
    """Return who may look at what the account starts: itself, while it sees the same schools."""
    seen = account.schools
    return account.name if seen is None else f"{account.name} · {' '.join(sorted(seen))}"


def scope_of(request: Req) -> Scope:
    """What the signed-in account sees, as it is at this request."""
    return me(request).scope


async def school(request: Req, unit: str) -> UnitRow:
    """A school of the season that the account sees; of one that is gone, what was can be read.

    Raises:
        ProblemError: console.not_found; school.merged, school.retired where something is sent.
    """
    scope_of(request).check(unit)
    services = get_services(request)
    found = await services.read(lambda c: units.unit(c, services.season, unit))
    if found is None:
        raise ProblemError("console.not_found")
    if found.is_gone and request.method == "POST":
        return await services.read(lambda c: units.at_work(c, services.season, unit))
    return found


async def phone_of_school(request: Req, unit: str, device_id: str) -> Services:
    """Return the services if the phone is this school's. Raises ProblemError console.not_found."""
    services = get_services(request)
    found = await services.read(lambda c: devices.of_unit(c, services.season, unit))
    gone_on = await services.read(lambda c: device_seasons.gone_on(c, services.season))
    if device_id not in {d.id for d in found if not d.is_office} - set(gone_on):
        raise ProblemError("console.not_found")
    return services
