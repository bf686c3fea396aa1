"""Slips handed in without a script and with the keyboard alone: the school's sheet, the desk, the receipt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, expect

from sync_server.app import create_app
from sync_server.settings import Settings
from sync_server.store import cases
from tests.support.console_browser import people
from tests.support.county import SEASON, fill
from tests.support.desk import DESKS, Desk
from tests.support.serve import on_socket

pytestmark = pytest.mark.extended


@contextmanager
def office(settings: Settings) -> Iterator[tuple[str, list[str]]]:
    """The office with a school of twelve: its address, and the codes of its people."""
    app = create_app(settings)
    services = app.state["services"]
    services.database.write(lambda c: fill(c, (12, 3)))
    people(services)
    rows = services.database.read(lambda c: cases.rows(c, SEASON, unit="01"))
    try:
        with on_socket(app) as url:
            yield url, [row["code"] for row in rows]
    finally:
        services.close()


@pytest.mark.parametrize("size", DESKS, ids=("desk", "phone"))
def test_a_batch_goes_through_the_desk_without_a_script(
    app_settings: Settings, browser: Browser, size: dict[str, int]
) -> None:
    with office(app_settings) as (url, codes):
        school = Desk(browser, url, "one", size)
        school.open("/schools/01/hand-in")
        school.page.fill("textarea[name=codes]", " ".join(codes[:4]))
        school.press("放进下一批")
        school.see("第 1 批准备好了")
        assert "签收单共4张" in school.pdf("sheet.pdf")
        school.press("送交中心")
        batch = school.page.url.removeprefix(url)

        officer = Desk(browser, url, "officer", size)
        officer.open("/hand-in")
        with officer.page.expect_navigation():
            officer.page.get_by_role("link", name="点收 ›").first.click()
        expect(officer.page).to_have_url(f"{url}{batch}")
        officer.enter("1")
        officer.enter(codes[1].lower())
        officer.enter(f"DS1N:{codes[2]}")
        officer.enter(codes[6])
        officer.see("实收 4 张")
        officer.see("未到 1 张")
        officer.enter("-3")
        officer.enter("99")
        officer.see("没有第 99 行")
        expect(officer.page.locator("input[name=entry]")).to_have_value("99")
        officer.page.fill("input[name=given_by]", "史联络")
        officer.press("收下这 3 张")
        officer.see("已点收")
        receipt = officer.pdf("receipt.pdf")
        assert receipt.count("签收单3张") == 2
        assert receipt.count("未到2张") == 2
        assert receipt.count("单外补交1张") == 2
        assert receipt.count("送交人史联络") == 2
        school.page.reload()
        school.see("未到 2 张")


def test_the_field_of_the_desk_has_the_focus_and_one_enter_is_one_slip(
    app_settings: Settings, browser: Browser
) -> None:
    with office(app_settings) as (url, codes):
        officer = Desk(browser, url, "officer", DESKS[0])
        officer.open("/schools/01/hand-in")
        officer.page.fill("textarea[name=desk_codes]", codes[0])
        officer.press("记作新的一批")
        for count, code in enumerate(codes[1:6], start=2):
            officer.enter(code)
            officer.see(f"实收 {count} 张")
