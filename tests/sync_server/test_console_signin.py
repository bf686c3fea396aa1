"""Signing in: passwords, guesses, sessions, forged forms, headers, and where a sign-in may lead."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar, Request
from litestar.testing import RequestFactory

from sync_server.console.web.console_state import TEMPLATES
from sync_server.console.web.rendering import local_path
from sync_server.console.web.sessions import SessionBackend, config
from sync_server.office.attempts import ADDRESS, OWN
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import accounts
from tests.support.console_browser import PASSWORD, Browser, heading, people, signed_in


@pytest.fixture
def browser(app: object, services: Services, county: list[str]) -> Browser:
    people(services)
    return Browser(app)


async def test_a_visitor_is_asked_to_sign_in_and_returns_to_the_page(browser: Browser) -> None:
    answer = await browser.get("/cases?q=王")
    assert answer.status_code == 303
    asked = await browser.get(answer.headers["location"])
    assert 'value="/cases?q=%E7%8E%8B"' in asked.text
    back = await browser.post(
        "/sign-in", name="admin", password=PASSWORD, next="/cases?q=%E7%8E%8B"
    )
    assert (back.status_code, back.headers["location"]) == (303, "/cases?q=%E7%8E%8B")


@pytest.mark.parametrize(
    ("target", "goes_to"),
    [
        ("/cases?q=x", "/cases?q=x"),
        ("//evil.example/x", "/x"),
        ("////evil.example", "/"),
        ("https://evil.example/x", "/x"),
        ("/\\evil.example", "/"),
        ("javascript:alert", "/"),
        ("", "/"),
    ],
)
def test_a_sign_in_never_leads_to_another_host(target: str, goes_to: str) -> None:
    assert local_path(target) == goes_to


async def test_a_wrong_password_is_reported_and_the_name_kept(browser: Browser) -> None:
    answer = await browser.sign_in("admin", "wrong one 99")
    assert answer.status_code == 401
    assert "账号或密码不对" in answer.text
    assert 'value="admin"' in answer.text


async def test_after_five_wrong_passwords_even_the_right_one_waits(browser: Browser) -> None:
    for _ in range(OWN.free):
        await browser.sign_in("admin", "wrong one 99")
    assert (await browser.sign_in("admin")).status_code == 429
    assert (await browser.sign_in("officer")).status_code == 303


async def test_one_address_cannot_go_through_many_names(browser: Browser) -> None:
    for number in range(ADDRESS.free):
        await browser.sign_in(f"n{number}", "wrong one 99")
    assert (await browser.sign_in("officer")).status_code == 429


async def test_a_sign_in_gives_a_new_session_id(browser: Browser) -> None:
    browser.http.cookies.set("doorstep_session", "planted")
    answer = await browser.sign_in("admin")
    assert "doorstep_session=planted" not in answer.headers["set-cookie"]
    assert (await browser.get("/cases")).status_code == 200


async def test_a_session_ends_after_eight_hours_without_a_click(
    app: Litestar, browser: Browser
) -> None:
    await browser.sign_in("admin")
    left_s = await app.stores.get("sessions").expires_in(browser.http.cookies["doorstep_session"])
    assert left_s is not None
    assert 8 * 3600 - 60 < left_s <= 8 * 3600


async def test_signing_out_ends_the_session_on_the_server(app: object, browser: Browser) -> None:
    await browser.sign_in("admin")
    thief = Browser(app)
    thief.http.cookies.set("doorstep_session", browser.http.cookies["doorstep_session"])
    assert (await thief.get("/cases")).status_code == 200
    await browser.post("/sign-out")
    assert (await thief.get("/cases")).status_code == 303


async def test_a_page_still_loading_does_not_restore_an_ended_session(
    app: Litestar, browser: Browser
) -> None:
    await browser.sign_in("admin")
    held = browser.http.cookies["doorstep_session"]
    store = app.stores.get("sessions")
    connection: Request[Any, Any, Any] = Request(create_test_scope(app, held))
    session = {"name": "admin", "changed": True}
    await browser.post("/sign-out")
    backend = SessionBackend(config(secure=False))
    message: Any = {"type": "http.response.start", "status": 200, "headers": []}
    await backend.store_in_message(session, message, connection)
    assert not await store.exists(held)


def create_test_scope(app: Litestar, session_id: str) -> Any:
    """A request that carries a session's cookie and has not been answered yet."""
    request = RequestFactory(app=app).get("/cases", cookies=f"doorstep_session={session_id}")
    return request.scope


