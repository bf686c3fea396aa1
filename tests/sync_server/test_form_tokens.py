"""A form works once more from any tab of its session, and from no other session."""

from __future__ import annotations

import re

import pytest
from litestar import Litestar

from sync_server.console.web import csrf, sessions
from sync_server.services import Services
from tests.support.console_browser import PASSWORD, Browser, people, signed_in
from tests.support.county import SEASON

ACCOUNT = {"name": "新的人", "shown": "新老师", "role": "liaison", "unit": "01"}


@pytest.fixture
async def admin(app: Litestar, services: Services, county: list[str]) -> Browser:
    people(services)
    return await signed_in(app, "admin")


async def shown(browser: Browser, path: str) -> str:
    """The token in a page's forms: every form has the same."""
    page = (await browser.get(path)).text
    found = set(re.findall(r'name="_csrf_token" value="([^"]*)"', page))
    assert len(found) == 1
    return found.pop()


async def make_account(browser: Browser, token: str) -> int:
    answer = await browser.http.post("/accounts", data={**ACCOUNT, csrf.FIELD: token})
    return answer.status_code


async def test_a_page_of_the_session_is_taken_as_often_as_it_is_sent(admin: Browser) -> None:
    token = await shown(admin, "/accounts")
    assert await shown(admin, "/seasons") == token
    assert [await make_account(admin, token) for _ in range(2)] == [200, 200]


async def test_a_session_written_anew_keeps_its_pages(admin: Browser) -> None:
    token = await shown(admin, "/accounts")
    await admin.post("/season", season=SEASON)
    assert await make_account(admin, token) == 200


@pytest.mark.parametrize("token", ["", "x", "é", "0" * 64])
async def test_a_form_without_a_token_of_ours_does_nothing(admin: Browser, token: str) -> None:
    assert await make_account(admin, token) == 403
    assert "新老师" not in re.sub(r'value="[^"]*"', "", (await admin.get("/accounts")).text)


async def test_a_page_from_before_the_sign_in_does_nothing_after_it(
    app: Litestar, admin: Browser
) -> None:
    visitor = Browser(app)
    before = await shown(visitor, "/sign-in")
    await visitor.sign_in("admin")
    assert await make_account(visitor, before) == 403


async def test_a_page_of_another_session_is_refused_and_what_was_typed_is_not_lost(
    app: Litestar, admin: Browser
) -> None:
    token = await shown(admin, "/accounts")
    await admin.post("/sign-out")
    await admin.sign_in("admin")
    answer = await admin.http.post("/accounts", data={**ACCOUNT, csrf.FIELD: token})
    assert answer.status_code == 403
    assert "页面打开得太久" in answer.text
    again = await admin.get("/accounts")
    assert 'value="新老师"' in again.text
    assert await make_account(admin, await shown(admin, "/accounts")) == 200


async def test_a_comment_beside_one_of_many_is_kept_beside_that_one(
    app: Litestar, admin: Browser
) -> None:
    await admin.post(f"/seasons/{SEASON}/close")
    data = {"reason": "手续没办完", csrf.FIELD: "of another session"}
    assert (await admin.http.post(f"/seasons/{SEASON}/open", data=data)).status_code == 403
    assert 'value="手续没办完"' in (await admin.get("/seasons")).text


async def test_another_ones_token_is_not_mine(app: Litestar, admin: Browser) -> None:
    other = await signed_in(app, "officer")
    assert await make_account(admin, other.form_token) == 403
    assert await make_account(admin, await shown(other, "/password")) == 403


async def test_a_sign_in_page_left_open_in_another_tab_still_signs_in(
    app: Litestar, admin: Browser
) -> None:
    window = Browser(app)
    first, second = await shown(window, "/sign-in"), await shown(window, "/sign-in")
    assert first == second
    for name in ("one", "two"):
        form = {"name": name, "password": PASSWORD, csrf.FIELD: first}
        assert (await window.http.post("/sign-in", data=form)).status_code == 303
    assert "two先生" in (await window.get("/password")).text


async def test_a_cookie_that_we_did_not_make_signs_nobody_in(app: Litestar, admin: Browser) -> None:
    for cookie in ("x", "a" * 128, csrf.new_cookie("another server's secret")):
        window = Browser(app)
        window.http.cookies.set(csrf.COOKIE, cookie)
        token = csrf.token_of_cookie("another server's secret", cookie)
        form = {"name": "admin", "password": PASSWORD, csrf.FIELD: token or cookie}
        assert (await window.http.post("/sign-in", data=form)).status_code == 403
        assert sessions.COOKIE not in window.http.cookies


async def test_a_planted_session_id_gives_its_planter_no_token(
    app: Litestar, admin: Browser
) -> None:
    window = Browser(app)
    window.http.cookies.set(sessions.COOKIE, "planted")
    token = csrf.token_of_session(window.settings.secret("console"), "planted")
    form = {"name": "admin", "password": PASSWORD, csrf.FIELD: token}
    assert (await window.http.post("/sign-in", data=form)).status_code == 403


@pytest.mark.parametrize("path", ["/enrol", "/enrol/paper", "/trust", "/connect/test", "/none"])
async def test_pages_without_a_form_leave_no_cookie(app: Litestar, path: str) -> None:
    assert "set-cookie" not in (await Browser(app).get(path)).headers


async def test_the_cookie_before_the_sign_in_is_for_this_server_alone(app: Litestar) -> None:
    cookie = (await Browser(app).get("/sign-in")).headers["set-cookie"].lower()
    assert cookie.startswith(f"{csrf.COOKIE}=")
    assert {"httponly", "samesite=strict", "path=/"} <= {part.strip() for part in cookie.split(";")}
