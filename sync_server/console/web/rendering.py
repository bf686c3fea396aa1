"""Render templates with what every page shows, and keep messages over one redirect."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar
from urllib.parse import quote, urlsplit

from litestar import Response
from litestar.response import Redirect

from shared.problems import ProblemError
from shared.season import china_day, phase_at
from sync_server.console.web import csrf, sessions
from sync_server.console.web.access import Req, console_state, get_services
from sync_server.console.web.formatting import Words
from sync_server.console.web.works import Work
from sync_server.store import seasons
from sync_server.store.accounts import Account
from sync_server.store.database import Connection
from sync_server.store.seasons import SeasonRow, SeasonState

LANGUAGE_COOKIE = "doorstep_language"
_FRESH = "new_form_cookie"
T = TypeVar("T")


def language(request: Req) -> str:
    """zh, unless this browser chose English."""
    return "en" if request.cookies.get(LANGUAGE_COOKIE) == "en" else "zh"


async def page(request: Req, template: str, *, status: int = 200, **values: Any) -> Response[str]:
    """Render a template inside the console's frame."""
    services = get_services(request)
    shown, states = await services.read(lambda c: _season(c, services.season_id))
    common = {**_common(request), "unit": None, "flash": _flash(request)}
    common["kept"] = _kept(request)
    common["started"] = _started(request)
    season = shown.season if shown else None
    common |= {"season": season, "season_state": shown.state if shown else "", "seasons": states}
    common["phase"] = phase_at(season, common["today"]) if season else None
    return await asyncio.to_thread(_render, request, template, status, {**common, **values})


def _season(connection: Connection, season_id: str) -> tuple[SeasonRow | None, list[SeasonState]]:
    found = seasons.find(connection, season_id) if season_id else None
    return found, seasons.states(connection)


def standalone_page(
    request: Req, template: str, *, status: int = 200, **values: Any
) -> Response[str]:
    """Render a page without the console's frame; it must not need the database."""
    return _render(request, template, status, {**_common(request), **values})


def _common(request: Req) -> dict[str, Any]:
    settings, words = get_services(request).settings, Words(language(request))
    now = settings.now()
    return {
        "t": words,
        "lang": words.language,
        "me": user(request),
        "now": now,
        "today": china_day(now),
        "demo": bool(settings.clock_spec),
        "style": console_state(request).style,
        "enrol_style": console_state(request).enrol_style,
        "enrol_script": console_state(request).enrol_script,
        "browser_check": console_state(request).browser_check,
        "connect_script": console_state(request).connect_script,
        "connect_test_script": console_state(request).connect_test_script,
        "csrf": _form_token(request),
        "path": request.url.path,
        "here": quote(_current_address(request)),
    }


def _render(request: Req, template: str, status: int, values: dict[str, Any]) -> Response[str]:
    html = console_state(request).templates.get_template(template).render(values)
    fresh = request.scope["state"].get(_FRESH, "")
    cookies = []
    if fresh and values["csrf"] in html:  # only a page with a form leaves a cookie
        secure = get_services(request).settings.secure_cookies
        cookies = [csrf.set_cookie(fresh, secure=secure)]
    return Response(html, status_code=status, media_type="text/html", cookies=cookies)


def _form_token(request: Req) -> str:
    """The token of this page's forms: the session's, before the sign-in that of a cookie."""
    secret = console_state(request).form_secret
    found = csrf.session_token(request, secret) or csrf.cookie_token(request, secret)
    if found:
        return found
    fresh = request.scope["state"].setdefault(_FRESH, csrf.new_cookie(secret))
    return csrf.token_of_cookie(secret, fresh)


def user(request: Req) -> Account | None:
    """Who is signed in, on public pages too when the session was looked at."""
    found = request.scope.get("user")
    return found if isinstance(found, Account) else None


Tone = Literal["good", "bad"]


def notify(request: Req, zh: str, en: str, *, tone: Tone = "good", **values: Any) -> None:
    """Show a message on the session's next page."""
    text = Words(language(request))(zh, en, **values)
    sessions.of(request).setdefault(sessions.FLASH, []).append({"text": text, "tone": tone})


def notify_problem(request: Req, problem: ProblemError) -> None:
    """Show a problem on the session's next page."""
    words = Words(language(request))
    stop = words("。", ". ")
    text = words.plain(f"{problem.message(words.language)}{stop}{problem.fix(words.language)}")
    sessions.of(request).setdefault(sessions.FLASH, []).append({"text": text, "tone": "bad"})


def keep(request: Req, typed: Mapping[str, str]) -> None:
    """Keep what was typed for the session's next page, whose template has it as `kept`.

    Args:
        request: The request.
        typed: By the name under which the template looks for it, such as `comment-<id>`.
    """
    sessions.of(request)[sessions.KEPT] = {k: text for k, text in typed.items() if text}


async def run_and_redirect(
    request: Req,
    back: str,
    job: Callable[[], T],
    zh: str,
    en: str,
    *,
    typed: Mapping[str, str] | None = None,
    **more: Callable[[T], Any],
) -> Redirect:
    """Run an office function off the event loop, then redirect with a message: done, or why not.

    `typed`: what the page must not lose when it is refused (`keep`). `more`: values of the
    sentence, each computed from what the function returned.
    """
    try:
        result = await asyncio.to_thread(job)
    except ProblemError as problem:
        notify_problem(request, problem)
        keep(request, typed or {})
    else:
        notify(request, zh, en, **{name: of(result) for name, of in more.items()})
    return Redirect(back, status_code=303)


def local_path(text: str, otherwise: str = "/") -> str:
    """Return the path of an address if it is on this server, else `otherwise`."""
    try:
        parts = urlsplit(text)
    except ValueError:  # such as http://[::1
        return otherwise
    if not parts.path.startswith("/") or parts.path.startswith("//") or "\\" in parts.path:
        return otherwise
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _current_address(request: Req) -> str:
    query = request.scope.get("query_string", b"").decode("latin-1")
    return request.url.path + (f"?{query}" if query and request.method == "GET" else "")


def _kept(request: Req) -> dict[str, str]:
    found = sessions.of(request).pop(sessions.KEPT, {})
    return found if isinstance(found, dict) else {}


def _started(request: Req) -> list[Work]:
    """Return what this person has at work, or did not see the result of, on other pages."""
    account = user(request)
    works = console_state(request).works.shown_to(account.name) if account else []
    return [work for work in works if request.url.path != f"/work/{work.id}"]


def _flash(request: Req) -> list[dict[str, str]]:
    found = sessions.of(request).pop(sessions.FLASH, [])
    return found if isinstance(found, list) else []
