"""Chinese typed through an input method: what is half composed is never overwritten, and what is saved is what was written.

Chromium composes as an input method does (CDP `Input.imeSetComposition`), syllable by syllable, while the form saves its
draft behind it. Proof is what the phone's own files hold, not what the page's field says.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.support.browser.driver import AppProcess, Screen, context_of
from tests.support.browser.forked_app import ForkedApp
from tests.support.browser.ready import draft_of, ready_phone
from tests.support.phone.seed import NAMES

NIHAO = ("n", "ni", "nih", "niha", "nihao")
WATCH = """
window.ime = {composing: false, began: 0, ended: 0, resets: []};
addEventListener('compositionstart', () => { ime.composing = true; ime.began++; }, true);
addEventListener('compositionend', () => { ime.composing = false; ime.ended++; }, true);
for (const kind of [HTMLInputElement, HTMLTextAreaElement]) {
  const own = Object.getOwnPropertyDescriptor(kind.prototype, 'value');
  Object.defineProperty(kind.prototype, 'value', {...own, set(words) {
    if (ime.composing) ime.resets.push(words);
    own.set.call(this, words);
  }});
}
"""
"""Every time the page's field is given a value from outside while the input method composes in it."""


class InputMethod:
    """A pinyin input method over the page's focused field."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._cdp = page.context.new_cdp_session(page)

    def compose(self, *steps: str) -> None:
        """Show each of these in turn as the syllables so far; "" takes them all back."""
        for words in steps:
            place = {"selectionStart": len(words), "selectionEnd": len(words)}
            self._cdp.send("Input.imeSetComposition", {"text": words, **place})

    def commit(self, words: str) -> None:
        """Choose a candidate: it takes the place of the syllables."""
        self._cdp.send("Input.insertText", {"text": words})

    @property
    def resets(self) -> list[str]:
        """What the app put into a field while syllables stood in it."""
        return list(self._page.evaluate("ime.resets"))

    @property
    def compositions(self) -> tuple[int, int]:
        """How many were begun, and ended."""
        began, ended = self._page.evaluate("[ime.began, ime.ended]")
        return int(began), int(ended)


class TypingSession:
    """The app in one window, its input method, and a look into the phone's folder."""

    def __init__(self, app: AppProcess, page: Page, copies: Path) -> None:
        self.screen = Screen(page, app.url, pace_ms=150)
        self.input_method = InputMethod(page)
        self.app, self._copies = app, copies

    def open(self, number: int, form: str) -> Screen:
        """A form of case `number`, once it is that one: for a moment a window shows what it showed before."""
        return self.screen.open(f"/cases/c{number:04d}/{form}").see(NAMES[number - 1])

    def focus(self, label: str) -> None:
        """Put the caret at the end of a field, and wait until the page's own element has it."""
        self.screen.type(label, "")
        self.screen.page.keyboard.press("Control+End")

    def wait_until_saved_after(self, before: int) -> None:
        """Until the form has written its draft once more: it has then drawn itself anew as well."""
        until = time.monotonic() + 60
        while self.app.draft_saved_ms() <= before:
            assert time.monotonic() < until, "the draft was not saved"
            self.screen.page.wait_for_timeout(50)

    def kept(self, case: str, form: str, field: str, words: str) -> object:
        """What a field's draft holds, waited for until it is `words`; read from a copy, the app goes on meanwhile."""
        until, found = time.monotonic() + 60, None
        while found != words and time.monotonic() < until:
            copy = self._copies / str(time.monotonic_ns())
            shutil.copytree(self.app.folder, copy, ignore=shutil.ignore_patterns("preview"))
            found = draft_of(copy, case, form).get(field)
        return found


@pytest.fixture(scope="module")
def session(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TypingSession]:
    folder = tmp_path_factory.mktemp("pinyin")
    app = ForkedApp(ready_phone(folder / "phone", 5)).start()
    context = context_of(browser)
    context.add_init_script(WATCH)
    made = TypingSession(app, context.new_page(), folder)
    made.screen.open(bare=True).unlock()
    yield made
    context.close()
    app.stop()


@pytest.mark.extended
def test_syllables_in_a_one_line_field_are_left_alone_until_the_word_is_chosen(
    session: TypingSession,
) -> None:
    screen, ime = session.screen, session.input_method
    session.open(1, "deliver").tap("当面送达").see("谁签的？").tap("其他家人").see("签收人姓名")
    session.focus("签收人姓名")
    for step in NIHAO:
        before = session.app.draft_saved_ms()
        ime.compose(step)
        session.wait_until_saved_after(before)
    ime.commit("你好")
    screen.page.keyboard.type("a")
    assert session.kept("c0001", "deliver", "signer_name", "你好a") == "你好a"
    assert ime.resets == []
    assert ime.compositions == (1, 1)


@pytest.mark.extended
def test_syllables_after_a_tapped_phrase_are_left_alone_while_the_draft_is_saved_behind_them(
    session: TypingSession,
) -> None:
    screen, ime = session.screen, session.input_method
    session.open(2, "statement").tap("家庭经济困难").tap("家中有老人需要照料")
    session.focus("说明全文")
    before = session.app.draft_saved_ms()
    ime.compose(*NIHAO)
    session.wait_until_saved_after(before)
    ime.commit("你好")
    screen.tap("家中有在读子女")
    session.focus("说明全文")
    ime.compose(*NIHAO)
    ime.commit("你好")
    words = "家中有老人需要照料。你好家中有在读子女。你好"
    assert session.kept("c0002", "statement", "narrative", words) == words
    assert ime.resets == []
    assert ime.compositions == (2, 2)


@pytest.mark.extended
def test_syllables_deleted_with_backspace_leave_nothing_behind(session: TypingSession) -> None:
    ime = session.input_method
    session.open(3, "visit").type("在这里改或接着写", "ok")
    ime.compose(*NIHAO)
    before = session.app.draft_saved_ms()
    ime.compose("niha", "nih", "ni", "n", "")
    session.wait_until_saved_after(before)
    ime.compose("h", "ha", "hao", "ha", "hao")
    ime.commit("好的")
    session.screen.page.keyboard.press("Backspace")
    assert session.kept("c0003", "visit", "note", "ok好") == "ok好"
    assert ime.resets == []


@pytest.mark.extended
def test_a_word_composed_in_the_middle_of_a_text_stays_there_and_so_does_the_caret(
    session: TypingSession,
) -> None:
    ime, keyboard = session.input_method, session.screen.page.keyboard
    session.open(4, "update").tap("住址").type("新住址", "石桥三组")
    for _ in range(2):
        keyboard.press("ArrowLeft")
    before = session.app.draft_saved_ms()
    ime.compose(*NIHAO)
    session.wait_until_saved_after(before)
    ime.compose("nihaoa")
    ime.commit("你好")
    keyboard.type("1")
    ime.compose("h", "hao")
    ime.commit("好")
    assert session.kept("c0004", "update", "value", "石桥你好1好三组") == "石桥你好1好三组"
    assert ime.resets == []
