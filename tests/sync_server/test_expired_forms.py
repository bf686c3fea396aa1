"""A form sent after the session had ended loses no word: the sign-in keeps it, for its own account alone."""

from __future__ import annotations

import html
import re
import time
from pathlib import Path

import pytest
from litestar import Litestar

from sync_server.console.pages import signin
from sync_server.console.web import kept_forms, sessions
from sync_server.console.web.form_filling import fill
from sync_server.services import Services
from tests.support.console_browser import PASSWORD, Browser, people, signed_in
from tests.support.county import SEASON
from tests.support.devices import case_ids
from tests.support.every_page import console_routes, filled

WORDS = "家里说年底前一定还清“真的”<b>&\n第二行"
PASSWORD_INPUT = re.compile(r'<input type="password"[^>]*>')
KEY = re.compile(r'name="kept" value="([\w-]+)"')
PUBLIC = ("/sign-in", "/sign-out", "/setup", "/activate", "/check", "/connect/test", "/enrol")


@pytest.fixture
async def admin(app: Litestar, services: Services, county: list[str]) -> Browser:
    people(services)
    return await signed_in(app, "admin")


def end_session_if_any(browser: Browser) -> None:
    browser.http.cookies.pop(sessions.COOKIE, None)


def end_session(browser: Browser) -> None:
    """Eight hours pass: the browser lets its cookie go, and the server the session."""
    del browser.http.cookies[sessions.COOKIE]


async def sent(browser: Browser, path: str, back: str = "/", **fields: str) -> str:
    """Send a form without a session; the page that answers."""
    answer = await browser.http.post(path, data=fields, headers={"referer": f"http://server{back}"})
    assert answer.status_code == 401
    assert "<h1>登录</h1>" in answer.text
    return answer.text


async def sign_in(
    browser: Browser, page: str, name: str = "admin", password: str = PASSWORD
) -> str:
    """Sign in on that page, and return the page it leads to."""
    key = KEY.search(page)
    target = re.search(r'name="next" value="([^"]*)"', page)
    assert target
    answer = await browser.post(
        "/sign-in",
        name=name,
        password=password,
        next=html.unescape(target[1]),
        **({"kept": key[1]} if key else {}),
    )
    if answer.status_code != 303:
        return answer.text
    return (await browser.get(answer.headers["location"])).text


async def test_the_words_stand_in_their_form_again_and_nothing_was_sent(
    admin: Browser, services: Services
) -> None:
    end_session(admin)
    page = await sent(
        admin, "/accounts", "/accounts", name="新的人", shown="新老师", role="officer"
    )
    assert "刚才填写的内容还没有保存" in page
    assert "新老师" not in page, "the words are kept here, not in the page"
    page = await sign_in(admin, page)
    assert 'value="新老师"' in page
    assert 'value="新的人"' in page
    assert re.search(r'<option value="officer"[^>]* selected>', page)
    assert "请核对后再保存" in page
    again = (await admin.get("/accounts")).text
    assert "新老师" not in again


async def test_of_several_forms_with_one_address_the_right_one_is_filled(
    admin: Browser, services: Services
) -> None:
    case = case_ids(services, "01")[0]
    path = "/schools/01/move"
    end_session(admin)
    page = await sign_in(
        admin, await sent(admin, path, f"/cases/{case}", case=case, reason=WORDS, to="")
    )
    assert html.escape(WORDS) in page or html.escape(WORDS, quote=False) in page


async def test_another_account_does_not_see_them_and_its_own_still_does(
    app: Litestar, admin: Browser
) -> None:
    end_session(admin)
    page = await sent(admin, "/accounts", "/accounts", shown="新老师")
    other = Browser(app)
    other.http.cookies = admin.http.cookies
    assert "新老师" not in await sign_in(other, page, "officer")
    assert "新老师" not in (await other.get("/my-schools")).text
    await other.post("/sign-out")
    assert 'value="新老师"' in await sign_in(admin, page)


