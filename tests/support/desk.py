"""A window of the office without scripts, on a desk and on a phone."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from shared.typography import full_width
from tests.support.console_browser import PASSWORD
from tests.support.paper_boxes import sheets_of

DESKS = ({"width": 1366, "height": 768}, {"width": 390, "height": 780})


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

    def see_not(self, words: str) -> None:
        """Ask after something of the same page was seen: what is not there yet is not seen either."""
        expect(self.page.locator("body")).not_to_contain_text(
            full_width(words), use_inner_text=True
        )

    def pdf(self, path: str) -> str:
        """The text of a PDF behind a form's button."""
        token = self.page.locator("input[name=_csrf_token]").first.get_attribute("value") or ""
        here = self.page.url
        answer = self.page.request.post(f"{here}/{path}", form={"_csrf_token": token})
        while b'http-equiv="refresh"' in answer.body():  # the page of its progress
            answer = self.page.request.get(answer.url)
        assert answer.ok, path
        return "".join(sheet.text for sheet in sheets_of(answer.body()))