async def test_looking_at_pages_writes_no_session_again(
    app: Litestar, browser: Browser, app_settings: Settings
) -> None:
    await browser.sign_in("admin")
    (file,) = app_settings.path("sessions").iterdir()
    before = file.stat().st_mtime_ns
    await browser.get("/cases")
    assert "set-cookie" not in (await browser.get("/")).headers
    assert file.stat().st_mtime_ns == before


async def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(
    app: object, browser: Browser
) -> None:
    other = await signed_in(app, "admin")
    await browser.sign_in("admin")
    answer = await browser.post("/password", old=PASSWORD, new="brand new words 3")
    assert answer.headers["location"] == "/"
    assert (await browser.get("/cases")).status_code == 200
    assert (await other.get("/cases")).status_code == 303


async def test_the_old_password_is_needed_for_a_new_one(browser: Browser) -> None:
    await browser.sign_in("admin")
    await browser.post("/password", old="not it at all", new="brand new words 3")
    assert "账号或密码不对" in await browser.text_of("/password")


async def test_a_removed_account_is_signed_out_at_once(
    browser: Browser, services: Services
) -> None:
    await browser.sign_in("officer")
    services.database.write(lambda c: accounts.remove(c, "officer"))
    assert (await browser.get("/cases")).status_code == 303


async def test_strangers_leave_no_session_behind(browser: Browser, app_settings: Settings) -> None:
    await browser.get("/sign-in")
    await browser.get("/cases")
    assert list(Path(app_settings.path("sessions")).iterdir()) == []


async def test_cookies_are_out_of_reach_of_scripts_and_of_other_sites(browser: Browser) -> None:
    form = (await browser.get("/sign-in")).headers["set-cookie"].lower()
    session = (await browser.sign_in("admin")).headers["set-cookie"].lower()
    assert "httponly" in form
    assert "samesite=strict" in form
    assert "httponly" in session
    assert "samesite=lax" in session
    assert "secure" not in session


@pytest.mark.parametrize(
    "path", ["/sign-in", "/check", "/schools/01/review/x", "/imports/apply", "/sign-out"]
)
async def test_a_form_without_its_token_is_refused_with_a_kind_page(
    browser: Browser, path: str
) -> None:
    await browser.sign_in("admin")
    answer = await browser.post(path, token=False, name="admin")
    assert answer.status_code == 403
    assert heading(answer) == "页面打开得太久，或不是从本页发出的"


async def test_every_page_forbids_scripts_frames_and_strangers(browser: Browser) -> None:
    await browser.sign_in("admin")
    for path in ("/", "/cases", "/sign-in", "/nothing-here", "/check"):
        headers = (await browser.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"


WITH_SCRIPTS = {
    "connect_changing.html",
    "enrolment.html",
    "enrolment_inside.html",
    "phone_test.html",
    "phone_test_page.html",
}
"""Pages that look at the browser, or wait for a server or a phone; all others need no script."""
OUR_SCRIPT = re.compile(r'<script src="/static/[a-z_]+\.js\?v=\{\{ \w+ \}\}" defer></script>')


async def test_no_template_carries_a_script_or_a_style_of_its_own() -> None:
    for path in (path for folder in TEMPLATES for path in folder.glob("*.html")):
        text = path.read_text(encoding="utf-8")
        if path.name in WITH_SCRIPTS:
            text = OUR_SCRIPT.sub("", text)
        assert "<script" not in text, path.name
        assert "style=" not in text, path.name
        assert "http://" not in text, path.name
        assert "https://" not in text.replace("https://daikuan.example.cn", ""), path.name


async def test_an_address_that_does_not_exist_gets_a_page_and_a_phone_gets_json(
    browser: Browser,
) -> None:
    page, api = await browser.get("/nothing-here"), await browser.get("/v1/no/such/address")
    assert (page.status_code, page.headers["content-type"].split(";")[0]) == (404, "text/html")
    assert api.status_code == 404
    assert api.headers["content-type"] == "application/problem+json"


async def test_phones_need_no_form_token(browser: Browser) -> None:
    answer = await browser.http.post("/v1/enrol", content=b"{}")
    assert answer.status_code == 400
    assert "form" not in answer.text


async def test_english_is_a_switch_that_the_browser_keeps(browser: Browser) -> None:
    answer = await browser.get("/language/en?back=/sign-in")
    assert answer.headers["location"] == "/sign-in"
    assert ">Sign in</button>" in (await browser.get("/sign-in")).text
    await browser.get("/language/zh")
    assert ">登录</button>" in (await browser.get("/sign-in")).text