async def test_a_wrong_password_first_loses_nothing(admin: Browser) -> None:
    end_session(admin)
    page = await sent(admin, "/accounts", "/accounts", shown="新老师")
    page = await sign_in(admin, page, password="wrong horse 1")
    assert KEY.search(page)
    assert 'value="新老师"' in await sign_in(admin, page)


async def test_a_browser_in_which_nobody_signed_in_has_nothing_kept(
    app: Litestar, admin: Browser
) -> None:
    stranger = Browser(app)
    assert not KEY.search(await sent(stranger, "/accounts", "/accounts", shown="新老师"))
    stranger.http.cookies[kept_forms.COOKIE] = "a.b.c"
    assert not KEY.search(await sent(stranger, "/accounts", "/accounts", shown="新老师"))


async def test_passwords_are_never_kept(admin: Browser) -> None:
    end_session(admin)
    assert not KEY.search(await sent(admin, "/password", "/password", old="old1", new="new1"))
    page = await sent(admin, "/accounts", "/accounts", shown="新老师", password="secret99")
    assert "secret99" not in await sign_in(admin, page)


async def test_no_field_that_a_page_shows_as_dots_is_kept_not_even_on_the_disk(
    admin: Browser, services: Services
) -> None:
    pages = Path(signin.__file__).parent.glob("*.html")
    inputs = [one for page in pages for one in PASSWORD_INPUT.findall(page.read_text())]
    names = [name for one in inputs for name in re.findall(r'\sname="(\w+)"', one)]
    assert len(names) == len(inputs) > 5
    assert kept_forms.SECRETS.issuperset(names)
    end_session(admin)
    page = await sent(admin, "/backups/now", "/backups", passphrase="secret99", reason=WORDS)
    key = KEY.search(page)
    assert key
    answer = await admin.post(
        "/sign-in", name="admin", password=PASSWORD, next="/backups", kept=key[1]
    )
    assert answer.status_code == 303
    disk = [f.read_bytes() for f in services.settings.data_dir.rglob("*") if f.is_file()]
    assert not any(b"secret99" in data or "年底前一定还清".encode() in data for data in disk)
    page = (await admin.get("/backups")).text
    assert "secret99" not in page
    assert "年底前一定还清" in page


async def test_a_form_of_another_port_of_the_same_name_plants_nothing(admin: Browser) -> None:
    for headers in (
        {"origin": "http://server:81"},
        {"origin": "null"},
        {"origin": "http://server", "sec-fetch-site": "same-site"},
        {"origin": "http://["},
    ):
        end_session_if_any(admin)
        answer = await admin.http.post("/accounts", data={"shown": "新老师"}, headers=headers)
        assert answer.status_code == 401
        assert not KEY.search(answer.text)
    for headers in (
        {"origin": "http://server"},
        {"origin": "http://elsewhere", "sec-fetch-site": "same-origin"},
    ):
        answer = await admin.http.post("/accounts", data={"shown": "新老师"}, headers=headers)
        assert KEY.search(answer.text)


async def test_a_browser_pushes_out_its_own_forms_alone(app: Litestar, admin: Browser) -> None:
    other = await signed_in(app, "officer")
    end_session(other)
    theirs = await sent(other, "/accounts", "/my-schools", shown="别人的话")
    end_session(admin)
    pages = [
        await sent(admin, "/accounts", "/accounts", shown=f"第{n}个")
        for n in range(kept_forms.MOST_FORMS + 1)
    ]
    assert "没有放回来" in await sign_in(admin, pages[0])
    assert "别人的话" in await sign_in(other, theirs, "officer")


async def test_names_of_fields_count_as_text(admin: Browser) -> None:
    end_session(admin)
    answer = await admin.http.post("/accounts", data={f"{n}" + "x" * 1000: "" for n in range(200)})
    assert "没有留下" in answer.text


