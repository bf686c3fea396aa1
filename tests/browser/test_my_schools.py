"""An officer's schools in a browser without a script, with the keyboard, on a desk and on a phone, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from sync_server.app import create_app
from sync_server.settings import Settings
from sync_server.store import units
from tests.support.browser.waits import eventually
from tests.support.console_browser import people
from tests.support.county import SEASON, fill
from tests.support.desk import DESKS, Desk
from tests.support.serve import on_socket

pytestmark = pytest.mark.extended

OVER = "document.documentElement.scrollWidth > innerWidth"


@pytest.mark.parametrize("size", DESKS, ids=("desk", "phone"))
def test_an_admin_chooses_schools_and_the_officer_works_in_them(
    app_settings: Settings, browser: Browser, size: dict[str, int], tmp_path: Path
) -> None:
    app = create_app(app_settings)
    services = app.state["services"]
    services.database.write(lambda c: fill(c, (12, 3, 5)))
    people(services)
    services.database.write(
        lambda c: units.put_unit(
            c, SEASON, "柳泉镇中心校", townships="柳泉镇、河东镇", liaison_phone="13800000001"
        )
    )
    try:
        with on_socket(app) as url:
            officer = Desk(browser, url, "officer-none", size)
            expect(officer.page).to_have_url(f"{url}/my-schools")
            officer.see("您的账号还没有选定学校")
            eventually(officer.page, lambda: bool(officer.page.evaluate(OVER)), wanted=False)

            admin = Desk(browser, url, "admin", size)
            admin.see("还没有给包联同志选学校:officer-none先生")
            admin.open("/accounts")
            eventually(admin.page, lambda: bool(admin.page.evaluate(OVER)), wanted=False)
            row = admin.page.locator("tr", has_text="officer-none")
            row.get_by_text("选学校…").focus()
            admin.page.keyboard.press("Enter")
            row.get_by_label("柳泉镇中心校").focus()
            admin.page.keyboard.press("Space")
            row.get_by_label("第2小学").focus()
            admin.page.keyboard.press("Space")
            eventually(admin.page, lambda: bool(admin.page.evaluate(OVER)), wanted=False)
            admin.page.screenshot(path=tmp_path / "accounts.png", full_page=True)
            row.get_by_role("button", name="保存学校：officer-none先生").focus()
            with admin.page.expect_navigation():
                admin.page.keyboard.press("Enter")
            admin.see("officer-none先生 现在看得到 2 所学校")

            officer.open("/")
            officer.see("应还 17 人")
            officer.see("13800000001")
            officer.see_not("青石镇中心校")
            eventually(officer.page, lambda: bool(officer.page.evaluate(OVER)), wanted=False)
            officer.page.screenshot(path=tmp_path / "my-schools.png", full_page=True)
            officer.page.locator('a[href="/schools/01"]').focus()
            with officer.page.expect_navigation():
                officer.page.keyboard.press("Enter")
            expect(officer.page).to_have_url(f"{url}/schools/01")
            for path, words in (
                ("/morning", "最急的在前"),
                ("/schools/01/morning", "每天到哪一步"),
            ):
                officer.open(path)
                officer.see(words)
                officer.see("先办")
                picture = officer.page.locator("img.days")
                eventually(
                    officer.page, lambda one=picture: bool(one.evaluate("p => p.naturalWidth"))
                )
                eventually(officer.page, lambda: bool(officer.page.evaluate(OVER)), wanted=False)
            officer.page.set_viewport_size({"width": 390, "height": 844})
            entry, menu = (officer.page.locator(at).first for at in ("nav a", "#menu-open"))
            expect(entry).to_be_hidden()  # a page begins with what it is about
            menu.focus()
            officer.page.keyboard.press("Space")
            expect(entry).to_be_visible()
            officer.page.get_by_text("目录", exact=True).click()
            expect(entry).to_be_hidden()
            officer.page.set_viewport_size({"width": 1366, "height": 768})
            expect(entry).to_be_visible()
            expect(menu).to_be_hidden()
            officer.open("/language/en?back=/my-schools")
            officer.see("Total of my schools")
            eventually(officer.page, lambda: bool(officer.page.evaluate(OVER)), wanted=False)
    finally:
        services.close()
