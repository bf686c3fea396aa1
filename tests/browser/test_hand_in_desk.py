"""Slips handed in without a script and with the keyboard alone: the school's sheet, the desk, the receipt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from shared.typography import full_width
from sync_server.app import create_app
from sync_server.settings import Settings
from sync_server.store import cases
from tests.support.console_browser import PASSWORD, people
from tests.support.county import SEASON, fill
from tests.support.paper_boxes import sheets_of
from tests.support.serve import on_socket

pytestmark = pytest.mark.extended

DESKS = ({"width": 1366, "height": 768}, {"width": 390, "height": 780})


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


class Desk:
    """A window without scripts in which somebody has signed in."""

    def __init__(self, browser: Browser, url: str, name: str, size: dict[str, int]) -> None:
        context = browser.new_context(viewport=size, java_script_enabled=False, locale="zh-CN")
        self.page: Page = context.new_page()
        self.url = url
        self.open("/sign-in")
        self.page.fill("input[name=name]", name)
        self.page.fill("input[name=password]", PASSWORD)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def open(self, path: str) -> None:
        self.page.goto(f"{self.url}{path}")

    def press(self, words: str) -> None:
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=full_width(words), exact=True).first.click()

    def enter(self, text: str) -> None:
        """Type into the desk's field, which has the focus by itself, and press Enter."""
        self.page.locator("input[name=entry]:focus").wait_for()
        self.page.keyboard.type(text)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def see(self, words: str) -> None:
        expect(self.page.locator("body")).to_contain_text(full_width(words), use_inner_text=True)

    def pdf(self, path: str) -> str:
        """The text of a PDF behind a form's button."""
        token = self.page.locator("input[name=_csrf_token]").first.get_attribute("value") or ""
        here = self.page.url
        answer = self.page.request.post(f"{here}/{path}", form={"_csrf_token": token})
        while b'http-equiv="refresh"' in answer.body():  # the page of its progress
            answer = self.page.request.get(answer.url)
        assert answer.ok, path
        return "".join(sheet.text for sheet in sheets_of(answer.body()))


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
