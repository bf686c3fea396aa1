"""The console's pages by the keyboard alone, with the keys counted."""

from __future__ import annotations

from playwright.sync_api import Page

from shared.typography import full_width
from tests.support.browser.waits import eventually, loaded
from tests.support.console_browser import PASSWORD

AT = """() => {
  const at = document.querySelector(":focus");
  return at ? at.innerText.trim() || at.getAttribute("name") || "" : "";
}"""


class Keyboard:
    """A window used by keys alone; a file is chosen in the system's own window, which no test reaches."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url, self.keys = page, url, 0

    def open(self, path: str) -> Keyboard:
        answer = self.page.goto(f"{self.url}{path}")
        assert answer is not None
        assert answer.ok, path
        return self

    def press(self, key: str) -> Keyboard:
        self.page.keyboard.press(key)
        self.keys += 1
        return self

    def type(self, text: str) -> Keyboard:
        self.page.keyboard.type(text)
        self.keys += len(text)
        return self

    def enter(self) -> Keyboard:
        """Send the form that the cursor is in, and wait for the page it leads to."""
        with self.page.expect_navigation():
            self.press("Enter")
        return self.look()

    def look(self) -> Keyboard:
        """Wait for a page that loads itself again while something is made."""
        loaded(self.page)
        return self

    def at(self) -> str:
        """The name of the field that the cursor is in, or the words of what has the focus."""
        return str(self.page.evaluate(AT))

    def focused(self, name: str) -> Keyboard:
        """Wait until the page has put the cursor there by itself, which it does after its load."""
        eventually(self.page, self.at, name)
        return self

    def to(self, name: str) -> Keyboard:
        """Tab to a field or button."""
        wanted = full_width(name)
        for _ in range(120):
            if self.at() in (name, wanted):
                return self
            self.press("Tab")
        raise AssertionError(f"no way by Tab to {name} on {self.page.url}")

    def see(self, words: str) -> Keyboard:
        wanted, main = full_width(words), self.page.locator("main")
        try:
            eventually(self.page, lambda: wanted in main.inner_text())
        except AssertionError:
            raise AssertionError(
                f"not on {self.page.url}: {wanted}\n{main.inner_text()[:3000]}"
            ) from None
        return self

    def sheet(self, code: str, kind: str, why: str = "", **cells: str) -> int:
        """Type in one record, from its code to Enter; the keys it took."""
        before = self.keys
        self.focused("code")
        self.type(code)
        if self.page.locator("#kind").input_value() != kind:
            self.press("Tab").press("Control+A").type(kind)
        self.enter()
        for name, text in cells.items():
            self.to(name if name in ("teacher", "day", "time") else f"a-{name}").type(text)
        if self.page.locator(":focus").evaluate("e => e.tagName") == "TEXTAREA":
            self.to("保存(回车)")
        self.enter()
        if why:
            eventually(self.page, lambda: self.at().startswith("why-"))
            self.type(why).enter()
        self.see("已记下")
        return self.keys - before


def sign_in(keyboard: Keyboard, name: str) -> None:
    keyboard.page.context.clear_cookies()
    keyboard.open("/sign-in").to("name").type(name).press("Tab").type(PASSWORD).enter()
