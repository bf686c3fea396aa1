"""Every form of the console: Enter in a field never presses a button that decides something."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import sync_server.console
from tests.support.forms import BLOCKED, Form, forms_of

FOLDER = Path(sync_server.console.__file__).parent
TEMPLATES = sorted(FOLDER.rglob("*.html"))
HARMLESS = re.compile(r'name="do" value="(preview|propose)"')
"""First buttons that only show something."""


def all_forms() -> list[Form]:
    return [form for path in TEMPLATES for form in forms_of(path)]


def test_enter_in_no_field_presses_the_first_of_several_buttons() -> None:
    wrong = [
        f"{form.path.name}: {form.buttons[0]}"
        for form in all_forms()
        if len([b for b in form.buttons if not BLOCKED.search(b)]) > 1
        and form.has_field_for_enter
        and not (BLOCKED.search(form.buttons[0]) or HARMLESS.search(form.buttons[0]))
    ]
    assert wrong == []


def test_a_verdict_is_typed_beside_a_text_area_only() -> None:
    judging = [f for f in all_forms() if any('name="verdict"' in b for b in f.buttons)]
    assert judging
    assert [f.path.name for f in judging if f.has_text_input] == []


@pytest.mark.parametrize(
    ("body", "caught"),
    [
        ('<input type="text" name="a"><button>x</button><button>y</button>', True),
        ('<input name="a"><button disabled hidden></button><button>x</button><button>y</button>', False),
        ("<textarea></textarea><button>x</button><button>y</button>", False),
        ('<input type="hidden" name="a"><button>x</button><button>y</button>', False),
    ],
)  # fmt: skip
def test_the_check_sees_what_a_browser_does(tmp_path: Path, body: str, caught: bool) -> None:
    (page := tmp_path / "page.html").write_text(f'<form method="post">{body}</form>')
    form = forms_of(page)[0]
    assert (form.has_field_for_enter and not BLOCKED.search(form.buttons[0])) == caught
