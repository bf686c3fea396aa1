"""A case has one code on every page of the console, the one on paper, and is found by it with its hyphens and without."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

import pytest
from litestar import Litestar

from shared.ids import show_case_code
from sync_server.services import Services
from sync_server.store import cases
from tests.support.console_browser import Browser, people, signed_in

CONSOLE = Path(__file__).parents[2] / "sync_server/console"
CODE = re.compile(r"\{\{\s*(?:[\w.]*\bcase|c)\.code\b[^}]*\}\}|\{\{\s*\w+\.case_code\b[^}]*\}\}")


@pytest.fixture
async def admin(app: Litestar, services: Services, county: list[str]) -> Browser:
    people(services)
    return await signed_in(app, "admin")


@pytest.fixture
def code(services: Services, county: list[str]) -> str:
    """The bare code of the first case that a school has."""
    rows = services.database.read(lambda c: cases.rows(c, services.season))
    return next(str(row["code"]) for row in rows if row["code"])


def test_every_template_shows_a_case_code_through_the_one_function() -> None:
    templates = [*CONSOLE.rglob("*.html")]
    shown = [(p.name, found) for p in templates for found in CODE.findall(p.read_text("utf-8"))]
    assert len(shown) >= 8
    bare = [one for one in shown if "|case_code" not in one[1]]
    assert bare == [("summary_exceptions.html", "{{ m.case_code }}")], "a hidden field, read back"


async def test_the_list_shows_the_code_with_hyphens_and_finds_it_as_typed(
    admin: Browser, code: str
) -> None:
    printed = show_case_code(code)
    for typed in (code, printed, printed.lower(), f" {printed} "):
        found = await admin.get(f"/cases?q={quote(typed)}")
        assert printed in found.text, typed
        assert code not in found.text.replace(typed, ""), typed
    assert printed not in (await admin.get(f"/cases?q={quote('没有这个人')}")).text


async def test_one_case_and_the_assignment_show_the_code_with_hyphens(
    admin: Browser, services: Services, code: str
) -> None:
    rows = services.database.read(lambda c: cases.rows(c, services.season))
    row = next(row for row in rows if row["code"] == code)
    for path in (f"/cases/{row['id']}", f"/schools/{row['unit']}/assignment"):
        page = (await admin.get(path)).text
        assert show_case_code(code) in page, path
        assert f">{code}<" not in page, path
