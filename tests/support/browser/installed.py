"""The packaged web app on a phone: the site `make app` leaves, installed in Chromium from a sync server that serves it.

A phone is a folder (the browser's profile). Copied while no browser has it open, it is the same phone twice.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import BrowserContext, Error, Page, Playwright, ViewportSize

from sync_server.office import phones
from sync_server.store import devices
from tests.support.browser import fake_camera
from tests.support.browser.driver import ARGUMENTS, PHONE, Screen, find_browser
from tests.support.browser.small_county import TEACHER, SmallCounty
from tests.support.browser.waits import WAIT_S

TALL, SHORT = PHONE, ViewportSize(width=390, height=844)
START_PAGE, BAR = "#start-page", "#bar"
OLDER = "const real = WebAssembly.validate; WebAssembly.validate = bytes => bytes.length !== 15 && real(bytes)"
"""Makes a Chromium say of itself that it cannot collect garbage in WebAssembly (the question of 15 bytes, web/offline.js)."""
PACE_MS = 150
RESTS_MS = 1200
"""Longer than a form's quiet time (250 ms) and a keystroke's way to Python on a slow machine."""
NEWS = """() => { let now = __doorstep.unsaved; window.news = 0;
  Object.defineProperty(__doorstep, "unsaved", { configurable: true, get: () => now,
    set(value) { now = value; window.news++; window.newsAt = performance.now(); } }); }"""
RESTS = f"window.news > 1 && !__doorstep.unsaved && performance.now() - window.newsAt > {RESTS_MS}"


class AppScreen(Screen):
    """A window of the web app; a load has ended when the start page has gone."""

    def __init__(self, page: Page, url: str) -> None:
        super().__init__(page, url, WAIT_S, pace_ms=PACE_MS)

    def open(self, path: str = "/", *, bare: bool = False) -> AppScreen:
        self.page.goto(self._url + path)
        self.shown()
        if not bare:
            self.past_the_start_page()
        return self

    def shown(self) -> AppScreen:
        """After a start that something else began."""
        self.page.locator(START_PAGE).wait_for(state="hidden", timeout=WAIT_S * 1000)
        self.wake()
        return self

    def write(self, label: str, words: str) -> AppScreen:
        """Type, and wait until the window is notified that everything typed is stored."""
        self.page.evaluate(NEWS)
        self.type(label, words)
        return self.until(RESTS)

    def until(self, script: str) -> AppScreen:
        """Wait until the window says so. Playwright's own way needs eval, which the page's policy forbids."""
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            with suppress(Error):  # a page on its way to the next has nobody to ask
                if self.page.evaluate(script):
                    return self
            self.page.wait_for_timeout(100)
        raise AssertionError(f"never true: {script}\n{self._seen()}")


@dataclass
class Installed:
    """One browser with a memory. `asked` and `answered`: the address of every request and of every one that ended well.

    `script` runs in every page before its own.
    """

    playwright: Playwright
    profile: Path
    url: str
    film: Path
    script: str = ""
    asked: list[str] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    _context: BrowserContext | None = None

    @property
    def context(self) -> BrowserContext:
        if self._context is None:
            raise RuntimeError("the browser is off")
        return self._context

    def on(self, size: ViewportSize, *, offline: bool = False) -> AppScreen:
        """Start the browser; its one empty window."""
        self._context = self.playwright.chromium.launch_persistent_context(
            self.profile,
            executable_path=find_browser(),
            args=[*ARGUMENTS, *fake_camera.arguments(self.film)],
            viewport=size,
            device_scale_factor=1,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            reduced_motion="reduce",
            permissions=["geolocation", "camera"],
            geolocation={"latitude": 35.1234, "longitude": 109.5678},
        )
        self._context.set_offline(offline)
        self._context.add_init_script(self.script or "0")
        self._context.on("request", lambda request: self.asked.append(request.url))
        self._context.on("requestfinished", lambda request: self.answered.append(request.url))
        return self.window(self._context.pages[0])

    @contextmanager
    def room(self, page: Page, more_bytes: int) -> Iterator[None]:
        """Meanwhile the browser gives this phone no more than what it uses and `more_bytes`."""
        session, origin = self.context.new_cdp_session(page), {"origin": self.url}
        used = int(session.send("Storage.getUsageAndQuota", origin)["usage"])
        session.send("Storage.overrideQuotaForOrigin", origin | {"quotaSize": used + more_bytes})
        yield
        session.send("Storage.overrideQuotaForOrigin", origin)

    def window(self, page: Page | None = None) -> AppScreen:
        """Another tab, or this one."""
        return AppScreen(page or self.context.new_page(), f"{self.url}/app")

    def off(self) -> None:
        """Close the browser gracefully; nothing to do when it is closed."""
        if self._context is not None:
            self._context.close()
        self._context = None

    def kill(self) -> None:
        """SIGKILL: what a flat battery does."""
        pid = int(str((self.profile / "SingletonLock").readlink()).rpartition("-")[2])
        os.kill(pid, signal.SIGKILL)
        self.off()


@contextmanager
def browser_of(playwright: Playwright, profile: Path, url: str, film: Path) -> Iterator[Installed]:
    """A phone that is off; whatever happens, no browser is left behind."""
    phone = Installed(playwright, profile, url, film)
    try:
        yield phone
    finally:
        with suppress(Error):  # its process may be gone already
            phone.off()


def enrol(phone: Installed, county: SmallCounty) -> dict[str, float]:
    """From nothing to a phone that has its list, by hand; seconds to the first screen. The phone is off afterwards."""
    screen, began = phone.on(TALL), time.monotonic()
    # A query once, as the demonstration's own link has it: from then on the phone keeps its clock.
    screen.open(f"/?clock={quote(county.clock, safe='')}", bare=True).see("字够大吗？")
    took = {"cold start, first visit": time.monotonic() - began}
    code = phones.issue(county.services, county.unit, TEACHER, who="联络员").code
    screen.first_start().see("老师，您好").type("登记码（8 位数字）", code).tap("登记这部手机")
    screen.see("请联络员确认一下").see("联络员还没有确认")
    for device in county.services.database.read(lambda c: devices.of_unit(c, "2019", county.unit)):
        phones.confirm(county.services, device.id, who="联络员")
    screen.tap("获取名单").see("接下来").see("欧阳静宜")
    phone.off()
    return took


def timed(act: Callable[[], object]) -> float:
    """Seconds it took."""
    began = time.monotonic()
    act()
    return time.monotonic() - began


def another_version(site: Path, dest: Path) -> Path:
    """The same site one version on: a byte of one file, and what follows from it."""
    shutil.copytree(site, dest)
    old = hashlib.sha256((dest / "precache.json").read_bytes()).hexdigest()
    data = (dest / "app.css").read_bytes() + b"\n"
    (dest / "app.css").write_bytes(data)
    entries = json.loads((dest / "precache.json").read_text("utf-8"))
    for entry in entries:
        if entry["path"] == "app.css":
            entry.update(sha256=hashlib.sha256(data).hexdigest(), size_bytes=len(data))
    (dest / "precache.json").write_text(json.dumps(entries), "utf-8")
    new = hashlib.sha256((dest / "precache.json").read_bytes()).hexdigest()
    worker = (dest / "sw.js").read_text("utf-8")
    if old not in worker:
        raise RuntimeError("sw.js does not carry the version of precache.json")
    (dest / "sw.js").write_text(worker.replace(old, new), "utf-8")
    for name in ("app.css", "precache.json", "sw.js"):
        (dest / f"{name}.gz").unlink()
    return dest
