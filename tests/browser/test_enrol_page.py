"""What the office's QR code opens, in Chromium: the verdict, the way to the app, the code filled in, and no log that has it."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from sync_server.app import create_app
from sync_server.crypto import tls
from sync_server.settings import Settings
from tests.support.browser.driver import FOCUSED_VALUE, PHONE, Screen
from tests.support.browser.shown import SHOWN_S, shown
from tests.support.browser.waits import eventually
from tests.support.serve import on_socket
from tests.support.sites import real_site
from tests.support.tls_server import HOST
from tests.support.user_agents import ANDROID, INSIDE, IPHONE

CODE = "12345678"
NOW_CHROME = ANDROID.format("139.0.0.0")


@contextmanager
def _served(settings: Settings, pem: Path | None = None) -> Iterator[str]:
    """The real app in a thread, logging every request it answers, as a server with its access log on does; `pem`: https."""
    app = create_app(settings)
    try:
        with on_socket(app, log_level="info", ssl_certfile=pem) as url:
            yield url
    finally:
        app.state["services"].close()


@pytest.fixture
def url(app_settings: Settings, tmp_path: Path) -> Iterator[str]:
    """A server with a web app of one page."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("<!DOCTYPE html><title>app</title>")
    with _served(replace(app_settings, app_dir=tmp_path / "site")) as address:
        yield address


@contextmanager
def _phone(
    browser: Browser,
    user_agent: str | None = NOW_CHROME,
    *,
    script: bool = True,
    careless: bool = False,
) -> Iterator[BrowserContext]:
    """`user_agent`: None for the browser's own; as a phone Flutter takes no semantics from a script's click.

    `careless`: somebody tapped "go on all the same" at the warning of an unknown certificate.
    """
    context = browser.new_context(
        viewport=PHONE,
        user_agent=user_agent,
        locale="zh-CN",
        java_script_enabled=script,
        ignore_https_errors=careless,
    )
    try:
        yield context
    finally:
        context.close()


def _opened(context: BrowserContext, url: str, query: str = "") -> tuple[Page, list[str]]:
    """The page, and what the browser complained of (a policy broken, a script's error)."""
    complaints: list[str] = []
    page = context.new_page()
    page.on(
        "console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{url}/enrol{query}#code={CODE}")
    return page, complaints


def test_a_capable_phone_is_confirmed_and_continues_with_its_code(
    browser: Browser, url: str
) -> None:
    with _phone(browser) as context:
        page, complaints = _opened(context, url)
        page.get_by_text("这部手机可以离线记录。").wait_for()
        expect(page.locator("#code .digits")).to_have_text("1234 5678")
        expect(page.locator(".can li.yes")).to_have_count(page.locator(".can li").count())
        expect(page.locator(".can li.no")).to_have_count(0)
        expect(page.locator("#cannot")).to_be_hidden()
        page.get_by_role("link", name="English").click()
        page.get_by_text("This phone can record offline.").wait_for()
        expect(page.locator("#code .digits")).to_have_text("1234 5678")
        assert complaints == []


@pytest.mark.parametrize(
    ("gone", "words"),
    [
        (
            "Object.defineProperty(navigator, 'serviceWorker', {value: undefined})",
            "这个浏览器不能离线记录",
        ),
        ("delete window.WebAssembly", "这个浏览器不能离线记录"),
        ("Object.defineProperty(window, 'isSecureContext', {value: false})", "地址不安全"),
        (
            "IDBFactory.prototype.open = () => { const r = {}; setTimeout(() => r.onerror(new Event('x'))); return r; }",
            "这个浏览器不能离线记录",
        ),
    ],
)
def test_an_incapable_phone_shows_the_reason_and_the_paper_form(
    browser: Browser, url: str, gone: str, words: str
) -> None:
    with _phone(browser) as context:
        context.add_init_script(gone)
        page, complaints = _opened(context, url)
        page.get_by_text(words).first.wait_for()
        expect(page.locator("#ways")).to_be_hidden()
        page.get_by_role("link", name="打开纸质记录表").click()
        page.get_by_role("heading", name="走访记录表").wait_for()
        assert complaints == []


@pytest.mark.parametrize("version", ["139.0.0.0", "71.0.3578.141"])
def test_the_app_for_android_is_offered_whatever_the_browser_can_do(
    browser: Browser, url: str, app_settings: Settings, version: str
) -> None:
    (app_settings.data_dir / "app").mkdir()
    (app_settings.data_dir / "app" / "doorstep.apk").write_bytes(b"PK" * 600)
    with _phone(browser, ANDROID.format(version)) as context:
        # plain http
        context.add_init_script("Object.defineProperty(window, 'isSecureContext', {value: false})")
        page, _ = _opened(context, url)
        page.locator(".verdict.no").wait_for()
        expect(page.locator("#ways")).to_be_hidden()
        expect(page.get_by_role("link", name="下载 App")).to_be_visible()
        expect(page.get_by_role("link", name="在 App 里登记")).to_have_attribute(
            "href", re.compile(CODE)
        )


