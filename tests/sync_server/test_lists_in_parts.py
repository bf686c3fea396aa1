"""Long lists of the office come in parts: what was ticked, typed or sought is where it was."""

from __future__ import annotations

import html
import re
from functools import partial

import pytest
from litestar import Litestar

from shared import morning as rule
from sync_server.console.pages import (
    assignment,
    hand_in,
    inspection,
    morning,
    my_schools,
    school_lists,
    schools,
)
from sync_server.console.pages import people as pages_of_people
from sync_server.office import (
    late_part,
    late_schools,
    morning_figures,
    morning_ranks,
)
from sync_server.office.morning_figures import SchoolFigures
from sync_server.services import Services
from sync_server.store import accounts, units
from sync_server.store import school_lists as store
from sync_server.store.database import Connection
from sync_server.store.scope import WHOLE_COUNTY, of_schools
from sync_server.store.standing_refresh import Refresher
from tests.bench import large_school
from tests.support.console_browser import PEOPLE, people, signed_in
from tests.support.county import SEASON

BACK = re.compile(r'name="back" value="([^"]*)"')
TICKED = re.compile(r'name="case" value="([^"]*)" checked')
SHEET = re.compile(r'<td class="nowrap"><a href="/schools/(\w+)/morning"><b>')
CODES = ("01", "02", "03", "04", "05")
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


async def test_the_most_urgent_schools_come_first_whatever_part_is_shown(
    app: Litestar, two_schools: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order of all of them, found part by part, is that of their sheets."""
    for number, code in enumerate(("03", "04", "05"), 2):
        two_schools.database.write(large_school.rows_of(code, number, 6).put)
    two_schools.database.write(lambda c: accounts.set_schools(c, "officer", CODES))
    now, real = two_schools.settings.now(), two_schools.settings.real_now()

    def whole(connection: Connection) -> list[SchoolFigures]:
        rows = units.units(connection, SEASON)
        some = of_schools(CODES)
        found = morning_figures.read_in(connection, SEASON, rows, some, now, real).sheets
        return sorted(found, key=lambda sheet: (*_place(sheet), sheet.unit.code))

    sheets = two_schools.database.read(whole)
    for scope in (WHOLE_COUNTY, of_schools(CODES)):
        ranked = partial(morning_ranks.read_in, season_id=SEASON, of=scope, now=now, real_now=real)
        ranks = two_schools.database.read(ranked)
        assert list(ranks.order) == [sheet.unit.code for sheet in sheets]
        for name in rule.COLUMNS:
            assert ranks.totals[name] == sum(getattr(s.figures, name) for s in sheets), name
    for module in (morning, my_schools):
        monkeypatch.setattr(module, "SCHOOLS", 2)
    for who, path in (("admin", "/morning"), ("officer", "/my-schools")):
        browser = await signed_in(app, who)
        parts = [(await browser.get(f"{path}?at={at}")).text for at in (1, 2, 3)]
        shown = [code for text in parts for code in SHEET.findall(text)]
        assert shown == [sheet.unit.code for sheet in sheets], path


def _place(sheet: SchoolFigures) -> tuple[int, int]:
    return (sheet.first.place, -sheet.first.n) if sheet.first else (morning_ranks.LAST, 0)


async def test_a_form_on_the_second_part_comes_back_to_it(
    app: Litestar, two_schools: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (schools, school_lists):
        monkeypatch.setattr(module, "SCHOOLS", 1)
    admin = await signed_in(app, "admin")
    page = (await admin.get("/schools?at=2")).text
    assert 'action="/schools/02/rename"' in page
    assert 'action="/schools/01/rename"' not in page
    back = html.unescape(BACK.findall(page)[0])
    answer = await admin.post("/schools/02/rename", name="新校名", back=back)
    assert answer.headers["location"] == back == "/schools?at=2"
    assert "新校名" in (await admin.get("/schools?sought=新校")).text
    two_schools.database.write(given_out)
    page = (await admin.get("/lists?at=2")).text
    back = html.unescape(re.findall(r'name="page" value="([^"]*)"', page)[0])
    answer = await admin.post("/schools/02/lists/receipt", version="1", page=back)
    assert answer.headers["location"] == back == "/lists?at=2"
    left = (await admin.get("/lists?lacking=receipt")).text
    assert 'href="/schools/01/lists"' in left
    assert 'href="/schools/02/lists"' not in left


def given_out(connection: Connection) -> None:
    """Both lists as the centre gave them out."""
    for code in ("01", "02"):
        for now in store.current(connection, SEASON, code).values():
            store.mark(
                connection, store.put(connection, SEASON, code, now), "given", at="n", who="t"
            )


async def test_an_officers_schools_are_ticked_part_by_part(
    app: Litestar, two_schools: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ACCOUNTS", "MOST_TICKS", "TICKS"):
        monkeypatch.setattr(pages_of_people, name, 1)
    admin = await signed_in(app, "admin")
    seen = set[str]()
    for at in range(1, 9):
        text = (await admin.get(f"/accounts?at={at}")).text
        assert 'type="checkbox" name="school"' not in text
        seen |= set(re.findall(r'form="chosen" name="name" value="([^"]*)"', text))
    assert seen == set(PEOPLE)
    assert "officer-one" in (await admin.get("/accounts?q=officer-one")).text
    second = (await admin.get("/accounts/schools?name=officer&at=2")).text
    among = re.findall(r'name="among" value="([^"]*)"', second)
    assert among == ["02"]
    await admin.post("/accounts/schools", name="officer", among=among, school=[])
    found = two_schools.database.read(lambda c: accounts.schools_of(c, "officer"))
    assert found == {"01"}


def test_late_schools_in_parts_are_those_that_the_rules_name(two_schools: Services) -> None:
    for refreshed in (False, True):
        if refreshed:
            two_schools.database.write(lambda c: [Refresher().in_pause(c) for _ in range(20)])
        whole = late_schools.found(two_schools, WHOLE_COUNTY)
        parts = [late_part.part(two_schools, WHOLE_COUNTY, first=n, most=1) for n in (0, 1, 2)]
        assert [one for part in parts for one in part.schools] == whole
        assert {part.count for part in parts} == {len(whole)}
        named = late_part.to_decide(two_schools, WHOLE_COUNTY, 1)
        assert named.count == sum(one.to_decide for one in whole) == parts[0].to_decide
