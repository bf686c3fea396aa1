"""B9 to B13: the installed web app in week three beside the same phone on its first day, in Chromium.

    B9  the last digit of the PIN to Today     B10 保存 to its confirmation
    B11 a photo picked to its thumbnail        B12 a key of a search to its result
    B13 megabytes that IndexedDB gets for a form of four taps and its save, in week three alone

`python -m tests.bench.week_three [rounds]` runs it alone. Both phones take turns, so that whatever else the machine does
strikes both alike; the first round warms up and does not count. The page's own clock takes the times, from the touch or
key to the words in its semantics tree. A bare static server gives the site: nobody answers the app's syncs.
"""

from __future__ import annotations

import io
import statistics
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from urllib.parse import quote

from PIL import Image
from playwright.sync_api import Playwright, sync_playwright

from shared.ids import show_case_code
from tests.support.browser.driver import PIN
from tests.support.browser.installed import TALL, AppScreen, Installed
from tests.support.browser.ready import in_thread
from tests.support.phone.seed import CLOCK, case
from tests.support.phone.week_three import PHOTOS, RECORDS, InBrowser, phone_in_browser
from tests.support.sites import real_site
from tests.support.static_site import served

ROUNDS = 5
FRESH, WEEK_THREE = "fresh", "week-three"
BOUNDS = {"PIN to Today": 1.5, "save": 1.2, "photo": 1.2, "search": 1.5}
SAVE_MB = 0.3
SEARCH = "找人：姓名、拼音首字母、村或编号"
TODAY, LIST, SAVED, SHARP = "接下来", "名单", "已记在手机里", "照片清楚"
NINE, FOUND = "共 9 人", "共 1 人"
REST_MS = 1500
"""After a tap that writes: longer than a draft's delay and what is written behind the screen."""
STOPWATCH = """
window.watch = {began: 0, wanted: '', at: 0};
for (const kind of ['pointerdown', 'keydown', 'change']) addEventListener(kind, () => { watch.began = performance.now(); }, true);
new MutationObserver(() => {
  if (!watch.wanted || watch.at) return;
  const host = document.querySelector('flt-semantics-host');
  const text = host?.textContent + [...host?.querySelectorAll('[aria-label]') ?? []].map((e) => e.ariaLabel).join(' ');
  if (text.includes(watch.wanted)) watch.at = performance.now();
}).observe(document, {subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ['aria-label']});
"""
COUNTING = """() => {
  if (self.stored_bytes !== undefined) return;
  self.stored_bytes = 0;
  const size = (value) => ArrayBuffer.isView(value) || value instanceof ArrayBuffer ? value.byteLength
    : value && typeof value === 'object' ? Object.values(value).reduce((sum, one) => sum + size(one), 0) : 0;
  const put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = function (value, ...key) { self.stored_bytes += size(value); return put.call(this, value, ...key); };
}"""
"""In the worker where Python runs: counts the bytes that are given to IndexedDB."""
FILL = """async (name) => {
  const given = await (await fetch(`/${name}.json`)).json();
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const opened = (name, version, stores) => new Promise((done, failed) => {
    const request = indexedDB.open(name, version);
    request.onupgradeneeded = () => stores(request.result);
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
  const stored = (database, store, values) => new Promise((done, failed) => {
    const change = database.transaction(store, 'readwrite');
    for (const [key, value] of values) change.objectStore(store).put(value, key);
    change.oncomplete = () => { done(); };
    change.onabort = () => failed(change.error);
  });
  const whole = await opened('/doorstep', 21, (db) => db.createObjectStore('FILE_DATA').createIndex('timestamp', 'timestamp'));
  const file = { timestamp: new Date(), mode: 0o100666, contents: bytes(given.database) };
  await stored(whole, 'FILE_DATA', [['/doorstep/phone.db', file]]);
  whole.close();
  const shelf = await opened('doorstep', 1, (db) => ['files', 'photos', 'keys'].forEach((s) => db.createObjectStore(s)));
  const key = await crypto.subtle.importKey('raw', bytes(given.secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  await stored(shelf, 'keys', [['device-secret', key]]);
  await stored(shelf, 'files', [['keys.json', bytes(given.keys)]]);
  for (const sha256 of given.photos) {
    const photo = new Uint8Array(given.photo_bytes);
    for (let at = 0; at < photo.length; at += 65536) crypto.getRandomValues(photo.subarray(at, at + 65536));
    await stored(shelf, 'photos', [[sha256, photo]]);
  }
  shelf.close();
}"""
"""Fills a browser's storage with a phone, as an earlier version of the app left it."""


