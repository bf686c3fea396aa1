"""No browser test looks once at what may still come or go: a page's state is awaited, not asserted at one moment.

What a quiet machine shows in the same moment, a busy one shows later. Waiting for it is in
tests/support/browser/waits.py (`eventually`), in Screen (`see`, `gone`) and in Playwright (`expect`, `wait_for`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PLACES = (TESTS / "browser", TESTS / "support" / "browser")
LOOKS = frozenset(
    (
        *("all_inner_texts", "all_text_contents", "at", "bounding_box", "content", "count"),
        *(
            "draft_saved_ms",
            "evaluate",
            "evaluate_all",
            "get_attribute",
            "inner_html",
            "inner_text",
        ),
        *("input_value", "is_checked", "is_disabled", "is_enabled", "is_hidden", "is_visible"),
        *("sees", "text", "text_content", "title", "words"),
    )
)
"""What reads the state of a page, or of a phone behind it, at one moment."""
FINISHED = frozenset(
    {"looked", "receipt"}
)  # no pages: what they have was read before and stays as it is
NEVER = "it must not have come by the time its opposite is there, whatever comes later"
DONE = "what is read has ended or stands still: nothing more is on its way"
ALLOWED: dict[tuple[str, str], str] = {
    ("test_browser_ports.py", "since[:len(saved)] == saved"): DONE,  # the browser was killed
    ("test_camera.py", "'程序出错' not in screen.text()"): NEVER,
    ("test_connect_page.py", "waiting.locator('#green').count() == 0"): NEVER,
    (
        "test_installed_app.py",
        "screen.page.evaluate(f\"{painted} < performance.getEntriesByName('doorstep-step-app')[0].startTime\")",
    ): DONE,  # of a start that has ended
    ("test_every_page.py", "answer is not None"): DONE,  # of a page that has loaded
    ("test_every_page.py", "answer.status == 200"): DONE,
    ("test_every_page.py", "'text/html' in answer.headers['content-type']"): DONE,
    ("test_old_chromium.py", "'Chrome/80.' in old.evaluate('navigator.userAgent')"): DONE,
    (
        "test_old_chromium.py",
        "old.evaluate(\"CSS.supports('appearance', 'none')\") is False",
    ): DONE,  # what a browser is
    ("test_installed_app.py", "len({words for _, words in seen}) >= 3"): DONE,
    ("test_list_speed.py", "box is not None"): DONE,  # Playwright waited for it
    ("test_offline_app.py", "page.get_by_role('button', name='现在更新').count() == 0"): NEVER,
    ("test_offline_app.py", "holder.evaluate('seen') == []"): NEVER,
    ("test_school_without_phones.py", "action is not None"): DONE,  # a page without a script
    ("whole_season.py", "county.COUNTY in paper"): DONE,  # the server's page, loaded
    ("notice_mornings.py", "county.SCHOOLS[2] not in officer.words()"): DONE,  # a loaded page
    (
        "notice_mornings.py",
        "not [who.name for who in PEOPLE if who.name in seen]",
    ): DONE,  # as above
    ("test_way_back.py", "page.evaluate('heard') == []"): NEVER,
    ("test_way_back.py", "page.evaluate('location.pathname') == '/do/7'"): NEVER,
    ("test_whole_day.py", "private not in words"): NEVER,
}
"""(file, what is asserted) -> why one look is right."""


def looks_in(source: str) -> Iterator[tuple[int, str]]:
    """Lines and words of assertions over one look: the look in the assertion, or in a name given just for it."""
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        taken = {
            target.id
            for line in ast.walk(function)
            if isinstance(line, ast.Assign) and _looks(line.value)
            for target in line.targets
            if isinstance(target, ast.Name)
        }
        for line in ast.walk(function):
            if isinstance(line, ast.Assert) and (_looks(line.test) or _names(line.test) & taken):
                yield line.lineno, ast.unparse(line.test)


def _looks(found: ast.expr) -> bool:
    return any(
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in LOOKS
        and not (isinstance(call.func.value, ast.Name) and call.func.value.id in FINISHED)
        for call in ast.walk(found)
    ) or any(
        isinstance(part, ast.Attribute)
        and part.attr == "url"
        and ast.unparse(part.value).endswith("page")
        for part in ast.walk(found)
    )


def _names(found: ast.expr) -> set[str]:
    return {part.id for part in ast.walk(found) if isinstance(part, ast.Name)}


def test_no_browser_test_looks_once_at_what_may_still_change() -> None:
    found = {
        (path.name, words): f"{path.relative_to(TESTS)}:{line}"
        for place in PLACES
        for path in sorted(place.glob("*.py"))
        for line, words in looks_in(path.read_text("utf-8"))
    }
    assert {f"{found[key]}: {key[1]}" for key in found.keys() - ALLOWED} == set(), (
        "wait for it: `eventually`, `see`, `gone` or `expect` instead of one look"
    )
    assert ALLOWED.keys() - found.keys() == set(), "nothing looks so any more: strike it out"


@pytest.mark.parametrize(
    "line",
    [
        "assert page.locator('#a').inner_text() == '1'",
        "assert page.get_by_role('link').is_visible()",
        "assert page.url.endswith('/a')",
        "shown = screen.text()\n    assert '1' in shown",
        "assert not [w for w in words if w in screen.page.content()]",
    ],
)
def test_one_look_is_found(line: str) -> None:
    assert list(looks_in(f"def test_it(page, screen):\n    {line}\n"))


@pytest.mark.parametrize(
    "line",
    [
        "expect(page.locator('#a')).to_have_text('1')",
        "eventually(page, lambda: page.locator('#a').count(), 1)",
        "screen.see('1')\n    assert codes == ['1']",
    ],
)
def test_waiting_is_let_through(line: str) -> None:
    assert not list(looks_in(f"def test_it(page, screen):\n    {line}\n"))
