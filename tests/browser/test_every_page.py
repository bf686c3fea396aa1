"""Every page of the console, in both languages, with a season's work on it and on the first day: axe, width, keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from litestar import Litestar
from playwright.sync_api import Browser, Page, expect

from sync_server.console.web import sessions
from sync_server.settings import Settings
from tests.support import console_pages
from tests.support.browser.office_of_pages import alone, office
from tests.support.browser.page_faults import NARROW, OLD_OFFICE, axe, cut, keyboard, opened
from tests.support.browser.waits import loaded
from tests.support.console_browser import Browser as Window
from tests.support.console_browser import signed_in
from tests.support.console_pages import OF_ROLES, POSTED, WITHOUT_SIGN_IN, Season

PHONES = ("/enrol", "/trust", "/connect/test")
"""Pages for phones: they have a frame and a style of their own."""


SEND = """([action, fields]) => {
  const form = Object.assign(document.createElement("form"), {method: "post", action})
  for (const [name, value] of Object.entries(fields)) form.append(Object.assign(document.createElement("input"), {name, value}))
  document.body.append(form)
  form.submit()
}"""


class Office:
    """The console on a socket, with a window for who opens a page."""

    def __init__(
        self, app: Litestar, url: str, browser: Browser, season: Season, admin: Window
    ) -> None:
        self.app, self.url, self.season = app, url, season
        self._browser = browser
        self._windows = {"admin": self._window(admin)}

    def _window(self, who: Window | None) -> Page:
        context = self._browser.new_context(viewport=NARROW, reduced_motion="reduce")
        if who is not None:
            value = who.http.cookies[sessions.COOKIE]
            context.add_cookies([{"name": sessions.COOKIE, "value": value, "url": self.url}])
        return context.new_page()

    def window(self, who: str) -> Page:
        """A window in which somebody has signed in; "" for nobody."""
        if who not in self._windows:
            self._windows[who] = self._window(alone(signed_in(self.app, who)) if who else None)
        return self._windows[who]

    def open(self, path: str, language: str = "zh", who: str = "") -> Page:
        """A page, opened by who may."""
        nobody = path.startswith(WITHOUT_SIGN_IN)
        page = self.window("" if nobody else who or OF_ROLES.get(path, "admin"))
        page.context.add_cookies(
            [{"name": "doorstep_language", "value": language, "url": self.url}]
        )
        answer = page.goto(self.url + self.season.at(path))
        assert answer is not None
        assert answer.status == 200, f"{path}: {answer.status}"
        assert "text/html" in answer.headers["content-type"], (
            f"{path} is no page: name it in NO_PAGE"
        )
        return page

    def may_open(self, path: str, who: str) -> bool:
        """Whether a page opens to somebody, and leads nowhere else."""
        answer = self.window(who).request.get(self.url + self.season.at(path), max_redirects=0)
        return answer.status == 200

    def send(self, path: str) -> Page:
        """A page that a form answers with, as an admin sends it."""
        page = self.open("/password")
        fields = {
            **POSTED[path],
            "_csrf_token": page.locator("[name=_csrf_token]").first.input_value(),
        }
        with page.expect_navigation():
            page.evaluate(SEND, [self.season.at(path), fields])
        loaded(page)
        return page


@contextmanager
def served(settings: Settings, browser: Browser, make: Any) -> Iterator[Office]:
    with office(settings, make) as (app, url, season, admin):
        yield Office(app, url, browser, season, admin)


def listed(found: dict[str, list[str]]) -> str:
    """Every fault, a line each."""
    return "\n".join(f"{path}\n    " + "\n    ".join(wrong) for path, wrong in found.items())


def faults(page: Page, *, whole: bool) -> list[str]:
    """What is wrong with a page as it stands in the window; `whole`: colours too, and every width with all unfolded."""
    found = keyboard(page) if not page.url.split("/", 3)[3].startswith(PHONES) else []
    found += cut(page, OLD_OFFICE)
    if whole:
        found += axe(page, rules="all")
    opened(page)
    found += cut(page, NARROW) + axe(page, rules="all" if whole else "plain")
    return list(dict.fromkeys(found))


def test_no_page_has_a_fault_with_a_seasons_work_on_it(
    app_settings: Settings, browser: Browser
) -> None:
    found: dict[str, list[str]] = {}
    with served(app_settings, browser, console_pages.full_season) as desk:
        for path in console_pages.pages(desk.app):
            if wrong := faults(desk.open(path), whole=False):
                found[path] = wrong
        skipped(desk.open("/accounts"))
    assert not found, listed(found)


def skipped(page: Page) -> None:
    """The way past the menu: the first stop of the keyboard, and it leads to what the page is about."""
    page.keyboard.press("Tab")
    expect(page.locator("a.skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("main :focus")).to_have_count(1)


@pytest.mark.extended
@pytest.mark.parametrize(
    ("make", "language"),
    [
        (console_pages.full_season, "zh"),
        (console_pages.full_season, "en"),
        (console_pages.empty_season, "zh"),
    ],
)
def test_every_page_in_full(
    app_settings: Settings, browser: Browser, make: Any, language: str
) -> None:
    found: dict[str, list[str]] = {}
    with served(app_settings, browser, make) as desk:
        for path in console_pages.pages(desk.app):
            if make is console_pages.empty_season and not desk.season.has(path):
                continue  # nothing of its kind is there yet
            if wrong := faults(desk.open(path, language), whole=True):
                found[path] = wrong
        for path in console_pages.posted(desk.app):
            if desk.season.has(path) and (wrong := faults(desk.send(path), whole=True)):
                found[f"POST {path}"] = wrong
    assert not found, listed(found)


@pytest.mark.extended
@pytest.mark.parametrize("who", ["officer-one", "one", "auditor"])
def test_every_page_as_each_role_sees_it(
    app_settings: Settings, browser: Browser, who: str
) -> None:
    found: dict[str, list[str]] = {}
    seen = 0
    with served(app_settings, browser, console_pages.full_season) as desk:
        for path in console_pages.pages(desk.app):
            if path.startswith(WITHOUT_SIGN_IN) or not desk.may_open(path, who):
                continue
            seen += 1
            if wrong := faults(desk.open(path, who=who), whole=True):
                found[path] = wrong
    assert not found, listed(found)
    assert seen > 3