class Phone:
    """One browser with a phone in it, off between the rounds."""

    def __init__(self, installed: Installed, name: str) -> None:
        self._installed = installed
        self._name = name
        self._people = count(1)

    def fill(self) -> None:
        """Put the phone into the browser, then install the app."""
        page = self._installed.on(TALL).page
        page.goto(f"{self._installed.url}/empty.html")
        page.evaluate(FILL, self._name)
        screen = self._installed.window(page)
        screen.open(f"/?clock={quote(CLOCK, safe='')}", bare=True).see("上门已锁定")
        self._installed.off()

    def round(self, photo: bytes) -> dict[str, float]:
        """One start and each of the measures once; seconds, and `mb` stored for a save."""
        screen = self._installed.on(TALL)
        try:
            screen.open(bare=True).see("上门已锁定")
            screen.page.workers[-1].evaluate(COUNTING)
            took = {"PIN to Today": _pin(screen)}
            number = next(self._people)
            took["search"] = _search(screen, show_case_code(case(number).code))
            screen.tap("QH07", exact=False).see("要记什么？")
            took["save"], took["mb"] = _save(screen)
            took["photo"] = _photo(screen, photo)
            return took
        finally:
            self._installed.off()


def _seconds(screen: AppScreen, words: str, act: Callable[[], object]) -> float:
    """From the touch or key of `act` to `words`, which are not on screen yet."""
    screen.page.evaluate("words => { watch.wanted = words; watch.at = 0; }", words)
    act()
    screen.until("watch.at > 0")
    return float(screen.page.evaluate("watch.at - watch.began")) / 1000


def _pin(screen: AppScreen) -> float:
    screen.keys(PIN[:-1])
    took = _seconds(screen, TODAY, partial(screen.page.keyboard.press, PIN[-1]))
    screen.page.wait_for_timeout(REST_MS)  # what is done behind the first screen
    return took


def _search(screen: AppScreen, code: str) -> float:
    """`code` of one of the first nine people: nine are found until its last digit is typed."""
    before, key = code[:8], code[8]
    screen.tap(LIST).see("共 ").type(SEARCH, before).see(NINE).page.wait_for_timeout(REST_MS)
    return _seconds(screen, FOUND, partial(screen.page.keyboard.press, key))


def _save(screen: AppScreen) -> tuple[float, float]:
    worker = screen.page.workers[-1]
    before = worker.evaluate("self.stored_bytes")
    screen.tap("上门走访").see("见到了谁？").tap("本人").tap("家庭经济困难").tap("情况紧急")
    button = screen.page.get_by_role("button", name="保存").first
    took = _seconds(screen, SAVED, partial(button.click, force=True))
    screen.page.wait_for_timeout(REST_MS)
    return took, (worker.evaluate("self.stored_bytes") - before) / 1e6


def _photo(screen: AppScreen, photo: bytes) -> float:
    screen.see("要记什么？").tap("送达通知书").tap("当面送达").tap("本人").tap("拍签收单").see(
        "从相册选"
    )
    with screen.page.expect_file_chooser() as chooser:
        screen.tap("从相册选")
    screen.page.evaluate("watch.began = performance.now()")
    file = {"name": "slip.jpg", "mimeType": "image/jpeg", "buffer": photo}
    return _seconds(screen, SHARP, lambda: chooser.value.set_files([file]))


def _photo_file(seed: int) -> bytes:
    """A sharp picture of three megapixels, another each time."""
    out = io.BytesIO()
    Image.effect_noise((2048, 1536), 40 + seed).convert("RGB").save(out, "JPEG", quality=85)
    return out.getvalue()


def measure(playwright: Playwright, folder: Path, rounds: int) -> dict[str, list[dict[str, float]]]:
    """What each round took on both phones."""
    web = folder / "web"
    real_site(web / "app")
    (web / "empty.html").write_text("<!doctype html><title>empty</title>", "utf-8")
    made = {FRESH: (0, 0), WEEK_THREE: (RECORDS, PHOTOS)}
    for name, (records, photos) in made.items():
        work = phone_in_browser(folder / name, PIN, records=records, photos=photos)
        phone: InBrowser = in_thread(work)
        (web / f"{name}.json").write_bytes(phone.as_json())
    took: dict[str, list[dict[str, float]]] = {name: [] for name in made}
    with served(web) as url:
        phones = {
            name: Phone(
                Installed(playwright, folder / f"{name}-browser", url, folder / "none", STOPWATCH),
                name,
            )
            for name in made
        }
        for phone_there in phones.values():
            phone_there.fill()
        for number in range(rounds + 1):
            photo = _photo_file(number)
            for name, phone_there in phones.items():
                took[name].append(phone_there.round(photo))
                sys.stderr.write(f"{name}: {took[name][-1]}\n")
    return {name: rows[1:] for name, rows in took.items()}


def ratios(rounds: int = ROUNDS) -> tuple[dict[str, list[float]], float]:
    """Of each measure the ratios week three / fresh, round by round; the megabytes of a save."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        took = measure(playwright, Path(folder), rounds)
    pairs = list(zip(took[WEEK_THREE], took[FRESH], strict=True))
    found = {name: [late[name] / early[name] for late, early in pairs] for name in BOUNDS}
    return found, statistics.median(row["mb"] for row in took[WEEK_THREE])


def main() -> None:
    """Print the ratios."""
    found, mb = ratios(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
    for name, each in found.items():
        shown = f"{statistics.median(each):.2f} ({min(each):.2f} to {max(each):.2f})"
        sys.stdout.write(f"{name}: {shown}, bound {BOUNDS[name]}\n")
    sys.stdout.write(f"a form and its save: {mb:.2f} MB, bound {SAVE_MB}\n")


if __name__ == "__main__":
    main()
