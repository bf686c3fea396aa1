"""A new phone is enrolled by hand: address, eight digits, the liaison's confirmation by name, the list."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from sync_server.office import phones
from sync_server.store import devices
from tests.browser.driver import AppProcess, Screen, context_of
from tests.browser.small_county import TEACHER, SmallCounty, set_up


@pytest.fixture
def county(tmp_path: Path) -> Iterator[SmallCounty]:
    made = set_up(tmp_path / "county")
    yield made
    made.close()


def confirm(county: SmallCounty) -> None:
    """What the liaison does on her computer: everyone who waits is who she thinks."""
    services = county.services
    for device in services.database.read(lambda c: devices.of_unit(c, "2019", county.unit)):
        phones.confirm(services, device.id, who="联络员")


def test_a_phone_waits_for_the_liaison_and_then_has_its_list(
    browser: Browser, county: SmallCounty, tmp_path: Path
) -> None:
    code = phones.issue(county.services, county.unit, TEACHER, who="联络员").code
    app = AppProcess(tmp_path / "new-phone", clock=county.clock).start()
    context = context_of(browser)
    try:
        screen = Screen(context.new_page(), app.url).open()
        screen.see("老师,您好").type("服务器地址", county.url).type("登记码(8 位数字)", code).tap("登记这部手机")
        screen.see(f"{TEACHER}老师,请联络员确认一下").tap("已确认,取名单").see("联络员还没有确认")
        confirm(county)
        screen.tap("已确认,取名单").see("接下来去", wait_s=30).see("欧阳*")
    finally:
        context.close()
        app.stop()
