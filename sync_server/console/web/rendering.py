"""Render templates with what every page shows, and keep messages over one redirect."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from html import escape
from typing import Any, Literal, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from litestar import Response
from litestar.response import Redirect

from shared.problems import ProblemError
from shared.records.kind import Label
from shared.season import china_day, phase_at
from sync_server.console.web import csrf, forms, page_tables, returned, scrolling, sessions
from sync_server.console.web.access import Req, console_state, get_services, owner_of
from sync_server.console.web.formatting import Words
from sync_server.console.web.kept_forms import KeptForm
from sync_server.console.web.work_board import Elsewhere
from sync_server.console.web.works import Work
from sync_server.office.table_export import table_workbook
from sync_server.paperwork.table_book import Sheet
from sync_server.store import seasons
from sync_server.store.accounts import Account
from sync_server.store.database import Connection
from sync_server.store.seasons import SeasonRow, SeasonState

EXPORT = Label("导出表格", "Export the table")
"""What the link beside a table says."""
TABLE = Label("表格", "Table")
"""What a box around a table is called."""
OFFICE_STYLE = "/static/console.css"
LANGUAGE_COOKIE = "doorstep_language"
_FRESH = "new_form_cookie"
T = TypeVar("T")


def language(request: Req) -> str:
    """zh, unless this browser chose English."""
    return "en" if request.cookies.get(LANGUAGE_COOKIE) == "en" else "zh"


async def page(request: Req, template: str, *, status: int = 200, **values: Any) -> Response[Any]:
    """Render a template inside the console's frame, or answer one of its tables as a workbook."""
    services = get_services(request)
    shown, states = await services.read(lambda c: _season(c, services.season_id))
    common = {**_common(request), "unit": None}
    asked = asked_table(request)
    common["flash"] = [] if asked else _flash(request)
    common["kept"] = {} if asked else _kept(request)
    common["started"] = await _started(request)
    if request.method == "GET" and not asked:
        common["returned"] = await _returned(request)
    season = shown.season if shown else None
    common |= {"season": season, "season_state": shown.state if shown else "", "seasons": states}
    common["phase"] = phase_at(season, common["today"]) if season else None
    make = _workbook if asked else _render
    return await asyncio.to_thread(make, request, template, status, {**common, **values})


def asked_table(request: Req) -> str:
    """Return the table of the page that is asked for as a workbook; "" for the page itself."""
    asked = request.query_params.get(page_tables.ASKED, "") if request.method == "GET" else ""
    return asked if user(request) else ""


def page_rows(request: Req, usual: int) -> int:
    """Return how many rows a page shows: the usual number, and all where a table is asked for."""
    return page_tables.EVERY_ROW if asked_table(request) else usual


def _workbook(request: Req, template: str, status: int, values: dict[str, Any]) -> Response[Any]:
    """Answer the asked table of a page as .xlsx, named by the page's heading.

    A page that is headed by a person's name gives `file_title` instead: files' names go far.

    Raises:
        ProblemError: table.unknown.
    """
    services, who, words = get_services(request), user(request), Words(language(request))
    html = console_state(request).templates.get_template(template).render(values)
    table = page_tables.read(html, asked_table(request), words)
    title = page_tables.heading(html)
    made = words(
        "{title} · {n} 行 · {at} {who}导出",
        "{title} · {n} rows · exported {at} by {who}",
        title=title,
        n=len(table.rows),
        at=words.stamp(services.settings.now_text()),
        who=who.shown if who else "",
    )
    of = values["unit"]
    sheet = Sheet(title, table.header, table.rows, made)
    data = table_workbook(
        console_state(request).services,  # who only reads leaves a line in the audit trail too
        sheet,
        page=request.url.path,
        unit=of.code if of is not None else "",
        who=who.name if who else "",
    )
    name = forms.safe_name(str(values.get("file_title", title)))
    return forms.download(data, f"{name}.xlsx", forms.XLSX_TYPE)


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
        "inspects": get_services(request).database.inspects,
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
        "export": _export_address(request),
        "exporting": asked_table(request),
    }


def _render(request: Req, template: str, status: int, values: dict[str, Any]) -> Response[str]:
    html = console_state(request).templates.get_template(template).render(values)
    if request.method == "GET" and user(request) and status == 200:
        html = page_tables.with_links(html, escape(values["export"]), values["t"](*EXPORT))
    if values.get("returned"):
        html = returned.shown(html, request.url.path, values["returned"], values["t"])
    if OFFICE_STYLE in html:
        html = scrolling.in_boxes(html, values["t"](*TABLE))
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


def _export_address(request: Req) -> str:
    """Return the page's address as it is asked for, but the whole of it, up to a table's name."""
    given = [
        (name, value)
        for name, value in request.query_params.multi_items()
        if name not in ("at", page_tables.ASKED)
    ]
    return f"{request.url.path}?{urlencode([*given, (page_tables.ASKED, '')])}"


def _kept(request: Req) -> dict[str, str]:
    found = sessions.of(request).pop(sessions.KEPT, {})
    return found if isinstance(found, dict) else {}


async def _returned(request: Req) -> KeptForm | None:
    """The form that the session ended before; the session has its key alone, for it is on disk."""
    key, account = sessions.of(request).pop(sessions.RETURNED, ""), user(request)
    if account is None or not isinstance(key, str):
        return None
    return await console_state(request).kept_forms.take(key, account.name)


async def _started(request: Req) -> list[Work | Elsewhere]:
    """Return what this person has at work, or did not see the result of, on other pages."""
    account = user(request)
    found = await console_state(request).works.shown_to(owner_of(account)) if account else []
    return [work for work in found if request.url.path != f"/work/{work.id}"]


def _flash(request: Req) -> list[dict[str, str]]:
    found = sessions.of(request).pop(sessions.FLASH, [])
    return found if isinstance(found, list) else []
