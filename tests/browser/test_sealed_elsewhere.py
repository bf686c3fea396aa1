"""A liaison uploads a file sealed electronically, on a desk and on a phone, without a script."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from sync_server.app import create_app
from sync_server.office import summaries, summary_files
from sync_server.settings import Settings
from tests.support import foreign_seals as foreign
from tests.support.browser.waits import eventually
from tests.support.console_browser import people
from tests.support.desk import DESKS, Desk
from tests.support.serve import on_socket
from tests.support.summaries import all_repaid, printed

pytestmark = pytest.mark.extended

OVER = "document.documentElement.scrollWidth > innerWidth"


@pytest.mark.parametrize("size", DESKS, ids=("desk", "phone"))
def test_a_liaison_uploads_what_was_sealed_elsewhere_and_sees_who_signed(
    app_settings: Settings, browser: Browser, size: dict[str, int], tmp_path: Path
) -> None:
    app = create_app(app_settings)
    services = app.state["services"].in_season()
    all_repaid(services)
    people(services)
    row, pages = printed(services)
    good, ofd = tmp_path / "盖好的.pdf", tmp_path / "盖好的.ofd"
    good.write_bytes(foreign.sealed_pdf(foreign.sealed_pdf(pages.read_bytes()), field="GZ2"))
    ofd.write_bytes(foreign.sealed_ofd("报告"))
    try:
        with on_socket(app) as url:
            desk = Desk(browser, url, "one", size)

            def send(file: Path) -> None:
                desk.open("/schools/01/summary")
                form = desk.page.locator("details:has(input[name=seen])")
                if form.get_attribute("open") is None:
                    form.locator("summary").click()
                form.locator("input[type=file]").set_input_files(file)
                form.get_by_label("我已打开看过").check()
                with desk.page.expect_navigation():
                    form.get_by_role("button", name="上传并核对").click()

            send(pages)
            desk.see("里没有电子签名")
            desk.page.screenshot(path=tmp_path / "refused.png", full_page=True)
            send(good)
            desk.see(foreign.SCHOOL_SEAL)
            desk.see("本程序不判断其机构是否可信")
            eventually(desk.page, lambda: bool(desk.page.evaluate(OVER)), wanted=False)
            desk.page.screenshot(path=tmp_path / "signed.png", full_page=True)
            send(ofd)
            desk.see("未核验")
            eventually(desk.page, lambda: bool(desk.page.evaluate(OVER)), wanted=False)
            desk.page.screenshot(path=tmp_path / "ofd.png", full_page=True)
            with desk.page.expect_navigation():
                desk.page.get_by_role("button", name="封存", exact=True).click()
            desk.see("电子公章 OFD")
            desk.page.screenshot(path=tmp_path / "sealed.png", full_page=True)
    finally:
        services.close()
    assert summary_files.folder_of(services, row).is_dir()
    assert summaries.document(row).document == row.document
