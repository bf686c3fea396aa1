"""The web app on a phone, in Chromium: installed once, then started without server or network, updated only when asked.

The app inside is tiny (tests/support/sites.py); page, service worker, runtime, archive and server are the real ones.
"""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from sync_server.crypto import tls
from tests.support.browser.driver import ARGUMENTS, PHONE, ROOT, Screen, find_browser, free_port
from tests.support.browser.installed import OLDER
from tests.support.browser.shown import START_PAGE, shown
from tests.support.browser.waits import eventually
from tests.support.sites import tiny_site

BAR = "#bar"


@dataclass
class Server:
    """The sync server over a folder of its own, serving the site in `folder`/app; `root`: its own certificate's, if any."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    root: Path | None = None

    @property
    def url(self) -> str:
        return f"{'https' if self.root else 'http'}://127.0.0.1:{self.port}"

    def secure(self) -> None:
        """From the next start on: https with a root of its own."""
        place = self.folder / "data" / "keys" / "tls"
        tls.init(place, "127.0.0.1", (), datetime.now(UTC))
        self.root = place / tls.ROOT

    def insecure(self) -> None:
        """From the next start on: http again."""
        shutil.rmtree(self.folder / "data" / "keys" / "tls")
        self.root = None

    def put(self, site: Path) -> None:
        """Deploy a site."""
        shutil.rmtree(self.folder / "app", ignore_errors=True)
        shutil.copytree(site, self.folder / "app")

    def start(self) -> None:
        env = os.environ | {"DOORSTEP_APP_DIR": str(self.folder / "app"), "PYTHONPATH": str(ROOT)}
        data = self.folder / "data"
        command = [
            sys.executable,
            "-m",
            "sync_server.cli",
            "serve",
            "--port",
            str(self.port),
            "--data",
            str(data),
        ]
        self.process = subprocess.Popen(command, cwd=ROOT, env=env)
        trust = ssl.create_default_context(cafile=self.root)
        until = time.monotonic() + 120
        while time.monotonic() < until:
            try:
                httpx.get(f"{self.url}/v1/health", timeout=2, verify=trust).raise_for_status()
                return
            except httpx.HTTPError:
                time.sleep(0.2)
        raise RuntimeError("the server did not start")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two versions of one app."""
    if find_browser() is None:
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail("REQUIRE_BROWSER=1, but no Chromium is on the path")
        pytest.skip(
            "NO CHROMIUM on the path: the web app was not opened. Install the package 'chromium'."
        )
    folder = tmp_path_factory.mktemp("sites")
    for name, words in (("one", "第一版"), ("two", "第二版")):
        tiny_site(folder / name, words)
    return folder / "one", folder / "two"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for all phones: each comes with nothing of the one before."""
    made = Server(tmp_path_factory.mktemp("server"))
    yield made
    made.kill()


@pytest.fixture
def server(shared: Server, sites: tuple[Path, Path]) -> Server:
    """It runs, and serves the first version whole."""
    shared.put(sites[0])
    if shared.root is not None:
        shared.kill()
        shared.insecure()
    if shared.process is None:
        shared.start()
    return shared


@contextmanager
def phone(profile: Path, *, careless: bool = False) -> Iterator[BrowserContext]:
    """A browser with a memory: opened again over the same folder it is the same phone started again.

    `careless`: somebody tapped "go on all the same" at the warning of an unknown certificate.
    """
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=find_browser(),
            args=list(ARGUMENTS),
            viewport=PHONE,
            locale="zh-CN",
            ignore_https_errors=careless,
        )
        try:
            yield context
        finally:
            context.close()


def opened(context: BrowserContext, url: str) -> tuple[Page, Screen]:
    page = context.new_page()
    page.goto(url)
    return page, shown(page)


def look_for_an_update(page: Page) -> None:
    page.evaluate("navigator.serviceWorker.ready.then(r => r.update()).then(() => true)")


ELSEWHERE = "上门已在另一个标签页打开"
WATCH_WORKERS = """
    window.seen = [];
    const { postMessage, terminate } = Worker.prototype;
    Worker.prototype.postMessage = function (...all) { if (all[0].leave) seen.push("leave"); return postMessage.apply(this, all); };
    Worker.prototype.terminate = function () { seen.push("end"); return terminate.call(this); };