def test_an_untrusted_certificate_fails_the_check(
    browser: Browser, app_settings: Settings, tmp_path: Path
) -> None:
    place = tls.folder(app_settings)
    tls.init(place, HOST, (), datetime.now(UTC))
    with (
        _served(app_settings, place / tls.SERVER) as url,
        _phone(browser, careless=True) as context,
    ):
        page, _ = _opened(context, url)
        page.get_by_text("浏览器还不信任学校的证书").wait_for()
        expect(page.locator("#ways")).to_be_hidden()
        expect(page.locator(".can li.no")).to_have_text(["信任学校的证书"])
        page.get_by_role("link", name="怎样装证书").click()
        page.get_by_role("heading", name="信任学校的证书").wait_for()


def test_the_check_leaves_no_worker_behind(browser: Browser, url: str) -> None:
    with _phone(browser) as context:
        page, _ = _opened(context, url)
        page.get_by_text("这部手机可以离线记录。").wait_for()
        left = "navigator.serviceWorker.getRegistrations().then(all => all.length)"
        eventually(page, lambda: page.evaluate(left), 0)


def test_low_storage_is_shown_and_blocks_nothing(browser: Browser, url: str) -> None:
    with _phone(browser) as context:
        context.add_init_script(
            "StorageManager.prototype.estimate = async () => ({quota: 9e7, usage: 0})"
        )
        page, _ = _opened(context, url)
        page.get_by_text("可以用,但手机空间不多".replace(",", "，")).wait_for()
        expect(page.locator("#ways")).to_be_visible()


def test_without_script_everything_can_be_read(browser: Browser, url: str) -> None:
    with _phone(browser, script=False) as context:
        page = context.new_page()
        page.goto(f"{url}/enrol")
        expect(page.locator("#ways")).to_be_visible()
        page.get_by_text("打不开就用纸质表").wait_for()


def test_an_ipad_that_says_it_is_a_mac_gets_the_iphones_steps(browser: Browser, url: str) -> None:
    mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15"
    with _phone(browser, mac) as context:
        context.add_init_script("Object.defineProperty(navigator, 'maxTouchPoints', {value: 5})")
        page, _ = _opened(context, url)
        page.get_by_role("heading", name="苹果手机").wait_for()
        expect(page.locator("#code .digits")).to_have_text("1234 5678")


def test_a_home_screen_icon_with_this_address_opens_the_app(browser: Browser, url: str) -> None:
    with _phone(browser, IPHONE.format("15_8", "15.6")) as context:
        context.add_init_script("Object.defineProperty(navigator, 'standalone', {value: true})")
        page, _ = _opened(context, url)
        page.wait_for_url(f"{url}/app/#code={CODE}")


def test_the_access_log_never_holds_the_code(
    browser: Browser, url: str, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.INFO)
    for user_agent in (NOW_CHROME, INSIDE["微信"], IPHONE.format("17_4", "17.4")):
        with _phone(browser, user_agent) as context:
            page, _ = _opened(context, url)
            page.wait_for_load_state("networkidle")  # whatever it asks for is in the log
            for link in page.locator('a[href^="/app/#"]').all():
                expect(link).to_have_attribute("href", re.compile(CODE))
            page.goto(f"{url}/app/#code={CODE}")
            page.wait_for_load_state("networkidle")
    logged = [r.getMessage() for r in caplog.records if r.name == "uvicorn.access"]
    assert sum("GET /enrol" in line for line in logged) >= 3
    assert any("GET /app" in line for line in logged)
    assert [line for line in logged if CODE in line] == []


@pytest.mark.extended
def test_the_page_opens_the_app_with_the_code_filled_in(
    browser: Browser, app_settings: Settings, tmp_path: Path
) -> None:
    real_site(tmp_path / "app")
    with (
        _served(replace(app_settings, app_dir=tmp_path / "app")) as url,
        _phone(browser, None) as context,
    ):
        page, _ = _opened(context, url, "?on=android")
        page.get_by_role("link", name="打开“上门”").click()
        # this page has no door: gone before the app's has come is not gone
        page.wait_for_url(f"{url}/app/**")
        page.locator("#start-page").wait_for(state="hidden", timeout=SHOWN_S * 2000)
        screen: Screen = shown(page).past_the_start_page()
        screen.see("先把这部手机登记到学校").see(url)
        field = page.get_by_role("textbox", name="登记码").first
        field.focus()  # the engine fills its input some frames later
        eventually(page, lambda: page.evaluate(FOCUSED_VALUE), CODE)
        screen.tap("登记这部手机").see("登记码不对或已用过")
