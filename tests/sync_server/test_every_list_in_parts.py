"""Every page of the console that has an address of its own shows as much of many schools as of few."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from litestar import Litestar
from sqlalchemy import insert

from sync_server.console import site
from sync_server.console.parts import county_slips
from sync_server.services import Services
from sync_server.store import accounts, school_days
from sync_server.store import tables as t
from sync_server.store.database import Connection
from sync_server.store.standing_refresh import Refresher
from tests.bench import large_school
from tests.support.console_browser import Browser, people, signed_in
from tests.support.county import SEASON
from tests.support.queries import asked

SIZES = (
    "SCHOOLS",
    "ACCOUNTS",
    "PEOPLE",
    "PAGE_SIZE",
    "TICKS",
    "MOST_TICKS",
    "MOST_WAITING",
    "MOST_NAMED",
)
"""What a page's module calls the number of rows that it shows."""
ROWS = re.compile(r'<tr\b|<li\b|type="checkbox"|class="card')
NOT_OF_THE_COUNTY = ("/phone-test", "/connect", "/fonts", "/password", "/days.svg")
"""No list of anything that a county has: pages of the server, and pictures."""
STILL_WHOLE = {
    "/accounts/proposals": "whoever the tables name: a form to tick and correct, sent in one piece",
    "/bulletins": "what is about to be issued is shown whole",
    "/slips": "stacks of scans that somebody has to look at",
}
"""Pages that grow, and why they may."""


def addresses() -> Iterator[str]:
    """The pages without a place in their address."""
    for group in site.SIGNED_IN_PAGES:
        for handler in group.HANDLERS:
            if "GET" in handler.http_methods:
                for path in handler.paths:
                    plain = "{" not in path and not path.startswith(NOT_OF_THE_COUNTY)
                    if plain and path not in STILL_WHOLE:
                        yield path


def grow(services: Services, first: int, last: int) -> None:
    """Schools of three people with a liaison each, in the third week of a season; the first is large."""

    def job(connection: Connection) -> None:
        for number in range(first, last):
            code = f"{number + 1:02d}"
            large_school.rows_of(code, number, 3 if number else 300).put(connection)
            row = {"name": f"l{code}", "role": "liaison", "unit": code, "shown": f"甲{code}"}
            connection.execute(insert(t.account), {**row, "password_hash": "x"})
            gone = {"season": SEASON, "code": f"x{code}", "name": f"旧{code}", "retired_at": "n"}
            connection.execute(insert(t.unit), gone)
        accounts.set_schools(connection, "officer", [f"{n + 1:02d}" for n in range(last)])
        while Refresher().in_pause(connection):
            pass
        while school_days.refresh(connection):
            pass

    services.database.write(job)


async def shown(browser: Browser, path: str) -> tuple[int, int]:
    """How many rows a page shows, and how many questions it asks when it was open before."""
    await browser.get(path)
    with asked() as found:
        answer = await browser.get(path)
    assert answer.status_code in (200, 303), f"{path}: {answer.text[:300]}"
    return len(ROWS.findall(answer.text)), len(found)


async def test_no_page_shows_or_asks_more_of_many_schools(
    app: Litestar, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    for group in (*site.SIGNED_IN_PAGES, county_slips):
        for name in SIZES:
            if hasattr(group, name):
                monkeypatch.setattr(group, name, 2)
    people(services)
    grow(services, 0, 7)
    who = {role: await signed_in(app, role) for role in ("admin", "officer")}
    pages = {path: who["officer" if path == "/my-schools" else "admin"] for path in addresses()}
    few = {path: await shown(browser, path) for path, browser in pages.items()}
    grow(services, 7, 12)
    many = {path: await shown(browser, path) for path, browser in pages.items()}
    # a line more for what some school has is none for each of five schools more
    grown = {
        path: (few[path], many[path])
        for path in pages
        if max(after - before for before, after in zip(few[path], many[path], strict=True)) > 2
    }
    assert grown == {}