"""


def elsewhere(page: Page) -> None:
    """Wait until a window says that another one is open."""
    page.get_by_text(ELSEWHERE).wait_for(timeout=240_000)


def open_here(page: Page) -> Screen:
    """Take over."""
    page.get_by_role("button", name="在这里打开").click()
    return shown(page)


def test_a_phone_installs_starts_offline_hands_over_between_windows_and_updates_when_asked(
    server: Server, sites: tuple[Path, Path], tmp_path: Path
) -> None:
    """One phone from its first download on: every start takes seconds, so one phone goes through all of them."""
    with phone(tmp_path / "profile") as context:
        _an_interrupted_first_download_is_reported_and_resumes(context, server)
    server.kill()
    with phone(tmp_path / "profile") as context:
        context.add_init_script(WATCH_WORKERS)
        linked = _it_starts_on_a_deep_link_with_the_server_gone_and_the_browser_restarted(
            context, server
        )
        home = _a_second_window_shows_that_one_is_open_and_can_take_over(context, server, linked)
        server.start()
        waited = context.new_page()
        waited.goto(f"{server.url}/app/")
        elsewhere(waited)
        waited.evaluate("window.ofTheFirstVersion = true")
        _a_new_version_waits_for_consent_and_never_mixes_files(home, server, sites[1])
        _a_window_that_waited_during_an_update_opens_the_new_version_completely(home, waited)
        _the_first_window_can_take_over_again(linked, waited)
        _a_window_that_lost_its_lock_writes_nothing_more(linked, home)


def _an_interrupted_first_download_is_reported_and_resumes(
    context: BrowserContext, server: Server
) -> None:
    """Whatever is asked for meanwhile, the phone's own server alone answers."""
    outside: list[str] = []
    asked: list[str] = []
    context.on("request", lambda r: asked.append(r.url))
    context.on(
        "requestfinished",
        lambda r: outside.append(r.url) if not r.url.startswith(server.url) else None,
    )
    wasm = server.folder / "app" / "pyodide" / "pyodide.asm.wasm"
    hidden = wasm.rename(wasm.with_suffix(".away"))
    page = context.new_page()
    page.goto(f"{server.url}/app/")
    page.get_by_text("程序还没有全部存下来").wait_for(timeout=240_000)
    hidden.rename(wasm)
    page.get_by_role("button", name="再试一次").click()
    shown(page).see("第一版")
    assert [url for url in outside if not url.startswith(("blob:", "data:"))] == []
    assert sum("assets/fonts/noto" in url for url in asked) < 20, (
        "Flutter asks for its fallback fonts without end"
    )


def _it_starts_on_a_deep_link_with_the_server_gone_and_the_browser_restarted(
    context: BrowserContext, server: Server
) -> Page:
    page, screen = opened(context, f"{server.url}/app/cases/QH0001")
    screen.see("第一版 编号 QH0001")
    return page


def _a_second_window_shows_that_one_is_open_and_can_take_over(
    context: BrowserContext, server: Server, first: Page
) -> Page:
    """The second one stands at the app's first screen, still with the server gone."""
    second = context.new_page()
    second.goto(f"{server.url}/app/")
    elsewhere(second)
    open_here(second).see("第一版").see("写了 0 条")
    elsewhere(first)
    return second


def _a_new_version_waits_for_consent_and_never_mixes_files(
    page: Page, server: Server, next_site: Path
) -> None:
    screen = Screen(page, "").tap("写一条")
    server.put(next_site)
    look_for_an_update(page)
    page.get_by_text("有新版本，写完这一条再更新").wait_for(timeout=240_000)
    assert page.get_by_role("button", name="现在更新").count() == 0
    page.get_by_role("button", name="知道了").click()
    expect(page.locator(BAR)).to_be_hidden()
    screen.tap("保存")
    page.get_by_role("button", name="现在更新").wait_for(timeout=240_000)

    page.reload()
    shown(page).see("第一版")
    page.get_by_role("button", name="现在更新").click()
    page.locator(START_PAGE).wait_for(state="visible", timeout=90_000)
    shown(page).see("第二版")
    eventually(page, lambda: page.evaluate("caches.keys().then(all => all.length)"), 1)


