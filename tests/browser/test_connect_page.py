"""The office's test code, opened by a phone in Chromium: green only over https, with a page kept and read back offline."""

from __future__ import annotations

import base64
import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Browser, BrowserContext, Page, expect

from sync_server import serve_choice
from sync_server.app import create_app
from sync_server.crypto import tls
from sync_server.sample.processes import Process, wait_until_up
from sync_server.services import Services
from sync_server.settings import Settings
from tests.support.browser.driver import PHONE, free_port
from tests.support.browser.waits import eventually
from tests.support.console_browser import PASSWORD, people
from tests.support.serve import on_socket
from tests.support.tls_server import HOST
from tests.support.user_agents import ANDROID, INSIDE

NOW_CHROME = ANDROID.format("139.0.0.0")


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The certificates of a server that this module's browser knows."""
    place = tmp_path_factory.mktemp("keys") / "tls"
    tls.init(place, HOST, (), datetime.now(UTC))
    return place


@pytest.fixture(scope="module")
def browser_arguments(trusted: Path) -> tuple[str, ...]:
    """As if the root had been installed as /trust says: the server's own key is named to Chromium."""
    leaf = x509.load_pem_x509_certificate((trusted / tls.SERVER).read_bytes())
    key = leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    pin = base64.b64encode(hashlib.sha256(key).digest()).decode()
    return (f"--ignore-certificate-errors-spki-list={pin}",)


@contextmanager
def served(settings: Settings, pem: Path | None) -> Iterator[str]:
    """The real app in a thread, with an admin; `pem`: https, else an address that a proxy should have."""
    port = free_port()
    app = create_app(replace(settings, public_url=f"https://{HOST}:{port}"))
    people(app.state["services"])
    try:
        with on_socket(app, port, ssl_certfile=pem) as url:
            yield url
    finally:
        app.state["services"].close()


@contextmanager
def window(browser: Browser, user_agent: str | None = None) -> Iterator[BrowserContext]:
    """A window of its own; `user_agent`: a phone's. Somebody went on at the warning, where there is one."""
    context = browser.new_context(
        user_agent=user_agent,
        viewport=PHONE if user_agent else None,
        locale="zh-CN",
        ignore_https_errors=True,
    )
    try:
        yield context
    finally:
        context.close()


def sign_in(office: Page, url: str) -> None:
    """The admin signs in."""
    office.goto(f"{url}/sign-in")
    office.locator("[name=name]").fill("admin")
    office.locator("[name=password]").fill(PASSWORD)
    with office.expect_navigation():
        office.locator("form button").first.click()


def made_code(office: Page, url: str) -> str:
    """Sign in and make a test code; returns what a phone opens at this server."""
    sign_in(office, url)
    office.goto(f"{url}/connect/qr")
    office.get_by_role("button", name="做一个测试码").click()
    link = office.locator("#waiting .hash", has_text="#").inner_text()
    return f"{url}/connect/test#{link.partition('#')[2]}"


