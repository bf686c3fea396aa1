"""Every page of the console in Chromium 80: whole in its window, and no words that run together where it knows no gap."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from sync_server.console.web import sessions
from sync_server.settings import Settings
from tests.support import console_pages
from tests.support.browser.office_of_pages import alone, office
from tests.support.browser.old_chromium import (
    NotToBeHadError,
    OldPage,
    WindowHungError,
    chromium_80,
)
from tests.support.browser.page_faults import CUT, TOGETHER
from tests.support.console_browser import signed_in
from tests.support.console_pages import OF_ROLES, WITHOUT_SIGN_IN, Season

pytestmark = pytest.mark.extended
SIZES = ((1366, 768), (390, 844))


@contextmanager
def window() -> Iterator[OldPage]:
    try:
        with chromium_80() as page:
            yield page
    except NotToBeHadError as why:
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(f"REQUIRE_BROWSER=1, but there is no Chromium 80: {why}")
        pytest.skip(f"NO CHROMIUM 80, no page was looked at in it: {why}")


def test_it_is_chromium_80() -> None:
    with window() as old:
        assert "Chrome/80." in old.evaluate("navigator.userAgent")
        assert old.evaluate("CSS.supports('appearance', 'none')") is False, "what gaps are told by"


def test_every_page_reads_well(app_settings: Settings, tmp_path: Path) -> None:
    found: list[str] = []
    with office(app_settings, console_pages.full_season) as (app, url, season, admin):
        cookies = {"": "", "admin": admin.http.cookies[sessions.COOKIE]}
        left = list(console_pages.pages(app))
        tries = 0
        while left:
            tries += 1
            assert tries < 12, f"{left[0]} does not open"
            with suppress(WindowHungError), window() as old:  # then a new one goes on
                while left:
                    who = (
                        ""
                        if left[0].startswith(WITHOUT_SIGN_IN)
                        else OF_ROLES.get(left[0], "admin")
                    )
                    if who not in cookies:
                        cookies[who] = alone(signed_in(app, who)).http.cookies[sessions.COOKIE]
                    found += wrong(old, left[0], url, season, cookies[who], tmp_path)
                    left.pop(0)
    assert not found, "\n".join(found)


def wrong(
    old: OldPage, path: str, url: str, season: Season, cookie: str, pictures: Path
) -> list[str]:
    """What is wrong with a page at either size; its pictures are kept."""
    old.ask("Network.clearBrowserCookies")
    if cookie:
        old.cookie(sessions.COOKIE, cookie, url)
    found = []
    for width, height in SIZES:
        old.size(width, height)
        old.open(url + season.at(path))
        faults = [*old.evaluate(f"({CUT})()"), *old.evaluate(f"({TOGETHER})()")]
        found += [f"{path} at {width}: {one}" for one in faults]
        name = path.strip("/").replace("/", "-").replace(":str", "") or "home"
        old.picture(pictures / f"{name}-{width}.png")
    return found
