"""Waiting until the start page of the web app has gone."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.support.browser.driver import Screen

SHOWN_S = 90
START_PAGE = "#start-page"


def shown(page: Page) -> Screen:
    """Wait until the start page has gone, then read the app."""
    page.locator(START_PAGE).wait_for(state="hidden", timeout=SHOWN_S * 1000)
    return Screen(page, "").wake()
