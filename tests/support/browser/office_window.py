"""The office's window in Chromium: every page it shows is looked at before anything is done on it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import BrowserContext, Page

from shared.typography import full_width
from tests.support.browser.waits import WAIT_S, eventually, loaded
from tests.support.leftovers import Looked


class OfficeWindow:
    """A window of the console, signed in or not."""

    def __init__(self, context: BrowserContext, url: str, looked: Looked) -> None:
        self.page: Page = context.new_page()
        self.url, self._looked = url, looked
        self._page_errors: list[str] = []
        self.page.set_default_timeout(WAIT_S * 1000)
        self.page.on("pageerror", lambda error: self._page_errors.append(str(error)))

    def open(self, path: str) -> OfficeWindow:
        """Open a page; a refusal is a failure."""
        answer = self.page.goto(path if path.startswith("http") else f"{self.url}{path}")
        assert answer is not None
        assert answer.ok, f"{path}: {answer.status}"
        return self.look()

    def look(self) -> OfficeWindow:
        """Search what the page shows and carries, once a file that it waits for is read."""
        loaded(self.page)
        path = self.page.url.removeprefix(self.url)
        self._looked.text(path, self.page.content() + self.page.locator("body").inner_text())
        assert self._page_errors == []
        return self

    def see(self, words: str) -> OfficeWindow:
        """Find words on the page, given as they stand in the code."""
        wanted = full_width(words)
        try:
            eventually(self.page, lambda: wanted in self.words())
        except AssertionError:
            raise AssertionError(
                f"not on {self.page.url}: {wanted}\n{self.words()[:3000]}"
            ) from None
        return self

    def words(self) -> str:
        return self.page.locator("body").inner_text()

    def fill(self, **fields: str) -> OfficeWindow:
        """Fill fields by name."""
        for name, value in fields.items():
            self.page.locator(f"[name='{name}']").fill(value)
        return self

    def press(self, button: str) -> OfficeWindow:
        """Press the first button of this name, and look at the page it leads to."""
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=full_width(button), exact=True).first.click()
        return self.look()

    def choose(self, files: Path | Sequence[Path]) -> OfficeWindow:
        """Choose files for an upload."""
        given = [files] if isinstance(files, Path) else list(files)
        self.page.locator("input[type=file][name=file]").first.set_input_files(
            [str(path) for path in given]
        )
        return self

    def post(self, path: str, **fields: str) -> bytes:
        """What a form that gives a file gets: sent from this window, with its token."""
        token = self.page.locator("input[name=_csrf_token]").first.input_value()
        answer = self.page.request.post(f"{self.url}{path}", form={"_csrf_token": token, **fields})
        while b'http-equiv="refresh"' in answer.body():  # the page of its progress
            answer = self.page.request.get(answer.url)
        assert answer.ok, f"{path}: {answer.status}"
        return answer.body()

    def download(self, path: str) -> bytes:
        """A file behind a link."""
        answer = self.page.request.get(f"{self.url}{path}")
        assert answer.ok, f"{path}: {answer.status}"
        return answer.body()

    def links(self, pattern: str) -> list[str]:
        """The paths of links on the page that match."""
        hrefs = self.page.locator("a[href]").evaluate_all(
            "found => found.map(a => a.getAttribute('href'))"
        )
        return [href for href in dict.fromkeys(hrefs) if re.fullmatch(pattern, href)]

    def actions(self, end: str) -> set[str]:
        """Where the forms on the page go whose address ends so."""
        forms = self.page.locator(f"form[action$='{end}']").all()
        return {action for form in forms if (action := form.get_attribute("action"))}
