"""Every form of the console: Enter in a field never presses a button that decides something."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import sync_server.console
from tests.support.forms import Form, forms_of

FOLDER = Path(sync_server.console.__file__).parent
TEMPLATES = sorted(FOLDER.rglob("*.html"))
HARMLESS = re.compile(r'name="do" value="(preview|propose)"')
"""First buttons that only show something."""


def all_forms() -> list[Form]:
    return [form for path in TEMPLATES for form in forms_of(path)]


def test_enter_in_no_field_presses_the_first_of_several_buttons() -> None:
    wrong = [
        f"{form.path.name}: {button}"
        for form in all_forms()
        if len(form.real_buttons) > 1
        for button in form.pressed_by_enter()
        if not HARMLESS.search(button)
    ]
    assert wrong == []


def test_a_verdict_is_typed_beside_a_text_area_only() -> None:
    judging = [f for f in all_forms() if any('name="verdict"' in b for b in f.buttons)]
    assert judging
    assert [f.path.name for f in judging if f.has_text_input] == []


DISABLED = "<button disabled hidden></button>"
NOTHING = '<button formmethod="dialog" hidden></button>'


@pytest.mark.parametrize(
    ("fields", "caught"),
    [
        ('<input type="text" name="a">', True),
        (f'<input name="a">{DISABLED}', False),
        (f'<input type="checkbox" name="a">{DISABLED}', True),
        (f'<input type="checkbox" name="a">{DISABLED}{NOTHING}', False),
        ("<textarea></textarea>", False),
        ('<input type="hidden" name="a">', False),
    ],
)
def test_the_check_sees_what_a_browser_does(tmp_path: Path, fields: str, caught: bool) -> None:
    body = f"{fields}<button>x</button><button>y</button>"
    (page := tmp_path / "page.html").write_text(f'<form method="post">{body}</form>')
    assert (forms_of(page)[0].pressed_by_enter() == ["<button>"]) == caught


def test_the_buttons_that_do_nothing_are_not_seen() -> None:
    style = (FOLDER / "static" / "console.css").read_text()
    assert style.index("button[hidden] { display: none; }") > style.index("button, .button {")
