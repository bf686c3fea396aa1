"""The web app from a bare static server: it asks no other server, and its start page says what to do where nothing starts.

The app inside is tiny (tests/support/sites.py); Flutter's client, Python's runtime and the start page are the real ones.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support.browser.driver import context_of
from tests.support.browser.shown import shown
from tests.support.sites import tiny_site
from tests.support.static_site import served

pytestmark = pytest.mark.extended

WORDS = "第一版"
WITHOUT_TIMEOUT = "delete AbortSignal.timeout; delete Element.prototype.replaceChildren;"
"""A browser of 2020 to 2022, as far as our own scripts go."""
NO_FLUTTER = """Object.defineProperty(window, "_flutter", { set() {}, get: () => ({ loader: { load: () => %s } }) });"""
REJECTS = NO_FLUTTER % 'Promise.reject(new Error("CanvasKit is not here"))'
STANDS_STILL = (
    NO_FLUTTER % "new Promise(() => null)"
    + "const wait = window.setTimeout; window.setTimeout = (act, ms, ...more) => wait(act, ms === 60000 ? 3000 : ms, ...more);"
)
SAYS_WHAT_TO_DO = """() => {
  const shown = document.querySelector("#start-page").innerText;
  return shown.includes("这个浏览器没能打开“上门”") && shown.includes("纸质记录表")
    && !shown.includes("正在打开") && shown.includes("再试一次");
}"""


@pytest.fixture(scope="module")
def url(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app's address; `browser` first, for without one nothing is built."""
    web = tmp_path_factory.mktemp("bare") / "web"
    tiny_site(web / "app", WORDS)
    with served(web) as address:
        yield f"{address}/app/"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = context_of(browser)
    yield context.new_page()
    context.close()


def test_a_start_asks_no_other_server(url: str, page: Page) -> None:
    asked: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))
    page.goto(url)
    shown(page).see(WORDS)
    other = [each for each in asked if not each.startswith((url, "blob:", "data:", "about:"))]
    assert len(asked) > 10
    assert other == []


def test_a_browser_without_newer_functions_starts(url: str, page: Page) -> None:
    page.add_init_script(WITHOUT_TIMEOUT)
    page.goto(url)
    shown(page).see(WORDS)


@pytest.mark.parametrize("script", [REJECTS, STANDS_STILL], ids=["rejects", "stands-still"])
def test_a_start_that_fails_inside_flutter_says_what_to_do(
    script: str, url: str, page: Page
) -> None:
    page.add_init_script(script)
    page.goto(url)
    # Asked together: while Python still starts, the words may come too early and go once more.
    page.wait_for_function(SAYS_WHAT_TO_DO, timeout=90_000)
