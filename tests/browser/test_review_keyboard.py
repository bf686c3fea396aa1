"""The review with the keyboard alone and without a script, on an old desk, a narrower one and a phone."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from playwright.sync_api import Browser, expect

from sync_server.app import create_app
from sync_server.office import slips
from sync_server.settings import Settings
from tests.support.browser.waits import eventually
from tests.support.console_browser import people
from tests.support.county import fill
from tests.support.desk import Desk
from tests.support.devices import RawPhone, asgi, case_ids, working_phone
from tests.support.review_school import deliveries, of_every_kind, slip, store_photos
from tests.support.serve import on_socket

pytestmark = pytest.mark.extended

OVER = "document.documentElement.scrollWidth > innerWidth"
FOCUS = "document.activeElement.id || document.activeElement.innerText"
TURNED = "getComputedStyle(document.querySelector('.shot img')).transform"
SIZES = (
    {"width": 1366, "height": 768},
    {"width": 1200, "height": 800},
    {"width": 390, "height": 780},
)


@pytest.mark.parametrize("size", SIZES, ids=("1366", "1200", "390"))
def test_records_are_judged_one_after_the_other_by_two_keys_each(
    app_settings: Settings, browser: Browser, size: dict[str, int]
) -> None:
    app = create_app(app_settings)
    services = app.state["services"].in_season()
    services.database.write(lambda c: fill(c, (4, 3)))
    people(services)

    async def phone() -> RawPhone:
        async with httpx.AsyncClient(transport=asgi(app), base_url="http://server") as http:
            return await working_phone(http, services)

    with ThreadPoolExecutor(1) as apart:  # Playwright's own loop runs in this thread
        teacher = apart.submit(lambda: asyncio.run(phone())).result()
    of_every_kind(services, teacher, case_ids(services, "01")[0])
    deliveries(services, teacher, store_photos(services, [slip(1, sharp=False)]))
    slips.read_slips(services, "01")

    try:
        with on_socket(app) as url:
            desk = Desk(browser, url, "one", size)
            desk.open("/schools/01/review")
            page = desk.page
            desk.see("待复核 5")
            desk.see("照片模糊")
            eventually(page, lambda: bool(page.evaluate(OVER)), wanted=False)
            page.locator("section button[value=accepted]").first.focus()
            with page.expect_navigation():
                page.keyboard.press("Enter")
            desk.see("待复核 4")
            for left in (3, 2):
                eventually(page, lambda: str(page.evaluate(FOCUS)).startswith("f-"))
                page.keyboard.press("Tab")
                expect(page.locator("button:focus")).to_have_text("通过")
                with page.expect_navigation():
                    page.keyboard.press("Enter")
                desk.see(f"待复核 {left}")
            page.keyboard.press("Tab")
            page.keyboard.press("Tab")
            expect(page.locator("button:focus")).to_have_text("退回")
            with page.expect_navigation():
                page.keyboard.press("Enter")
            desk.see("退回的理由")
            expect(page.locator("section .say.bad")).to_be_visible()
            desk.open("/schools/01/review?show=accepted&kind=notice_delivery")
            page.locator(".turn input").first.focus()
            page.keyboard.press("ArrowRight")
            eventually(page, lambda: "-1" in str(page.evaluate(TURNED)))
            page.locator(".zoom summary").first.focus()
            page.keyboard.press("Enter")
            expect(page.locator(".zoom img").first).to_be_visible()
            eventually(page, lambda: bool(page.evaluate(OVER)), wanted=False)
            desk.open("/schools/01/review")
            page.locator("#together button.main-act").focus()
            with page.expect_navigation():
                page.keyboard.press("Enter")
            desk.see("没有等您复核的记录")
            desk.press("撤回这一批")
            desk.see("待复核 2")
    finally:
        services.close()
