"""A pile of scanned slips typed in as delivery records, in Chromium without JavaScript: the keys are counted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from sync_server.app import create_app
from sync_server.office import keyed_records
from sync_server.services import Services
from sync_server.settings import Settings
from tests.support.browser.keyboard import Keyboard, sign_in
from tests.support.browser.waits import WAIT_S
from tests.support.console_browser import people
from tests.support.county import SEASON, fill
from tests.support.devices import case_ids
from tests.support.filed_slips import file_slips
from tests.support.paper import teacher
from tests.support.serve import on_socket

pytestmark = pytest.mark.extended

PILE = 4
MOST_KEYS = 20
"""Keys of one slip, Enter on the list among them: 40 slips are 800 keys, ten minutes at 80 a minute."""


@pytest.fixture
def services(app_settings: Settings) -> Iterator[tuple[Services, str]]:
    """A server with a pile of filed slips, and its address."""
    app = create_app(app_settings)
    services: Services = app.state["services"]
    people(services)
    services.database.write(lambda c: fill(c))
    here = services.for_season(SEASON)
    for name in ("何建军", "李敏"):
        teacher(here, name)
    try:
        with on_socket(app) as url:
            yield here, url
    finally:
        services.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.set_default_timeout(WAIT_S * 1000)
    yield page
    context.close()


def test_a_pile_of_slips_becomes_delivery_records_with_few_keys_each(
    page: Page, services: tuple[Services, str]
) -> None:
    here, url = services
    pile = list(reversed(case_ids(here, "01")[:PILE]))
    scans = file_slips(here, pile)
    keyboard = Keyboard(page, url)
    sign_in(keyboard, "one")
    keyboard.open("/schools/01/paper/slips")
    keys = []
    for number in range(PILE):
        before = keyboard.keys
        keyboard.focused("录送达").enter()
        expect(page.locator("#slip")).to_have_value("1")
        if not number:
            keyboard.to("teacher").type("1")
        keyboard.to("day").type("1209").press("Tab").type("930").press("Tab").type("1")
        keyboard.press("Tab").type("1").press("Tab").type("1")
        if not number:
            keyboard.to("a-servers").type("2")
        keyboard.enter().see("已记下")
        keys.append(keyboard.keys - before)
    keyboard.see("都有送达记录了")
    assert max(keys[1:]) <= MOST_KEYS, keys
    kept = {line.case.id: line.fact for line in keyed_records.from_paper(here, "01")}
    assert [kept[case].photos for case in pile] == [(scan,) for scan in scans]
    assert not any("flags" in fact.body for fact in kept.values())