def complaints_of(page: Page) -> list[str]:
    """What the browser complains of from now on: a policy broken, a script's error."""
    found: list[str] = []
    page.on("console", lambda m: found.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def test_a_phone_that_keeps_a_page_offline_turns_the_offices_page_green(
    browser: Browser, app_settings: Settings, trusted: Path
) -> None:
    shutil.copytree(trusted, tls.folder(app_settings))
    with (
        served(app_settings, trusted / tls.SERVER) as url,
        browser.new_context(locale="zh-CN") as office,
        browser.new_context(locale="zh-CN", user_agent=NOW_CHROME, viewport=PHONE) as phone,
    ):
        waiting, opened = office.new_page(), phone.new_page()
        page_complaints, asked = complaints_of(waiting), complaints_of(opened)
        code = made_code(waiting, url)
        assert waiting.locator("#green").count() == 0
        opened.goto(code)
        opened.get_by_text("连上了").wait_for()
        waiting.locator("#green", has_text="Android · Chrome 139").wait_for()
        left = "navigator.serviceWorker.getRegistrations().then(all => all.length)"
        eventually(opened, lambda: opened.evaluate(left), 0)
        eventually(opened, lambda: opened.evaluate("caches.keys().then(all => all.length)"), 0)
        assert (page_complaints, asked) == ([], [])


def test_over_http_it_is_never_green(browser: Browser, app_settings: Settings) -> None:
    with (
        served(app_settings, None) as url,
        browser.new_context(locale="zh-CN") as office,
        window(browser, NOW_CHROME) as phone,
    ):
        waiting, opened = office.new_page(), phone.new_page()
        opened.goto(made_code(waiting, url))
        opened.get_by_text("手机打开的不是 https 地址").wait_for()
        waiting.get_by_text("手机打开的不是 https 地址").wait_for()
        assert waiting.locator("#green").count() == 0


def test_a_certificate_nobody_trusts_is_named_with_the_way_to_trust_it(
    browser: Browser, app_settings: Settings
) -> None:
    place = tls.folder(app_settings)
    tls.init(place, HOST, (), datetime.now(UTC))
    with (
        served(replace(app_settings, own_root=True), place / tls.SERVER) as url,
        window(browser) as office,
        window(browser, NOW_CHROME) as phone,
    ):
        waiting, opened = office.new_page(), phone.new_page()
        opened.goto(made_code(waiting, url))
        opened.get_by_text("不信任服务器的证书").wait_for()
        opened.get_by_role("link", name="怎样装证书").wait_for()
        waiting.get_by_text("不信任服务器的证书").wait_for()
        assert waiting.locator("#green").count() == 0


def test_inside_another_app_the_way_out_is_named(
    browser: Browser, app_settings: Settings, trusted: Path
) -> None:
    shutil.copytree(trusted, tls.folder(app_settings))
    with (
        served(app_settings, trusted / tls.SERVER) as url,
        browser.new_context(locale="zh-CN") as office,
        window(browser, INSIDE["微信"]) as phone,
    ):
        waiting, opened = office.new_page(), phone.new_page()
        opened.goto(made_code(waiting, url))
        opened.get_by_text("在浏览器中打开").first.wait_for()
        waiting.get_by_text("码是在微信 WeChat里打开的").wait_for()
        assert waiting.locator("#green").count() == 0


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (
            "ServiceWorkerContainer.prototype.register = () => Promise.reject(new DOMException('', 'NotAllowedError'))",
            "不肯存离线的页面",
        ),
        (
            "IDBFactory.prototype.open = () => { const r = {}; setTimeout(() => r.onerror(new Event('x'))); return r; }",
            "存下的页面没有读回来",
        ),
    ],
)
def test_a_browser_that_keeps_nothing_gets_a_warning(
    browser: Browser, app_settings: Settings, trusted: Path, broken: str, words: str
) -> None:
    shutil.copytree(trusted, tls.folder(app_settings))
    with (
        served(app_settings, trusted / tls.SERVER) as url,
        browser.new_context(locale="zh-CN") as office,
        window(browser, NOW_CHROME) as phone,
    ):
        phone.add_init_script(broken)
        waiting, opened = office.new_page(), phone.new_page()
        opened.goto(made_code(waiting, url))
        opened.get_by_text(words).wait_for()
        waiting.get_by_text(words).wait_for()
        assert waiting.locator("#green").count() == 0


@pytest.mark.parametrize("known", [pytest.param(True, marks=pytest.mark.extended), False])
def test_the_office_is_led_to_the_new_address(
    browser: Browser, app_settings: Settings, trusted: Path, known: bool
) -> None:
    """By itself where the browser knows the certificate, else with a link and the fingerprint."""
    place = tls.folder(app_settings)
    if known:
        shutil.copytree(trusted, place)
        serve_choice.write(app_settings.data_dir, serve_choice.Choice(certificate="elsewhere"))
    services = Services.open(app_settings)
    people(services)
    services.close()
    port, data = free_port(), str(app_settings.data_dir)
    server = Process(
        "-m", "sync_server.cli", "serve", "--data", data, "--port", str(port), DOORSTEP_URL=""
    )
    server.start(pipes=True)
    try:
        wait_until_up(f"http://{HOST}:{port}", 180)
        with browser.new_context(locale="zh-CN") as office:
            page = office.new_page()
            sign_in(page, f"http://{HOST}:{port}")
            page.goto(f"http://{HOST}:{port}/connect")
            page.locator(f"[name=host][value='{HOST}']").check()
            page.get_by_role("button", name="用办公室的无线网").click()
            page.get_by_text("服务器换到新地址").wait_for()
            root = tls.served(place).root_fingerprint
            eventually(page, lambda: root in page.content())
            if known:
                page.wait_for_url(f"https://{HOST}:{port}/connect", timeout=90_000)
                page.get_by_text("选的是这一种").wait_for()
            else:
                page.get_by_text("请点下面的链接").wait_for(timeout=30_000)
                link = page.get_by_role("link", name=f"https://{HOST}:{port}", exact=True)
                expect(link).to_have_attribute("href", f"https://{HOST}:{port}/connect")
    finally:
        server.stop()
