"""Drives the app in the system's Chromium: starts the preview as a process, reads its semantics, taps by name.

Flutter paints on a canvas; what a person can tap stands in the semantics tree, which has to be switched on after every
load (docs/sources.md#flet-semantics). Every wait has a deadline. Nothing here imports the app: it
is another process.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    FloatRect,
    Locator,
    Page,
    ViewportSize,
    sync_playwright,
)

from tests.support.browser.waits import WAIT_S

ROOT = Path(__file__).resolve().parents[3]
CLOCK = "2019-12-12T10:00+08:00"
PIN = "280415"
PIN_DIGITS = len(PIN)
DOTS = re.compile(r"已输入 (\d) 位")
NO_SCREEN = ("这是预览", "Working...")
"""How lines begin that come, on a busy machine, long before the screen: the one above every preview, and Flet's own."""
PHONE: ViewportSize = {"width": 412, "height": 915}
SMALL: ViewportSize = {"width": 360, "height": 640}
TABLET: ViewportSize = {"width": 820, "height": 1180}
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-software-rasterizer",  # no WebGL drawn by the CPU: Flutter then draws itself, for less
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)
ALIVE = "flt-semantics-host flt-semantics"
FOCUSED_VALUE = "['INPUT', 'TEXTAREA'].includes(document.activeElement?.tagName) ? document.activeElement.value : null"
SOON_MS = 5000
"""For one try at an element that may have become another one; there are more tries."""
STILL = """found => new Promise(done => {
  let before = '', still = 0, since = 0, looks = 0;
  const look = () => {
    const box = found.getBoundingClientRect(), now = [box.x, box.y, box.width, box.height].join(), at = performance.now();
    if (now !== before) { before = now; still = 0; since = at; } else still++;
    if (still >= 3 && at - since >= 120) return done(found.isConnected);
    if (!found.isConnected || ++looks > 200) return done(false);
    let seen = false;
    const again = () => { if (!seen) { seen = true; look(); } };
    requestAnimationFrame(again);
    setTimeout(again, 250);
  };
  look();
})"""
"""Whether an element came to rest: where it is for some frames, and for longer than a frame takes on a busy machine."""
SWITCH_ON = "document.querySelector('flt-semantics-placeholder')?.click()"


def find_browser() -> str | None:
    """The system's Chromium, or None."""
    names = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


def find_shell() -> str | None:
    """The same Chromium without its own windows around a page, where it is installed; else the whole one.

    A window of the whole one draws tabs and buttons that nobody sees: more than half of its processor time.
    """
    return shutil.which("chromium-headless-shell") or find_browser()