def _a_window_that_waited_during_an_update_opens_the_new_version_completely(
    first: Page, waited: Page
) -> None:
    screen = open_here(waited)
    elsewhere(first)
    screen.see("第二版")
    eventually(waited, lambda: waited.evaluate("window.ofTheFirstVersion"), None)


def _the_first_window_can_take_over_again(first: Page, second: Page) -> None:
    elsewhere(first)
    open_here(first).see("第二版 编号 QH0001")
    elsewhere(second)


def _a_window_that_lost_its_lock_writes_nothing_more(holder: Page, thief: Page) -> None:
    elsewhere(thief)
    assert holder.evaluate("seen") == []
    thief.evaluate(
        "void navigator.locks.request('doorstep-app', { steal: true }, () => new Promise(() => {}))"
    )
    elsewhere(holder)
    eventually(holder, lambda: holder.evaluate("seen"), ["end"])


def test_a_full_phone_is_reported_as_full_and_not_as_offline(
    server: Server, tmp_path: Path
) -> None:
    with phone(tmp_path / "profile") as context:
        page = context.new_page()
        quota = {"origin": server.url, "quotaSize": 8_000_000}
        context.new_cdp_session(page).send("Storage.overrideQuotaForOrigin", quota)
        page.goto(f"{server.url}/app/")
        page.get_by_text("手机空间满了").wait_for(timeout=240_000)


@pytest.mark.extended
def test_a_file_damaged_on_the_way_is_named(server: Server, tmp_path: Path) -> None:
    damaged = server.folder / "app" / "app.zip"
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"?")
    damaged.with_name("app.zip.gz").unlink()
    with phone(tmp_path / "profile") as context:
        page = context.new_page()
        page.goto(f"{server.url}/app/")
        page.get_by_text("有一个文件没有取对").wait_for(timeout=240_000)
        expect(page.locator("#start-page pre")).to_contain_text("app.zip")


@pytest.mark.extended
def test_a_first_download_without_a_network_reports_it(server: Server, tmp_path: Path) -> None:
    with phone(tmp_path / "profile") as context:
        context.add_init_script(
            "ServiceWorkerContainer.prototype.register = () => Promise.reject(new TypeError('gone'))"
        )
        page = context.new_page()
        page.goto(f"{server.url}/app/")
        page.get_by_text("没有网络").wait_for(timeout=240_000)


def test_a_browser_that_distrusts_the_certificate_gets_a_link_to_the_instructions(
    server: Server, tmp_path: Path
) -> None:
    server.kill()
    server.secure()
    server.start()
    with phone(tmp_path / "profile", careless=True) as context:
        page = context.new_page()
        page.goto(f"{server.url}/app/")
        page.get_by_text("浏览器不信任这台服务器的证书").wait_for(timeout=240_000)
        page.get_by_role("button", name="怎样装证书").click()
        page.wait_for_url(f"{server.url}/trust")


def test_a_browser_without_a_needed_feature_shows_the_reason(
    server: Server, tmp_path: Path
) -> None:
    with phone(tmp_path / "profile") as context:
        context.add_init_script("delete Navigator.prototype.locks")
        page = context.new_page()
        page.goto(f"{server.url}/app/")
        page.get_by_text("这个浏览器太旧").wait_for(timeout=240_000)
        page.get_by_text("纸质记录表").wait_for(timeout=240_000)
        left = "navigator.serviceWorker.getRegistrations().then(all => all.length)"
        eventually(page, lambda: page.evaluate(left), 0)


@pytest.mark.extended  # the same first start and visit, by the other compiler's code
def test_a_chromium_without_garbage_collected_webassembly_gets_the_same_app_in_javascript(
    server: Server, tmp_path: Path
) -> None:
    with phone(tmp_path / "profile") as context:
        context.add_init_script(OLDER)
        page, screen = opened(context, f"{server.url}/app/")
        screen.see("第一版")
        kept = (
            "caches.keys().then(k => caches.open(k[0])).then(c => c.keys())"
            ".then(all => all.map(r => r.url.split('/').pop()).filter(n => n.startsWith('main.dart')))"
        )
        eventually(
            page,
            lambda: {*page.evaluate(kept)} & {"main.dart.wasm", "main.dart.js"},
            {"main.dart.js"},
        )
    server.kill()
    with phone(tmp_path / "profile") as context:  # it learnt it meanwhile: what is kept goes on
        opened(context, f"{server.url}/app/")[1].see("第一版")
