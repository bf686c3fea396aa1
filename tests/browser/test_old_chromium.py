"""Every page of the console in Chromium 80: whole in its window, and no words that run together where it knows no gap."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar

from sync_server.console.web import sessions
from sync_server.settings import Settings
from tests.support import console_pages
from tests.support.browser.office_of_pages import alone, office
from tests.support.browser.old_chromium import NotToBeHadError, OldPage, chromium_80
from tests.support.browser.page_faults import CUT, TOGETHER
from tests.support.console_browser import signed_in
from tests.support.console_pages import OF_ROLES, WITHOUT_SIGN_IN

pytestmark = pytest.mark.extended
SIZES = ((1366, 768), (390, 844))


@pytest.fixture
def old() -> Iterator[OldPage]:
    try:
        with chromium_80() as page:
            yield page
    except NotToBeHadError as why:
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(f"REQUIRE_BROWSER=1, but there is no Chromium 80: {why}")
        pytest.skip(f"NO CHROMIUM 80, no page was looked at in it: {why}")


def test_it_is_chromium_80(old: OldPage) -> None:
    assert "Chrome/80." in old.evaluate("navigator.userAgent")
    assert old.evaluate("CSS.supports('appearance', 'none')") is False, "what gaps are told by"


def test_every_page_reads_well(app_settings: Settings, old: OldPage, tmp_path: Path) -> None:
    found: dict[str, list[str]] = {}
    with office(app_settings, console_pages.full_season) as (app, url, season, admin):
        cookies = {"admin": admin.http.cookies[sessions.COOKIE]}
        for path in console_pages.pages(app):
            nobody = path.startswith(WITHOUT_SIGN_IN)
            who = "" if nobody else OF_ROLES.get(path, "admin")
            _become(old, app, url, who, cookies)
            wrong = []
            for width, height in SIZES:
                old.size(width, height)
                old.open(url + season.at(path))
                wrong += [
                    f"{width}: {one}"
                    for one in (*old.evaluate(f"({CUT})()"), *old.evaluate(f"({TOGETHER})()"))
                ]
                name = path.strip("/").replace("/", "-").replace(":str", "") or "home"
                old.picture(tmp_path / f"{name}-{width}.png")
            if wrong:
                found[path] = wrong
    lines = (f"{path}: {one}" for path, wrong in found.items() for one in wrong)
    assert not found, "\n".join(lines)


def _become(old: OldPage, app: Litestar, url: str, who: str, cookies: dict[str, str]) -> None:
    if who and who not in cookies:
        cookies[who] = alone(signed_in(app, who)).http.cookies[sessions.COOKIE]
    old.ask("Network.clearBrowserCookies")
    if who:
        old.cookie(sessions.COOKIE, cookies[who], url)
