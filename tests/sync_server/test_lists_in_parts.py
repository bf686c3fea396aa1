"""Long lists of the office come in parts: what was ticked, typed or sought is where it was."""

from __future__ import annotations

import html
import re

import pytest
from litestar import Litestar

from sync_server.console.pages import assignment, hand_in, inspection, morning, my_schools
from sync_server.services import Services
from tests.bench import large_school
from tests.support.console_browser import people, signed_in

BACK = re.compile(r'name="back" value="([^"]*)"')
TICKED = re.compile(r'name="case" value="([^"]*)" checked')
LATER = re.compile(r'href="([^"]*at=2)"')


@pytest.fixture
def two_schools(services: Services) -> Services:
    people(services)
    for number, code in enumerate(("01", "02")):
        rows = large_school.rows_of(code, number, 7)
        services.database.write(rows.put)
    return services


async def test_who_ticks_people_on_the_second_part_stays_there(
    app: Litestar, two_schools: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assignment, "PEOPLE", 3)
    browser, base = await signed_in(app, "admin"), "/schools/01/assignment"
    first = (await browser.get(base)).text
    assert "本页全部勾上" in first
    later = LATER.search(first)
    assert later is not None
    page = (await browser.get(html.unescape(later[1]) + "&ticked=true")).text
    chosen, back = TICKED.findall(page), BACK.search(page)
    assert back is not None
    assert len(chosen) == 3
    where = html.unescape(back[1])
    answer = await browser.post(base, case=chosen[1:], staff="", back=where)  # to no teacher
    again = (await browser.get(answer.headers["location"])).text
    assert TICKED.findall(again) == chosen[1:]


async def test_a_search_that_finds_no_school_says_so_and_keeps_the_others(
    app: Litestar, two_schools: Services
) -> None:
    for who, path in (("officer", "/my-schools"), ("admin", "/hand-in"), ("admin", "/")):
        page = (await (await signed_in(app, who)).get(f"{path}?sought=zzz")).text
        assert "没有找到这样的学校" in page, path
        assert f'href="{path}"' in page, path
        assert "还没有学校" not in page, path


async def test_what_waits_for_an_officer_is_told_whatever_part_is_shown(
    app: Litestar, two_schools: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await signed_in(app, "officer")
    steps = re.compile(r'href="/schools/(\w+)/(?:review|hand-in|summary)"[^>]*>[^<]*去办')
    before = steps.findall((await browser.get("/my-schools")).text)
    assert set(before) == {"01", "02"}
    monkeypatch.setattr(my_schools, "SCHOOLS", 1)
    for address in ("/my-schools", "/my-schools?at=2", "/my-schools?sought=zzz"):
        assert steps.findall((await browser.get(address)).text) == before, address


async def test_every_part_is_there_and_no_other(
    app: Litestar, two_schools: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (hand_in, inspection, morning):
        monkeypatch.setattr(module, "SCHOOLS", 1)
    browser = await signed_in(app, "admin")
    for path, link in (("/hand-in", "hand-in"), ("/morning", "morning")):
        named = re.compile(rf'href="/schools/(\w+)/{link}"')
        parts = [
            set(named.findall((await browser.get(f"{path}?at={at}")).text))
            for at in (-1, 1, 2, 3, 10**30)
        ]
        assert [len(part) for part in parts] == [1] * 5
        assert parts[0] == parts[1] != parts[2] == parts[3] == parts[4]