def free_port() -> int:
    """A port nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class AppProcess:
    """The preview of one phone. `folder` survives a kill; a new process over it is the phone started again."""

    folder: Path
    port: int = field(default_factory=free_port)
    clock: str = CLOCK
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, deadline_s: float = 120) -> AppProcess:
        """Start and wait until it answers. Raises: RuntimeError with its log when it does not."""
        log = self.folder.parent / f"{self.folder.name}.log"
        environ = {
            "DOORSTEP_APP_PORT": str(self.port),
            "DOORSTEP_PHONE_DIR": str(self.folder),
            "DOORSTEP_CLOCK": self.clock,
            "PYTHONPATH": str(ROOT),
        }
        self.process = self._launched(environ, log)
        until = time.monotonic() + deadline_s
        while time.monotonic() < until and self.process.poll() is None:
            try:
                httpx.get(self.url, timeout=2).raise_for_status()
                return self
            except httpx.HTTPError:
                time.sleep(0.2)
        self.stop()
        raise RuntimeError(f"the app did not start: {log.read_text(errors='replace')[-2000:]}")

    def _launched(self, environ: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
        with log.open("ab") as file:
            return subprocess.Popen(
                [sys.executable, "main.py"],
                cwd=ROOT,
                env=os.environ | environ,
                stdout=file,
                stderr=file,
            )

    def draft_saved_ms(self) -> int:
        """When a draft was last written, by the phone's clock; 0 without one. Read from its file, where times are clear."""
        with closing(
            sqlite3.connect(f"file:{self.folder / 'phone.db'}?mode=ro", uri=True)
        ) as database:
            return int(
                database.execute("select coalesce(max(saved_ms), 0) from draft").fetchone()[0]
            )

    def kill(self) -> None:
        """End it the hard way (SIGKILL)."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it gracefully."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(30)
            except (subprocess.TimeoutExpired, TimeoutError):
                self.process.kill()
                self.process.wait(10)
        self.process = None


@contextmanager
def chromium(more: Sequence[str] = ()) -> Iterator[Browser]:
    """The system's Chromium, headless, with a fake camera. `more`: arguments of its own."""
    path = find_shell()
    if path is None:
        raise RuntimeError("no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, *more])
        try:
            yield browser
        finally:
            browser.close()


def context_of(
    browser: Browser, size: ViewportSize | None = None, *, dark: bool = False
) -> BrowserContext:
    """A window of its own: a phone's size, China's time, a set position (青槐县 is made up; so is the place)."""
    return browser.new_context(
        viewport=size or PHONE,
        device_scale_factor=1,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",  # screens slide in twenty times as fast
        permissions=["geolocation", "camera"],
        geolocation={"latitude": 35.1234, "longitude": 109.5678},
    )


class Screen:
    """One window, as a person with a screen reader has it."""

    def __init__(self, page: Page, url: str, wait_s: float = WAIT_S, *, pace_ms: int = 350) -> None:
        """`pace_ms`: rest after a tap; less where the next step waits for words of its own."""
        self.page = page
        self._url = url
        self._wait_s = wait_s
        self._pace_ms = pace_ms

    def open(self, path: str = "/", *, bare: bool = False) -> Screen:
        """Load a path, switch the semantics on, and pass what stands before the screens (`bare`: do not)."""
        self.page.goto(self._url + path)
        return self.wake() if bare else self.wake().past_the_start_page()

    def past_the_start_page(self) -> Screen:
        """A new phone's first questions, or the lock; neither where the phone is open."""
        until, before, still = time.monotonic() + self._wait_s, "", 0
        while time.monotonic() < until:
            words = self.text()
            if "字够大吗？" in words:
                return self.first_start()
            if "上门已锁定" in words:
                return self.unlock()
            shown = any(
                line.strip() and not line.strip().startswith(NO_SCREEN)
                for line in words.splitlines()
            )
            still = still + 1 if shown and words == before else 0
            if still == 4:  # the words of a screen come a few frames apart
                return self
            before = words
            self.page.wait_for_timeout(120)
        raise AssertionError("the app showed nothing")

    def wake(self) -> Screen:
        """Switch the semantics on; needed after every load."""
        until = time.monotonic() + self._wait_s
        while time.monotonic() < until:
            if self.page.locator(ALIVE).count():
                return self
            self.page.evaluate(SWITCH_ON)
            self.page.wait_for_timeout(150)
        raise AssertionError("the app showed nothing")

    def text(self) -> str:
        """All text on screen, labels included, a line each."""
        return str(
            self.page.evaluate(
                "[...document.querySelectorAll('flt-semantics-host *')].map(e => (e.getAttribute('aria-label') || '') "
                "+ '\\n' + [...e.childNodes].filter(n => n.nodeType === 3).map(n => n.textContent).join(' '))"
                ".join('\\n')"
            )
        )

    def see(self, words: str, *, wait_s: float | None = None) -> Screen:
        """Wait until `words` are on screen."""
        until = time.monotonic() + (wait_s or self._wait_s)
        while time.monotonic() < until:
            if words in self.text():
                return self
            self.page.wait_for_timeout(120)
        raise AssertionError(f"not on screen: {words}\n{self._seen()}")

    def gone(self, words: str) -> Screen:
        """Wait until `words` are no longer on screen."""
        until = time.monotonic() + self._wait_s
        while time.monotonic() < until:
            if words not in self.text():
                return self
            self.page.wait_for_timeout(120)
        raise AssertionError(f"still on screen: {words}")

    def tap(self, name: str, *, nth: int = 0, exact: bool = True) -> Screen:
        """Tap the button, tab, switch or row called `name`, as a finger does: scrolled into view, in its middle."""
        until = time.monotonic() + self._wait_s
        while time.monotonic() < until:
            # found anew each time: a tab is called another name as soon as a record has gone out
            with suppress(Error):
                self._resting(name, nth, exact).click(force=True, timeout=SOON_MS)
                self.page.wait_for_timeout(self._pace_ms)
                return self
        raise AssertionError(f"nothing took the tap on {name}\n{self._seen()}")

    def tap_twice(self, name: str) -> Screen:
        """Tap as an impatient thumb does: once more before the first tap has shown anything."""
        box = self._box(name)
        for _ in range(2):
            self.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            self.page.wait_for_timeout(60)
        self.page.wait_for_timeout(self._pace_ms)
        return self

    def _box(self, name: str) -> FloatRect:
        """Where what is called so rests."""
        until = time.monotonic() + self._wait_s
        while time.monotonic() < until:
            with suppress(Error):
                if box := self._resting(name, 0, True).bounding_box(timeout=SOON_MS):
                    return box
        raise AssertionError(f"nothing to tap called {name}\n{self._seen()}")

    def type(self, label: str, words: str) -> Screen:
        """Type into the field labelled `label`, key by key."""
        field = self.page.get_by_role("textbox", name=label).first
        until = time.monotonic() + self._wait_s
        while time.monotonic() < until:
            # By focus, as a screen reader does: after a scroll the canvas may lag behind its semantics, and a click
            # where the field says it stands lands on its neighbour.
            try:
                field.scroll_into_view_if_needed(timeout=SOON_MS)
                self._still(field).focus(timeout=SOON_MS)
            except Error:  # its label changed meanwhile
                continue
            # the engine attaches its input some frames after the focus, and fills it a little later
            if not self._holds(""):
                continue
            self.page.wait_for_timeout(150)
            before = self.page.evaluate(FOCUSED_VALUE)
            if before is None:
                continue
            self.page.keyboard.type(words, delay=10)
            if self._holds(words, len(before) + len(words)):
                self.page.wait_for_timeout(100)
                return self
            self.page.keyboard.press("Control+a")
            self.page.keyboard.type(before, delay=20) if before else self.page.keyboard.press(
                "Delete"
            )
        raise AssertionError(f"the field {label} takes no keys\n{self._seen()}")

    def _holds(self, words: str, length: int = 0) -> bool:
        """Whether the field with the caret soon has these words, and so many characters."""
        until = time.monotonic() + 1.5
        while time.monotonic() < until:
            value = self.page.evaluate(FOCUSED_VALUE)
            if value is not None and words in value and len(value) >= length:
                return True
            self.page.wait_for_timeout(50)
        return False

    def first_start(self, pin: str = PIN) -> Screen:
        """What a new phone asks before anything else: the text size, a PIN twice."""
        self.see("字够大吗？").tap("够大了，下一步").see("设一个 6 位解锁密码").keys(pin).see(
            "再输一次"
        ).keys(pin)
        return self.gone("再输一次")

    def unlock(self, pin: str = PIN) -> Screen:
        """Open the lock by PIN."""
        return self.see("上门已锁定").keys(pin).gone("上门已锁定")

    def keys(self, digits: str) -> Screen:
        """Digits on the keyboard, where the app shows its keypad: each once the dots count the one before.

        A keypad listens some frames after it is drawn; on a busy machine the first digits get lost.
        """
        before = 0 if len(digits) == PIN_DIGITS else self._digits_typed() or 0
        for count, digit in enumerate(digits, before + 1):
            self._press_until_counted(digit, count)
        return self

    def tapped_keys(self, digits: str) -> Screen:
        """A whole PIN by the keypad's own buttons, each until the dots count it."""
        for count, digit in enumerate(digits, 1):
            self._press_until_counted(digit, count, self.tap)
        return self

    def _press_until_counted(
        self, digit: str, count: int, press: Callable[[str], object] | None = None
    ) -> None:
        until = time.monotonic() + self._wait_s
        while time.monotonic() < until:
            typed = self._digits_typed()
            if typed is not None:
                if typed >= count:
                    self.page.keyboard.press("Backspace")
                else:
                    (press or self.page.keyboard.press)(digit)
                if self._counted(count):
                    return
            self.page.wait_for_timeout(30)
        raise AssertionError(f"the keypad does not take digit {count}\n{self._seen()}")

    def _counted(self, count: int) -> bool:
        """Whether the dots soon count so many; after the last one, something else than all but one."""
        # a last digit pressed again would be the first of the next keypad
        until = time.monotonic() + (10 if count == PIN_DIGITS else 4)
        while time.monotonic() < until:
            typed = self._digits_typed()
            if typed != count - 1 if count == PIN_DIGITS else typed == count:
                return True
            self.page.wait_for_timeout(30)
        return False

    def _digits_typed(self) -> int | None:
        """How many digits the keypad's dots count; None without a keypad."""
        found = DOTS.search(self.text())
        return int(found[1]) if found else None

    def back(self) -> Screen:
        """The app bar's way back."""
        return self.tap("返回")

    def shot(self, path: Path) -> Path:
        """A picture of what is on screen."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(path))
        return path

    def _still(self, found: Locator) -> Locator:
        """Wait until it stays where it is: a click in the middle of a slide lands on its neighbour."""
        until = time.monotonic() + self._wait_s
        while time.monotonic() < until:
            with suppress(Error):  # a screen on its way out takes it along
                if found.evaluate(STILL, timeout=SOON_MS):
                    return found
        raise AssertionError("it never stood still")

    def _resting(self, name: str, nth: int, exact: bool) -> Locator:
        """What is called so, in view and at rest. Found anew where a label became a button meanwhile."""
        until = time.monotonic() + self._wait_s
        while time.monotonic() < until:
            found = self._find(name, nth, exact)
            with suppress(Error):
                found.scroll_into_view_if_needed(timeout=SOON_MS)
                if found.evaluate(STILL, timeout=SOON_MS):
                    return found
        raise AssertionError(f"it never stood still: {name}\n{self._seen()}")

    def _find(self, name: str, nth: int, exact: bool) -> Locator:
        until = time.monotonic() + self._wait_s
        while time.monotonic() < until:
            for role in ("button", "tab", "checkbox", "switch"):
                found = self.page.get_by_role(role, name=name, exact=exact)
                if found.count() > nth:
                    return found.nth(nth)
            # "未上交 3 同步"
            tab = self.page.get_by_role("tab", name=re.compile(rf"\s{re.escape(name)}$"))
            if tab.count() > nth:
                return tab.nth(nth)
            labelled = self.page.get_by_label(name, exact=exact)
            if labelled.count() > nth:
                return labelled.nth(nth)
            self.page.mouse.wheel(0, 240)
            self.page.wait_for_timeout(200)
        raise AssertionError(f"nothing to tap called {name}\n{self._seen()}")

    def _seen(self) -> str:
        try:
            return "\n".join(
                dict.fromkeys(line for line in self.text().splitlines() if line.strip())
            )
        except Error as error:
            return f"(the page is gone: {error})"