async def test_a_cookie_older_than_its_life_keeps_nothing(app: Litestar, admin: Browser) -> None:
    end_session(admin)
    forms = kept_forms.KeptForms(admin.settings.secret("console"))
    old = f"{'0' * 32}-{int(time.time()) - kept_forms.LIFE_S - 60}"
    cookie = f"{old}.{forms._mac(old, '')}.{forms._mac(old, 'admin')}"
    admin.http.cookies[kept_forms.COOKIE] = cookie
    assert not KEY.search(await sent(admin, "/accounts", "/accounts", shown="新老师"))


async def test_what_is_too_large_is_said_to_be_lost(admin: Browser) -> None:
    end_session(admin)
    page = await sent(admin, "/accounts", "/accounts", shown="长" * 90_000)
    assert "没有留下" in page


async def test_a_file_has_to_be_chosen_again_and_the_text_beside_it_is_kept(admin: Browser) -> None:
    end_session(admin)
    answer = await admin.http.post(
        "/imports/preview",
        data={"kind": "contacts", "as_of": "2019-12-10"},
        files={"file": ("a.csv", b"x", "text/csv")},
        headers={"referer": "http://server/imports"},
    )
    assert "文件要重新选" in answer.text
    page = await sign_in(admin, answer.text)
    assert "2019-12-10" in page


async def test_no_form_of_the_console_loses_its_words(
    app: Litestar, admin: Browser, services: Services
) -> None:
    values = {"unit": "01", "season_id": SEASON, "case_id": case_ids(services, "01")[0]}
    seen = 0
    for method, path in console_routes(app):
        if method != "POST" or path.startswith(PUBLIC) or path in kept_forms.NEVER:
            continue
        end_session(admin)
        answer = await admin.http.post(filled(path, values), data={"reason": WORDS})
        assert answer.status_code == 401, path
        page = html.unescape(await sign_in(admin, answer.text))
        assert WORDS in page, path
        seen += 1
    assert seen > 100


def test_ticks_choices_and_texts_are_filled_and_the_rest_is_handed_back() -> None:
    page = (
        '<form action="/a"><input type="hidden" name="id" value="1"><textarea name="t">x</textarea></form>'
        '<form action="/a"><input type="hidden" name="id" value="2"><textarea name="t" rows="2">x</textarea>'
        '<input type="checkbox" name="c" value="1" checked><input type="checkbox" name="c" value="2">'
        '<select name="s"><option value="a" selected>A</option><option value="b">B</option></select>'
        '<input name="w" value="old"><input type="password" name="p"><button name="do" value="x">x</button></form>'
    )
    fields = [("id", "2"), ("t", "<b>"), ("c", "2"), ("s", "b"), ("w", 'a"b'), ("do", "x")]
    made, left = fill(page, "/", "/a", [*fields, ("gone", "words"), ("none", "")])
    assert left == [("gone", "words")]
    first, second = made.split("</form>", 1)
    assert first == page.split("</form>")[0]
    assert '<textarea name="t" rows="2">\n&lt;b&gt;</textarea>' in second
    assert '<input type="checkbox" name="c" value="1">' in second
    assert '<input type="checkbox" name="c" value="2" checked>' in second
    assert '<option value="b" selected>' in second
    assert '<option value="a">' in second
    assert 'name="w" value="a&quot;b">' in second
    assert fill(page, "/", "/b", [("t", "x"), ("e", " ")]) == (page, [("t", "x")])


def test_a_choice_without_a_value_is_known_by_its_words_and_none_is_made_up() -> None:
    page = (
        '<form action="/a"><select name="s"><option value="">choose</option>'
        "<option>A &amp; B</option><option selected>C</option></select></form>"
    )
    none, _ = fill(page, "/", "/a", [("s", "")])
    assert re.findall("<option[^>]* selected>([^<]*)", none) == ["choose"]
    one, _ = fill(page, "/", "/a", [("s", "A & B")])
    assert re.findall("<option[^>]* selected>([^<]*)", one) == ["A &amp; B"]
