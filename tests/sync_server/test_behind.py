"""After an update everybody is judged and indexed once: pages say how far that is, and none does it all itself."""

from __future__ import annotations

import random

import pytest
from litestar import Litestar
from sqlalchemy import Connection, delete, select, update

from shared.problems import ProblemError
from sync_server.console.parts import alerts
from sync_server.office import search_index, standings
from sync_server.services import Services
from sync_server.store import behind, school_days, search_bits, seasons
from sync_server.store import search_index as index
from sync_server.store import standings as kept
from sync_server.store import tables as t
from sync_server.store.scope import WHOLE_COUNTY, Scope, of_schools
from sync_server.store.search_bits import BLOCK
from tests.bench import large_school
from tests.support.console_browser import people, signed_in
from tests.support.county import SEASON

OF_COUNTY = ("/", "/county", "/cases?show=paid", "/hand-in", "/morning", "/days.svg", "/inspection")


@pytest.fixture
def at_work(services: Services, monkeypatch: pytest.MonkeyPatch) -> Services:
    """A county whose standings are to be judged anew, where one is already many; nobody refreshes."""
    people(services)
    services.database.write(lambda c: large_school.rows_of("01", 0, 12).put(c))
    standings.rebuild(services, who="t")
    search_index.rebuild(services, who="t")
    monkeypatch.setattr(behind, "MOST_JUDGED", 0)
    monkeypatch.setattr(behind, "MOST_LOOKED_AT", 0)
    monkeypatch.setattr(alerts, "MANY_BEHIND", 1)
    services.database.writer._refresher = None
    return services


async def test_pages_of_the_county_say_how_many_are_left_and_open_again_by_themselves(
    app: Litestar, at_work: Services
) -> None:
    browser = await signed_in(app, "admin")
    assert (await browser.get("/")).status_code == 200
    number = at_work.database.write(lambda c: kept.forget(c, SEASON))
    for page in OF_COUNTY:
        answer = await browser.get(page)
        assert answer.status_code == 503, page
        assert f"{number} 人里还剩 {number} 人" in answer.text
        assert 'http-equiv="refresh"' in answer.text
    assert (await browser.get("/schools/01")).status_code == 200
    assert (await browser.get("/cases")).status_code == 200
    standings.rebuild(at_work, who="t")
    assert (await browser.get("/")).status_code == 200


async def test_a_search_waits_for_its_index_and_the_first_page_says_so(
    app: Litestar, at_work: Services
) -> None:
    browser = await signed_in(app, "admin")
    number = at_work.database.write(lambda c: index.renew(c, SEASON))
    assert (await browser.get("/cases?q=w")).status_code == 503
    assert f"还剩 {number} 人" in (await browser.get("/")).text
    search_index.rebuild(at_work, who="t")
    assert (await browser.get("/cases?q=w")).status_code == 200
    assert "正在后台重做" not in (await browser.get("/")).text


async def test_pages_by_day_say_so_while_the_days_of_many_are_counted(
    app: Litestar, at_work: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after the update that began to keep them: standings hold, and the days of every school are due."""
    monkeypatch.setattr(behind, "MOST_COUNTED", 0)
    browser = await signed_in(app, "admin")
    at_work.database.write(lambda c: school_days.forget(c, SEASON))
    for page in ("/morning", "/days.svg", "/inspection"):
        assert (await browser.get(page)).status_code == 503, page
    for page in ("/", "/county", "/hand-in", "/schools/01/morning"):
        assert (await browser.get(page)).status_code == 200, page

    def count(connection: Connection) -> None:
        while school_days.refresh(connection):
            pass

    at_work.database.write(count)
    for page in ("/morning", "/days.svg", "/inspection"):
        assert (await browser.get(page)).status_code == 200, page


async def test_whose_own_people_are_done_waits_for_nobody_elses(
    app: Litestar, at_work: Services
) -> None:
    """What is due of other schools, or of another season, locks nobody out."""

    def elsewhere(connection: Connection) -> None:
        due = [{"case_id": f"gone {n}"} for n in range(9)]
        connection.execute(t.standing_due.insert(), due)
        of_season = [{"case_id": f"gone {n}", "season": SEASON} for n in range(9)]
        connection.execute(t.search_due.insert(), of_season)

    def of_school(connection: Connection) -> set[str]:
        season = seasons.get(connection, SEASON)
        units = connection.execute(select(t.case_file.c.unit).distinct()).scalars()
        for scope in (of_schools({"02"}), WHOLE_COUNTY):
            behind.check_judged(connection, season, scope)
            behind.check_indexed(connection, SEASON, scope)
        return set(units)

    at_work.database.write(elsewhere)
    assert "01" in at_work.database.read(of_school)
    at_work.database.write(lambda c: index.renew(c, SEASON))
    at_work.database.write(lambda c: kept.forget(c, SEASON))

    def seen(scope: Scope) -> str:
        def job(connection: Connection) -> str:
            try:
                behind.check_judged(connection, seasons.get(connection, SEASON), scope)
                behind.check_indexed(connection, SEASON, scope)
            except ProblemError as problem:
                return problem.code
            return "ok"

        return at_work.database.read(job)

    assert seen(of_schools({"09"})) == "ok"
    assert seen(of_schools({"01"})) == seen(WHOLE_COUNTY) == "pages.behind"


def test_days_that_are_due_ask_for_a_pause_however_often_records_come(services: Services) -> None:
    refresher = school_days.Refresher()

    def job(connection: Connection) -> tuple[bool, bool, bool]:
        school_days.forget(connection, SEASON)
        before = refresher.with_group(connection)
        while refresher.in_pause(connection):
            pass
        school_days.forget(connection, SEASON)
        return (
            before,
            refresher.with_group(connection),
            school_days.Refresher().with_group(connection),
        )

    services.database.write(lambda c: large_school.rows_of("01", 0, 3).put(c))
    # counted a moment ago, a school waits for its turn
    assert services.database.write(job) == (True, False, True)


def test_large_schools_are_counted_one_at_a_time(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(school_days, "GROUP_PEOPLE", 5)
    for number, code in enumerate(("01", "02")):
        services.database.write(large_school.rows_of(code, number, 4).put)
    standings.rebuild(services, who="t")

    def job(connection: Connection) -> list[bool]:
        school_days.forget(connection, SEASON)
        return [school_days.refresh(connection) for _ in range(3)]

    assert services.database.write(job) == [True, False, False]


def test_the_doctor_sees_a_wrong_term_a_wrong_text_and_who_is_not_in_the_index(
    services: Services,
) -> None:
    services.database.write(lambda c: large_school.rows_of("01", 0, 12).put(c))

    def look() -> tuple[int, int]:
        found = search_index.look(services)
        return len(found.different), found.lacking

    def spoil(statement: object) -> None:
        services.database.write(lambda c: c.execute(statement) and None)

    search_index.rebuild(services, who="t")
    assert look() == (0, 0)
    everybody = search_index.look(services).people
    assert everybody == 12
    spoil(delete(t.search_term).where(t.search_term.c.term == "on"))
    assert look() == (everybody, 0)
    search_index.rebuild(services, who="t")
    spoil(update(t.search_case).values(shown="x"))
    assert look() == (everybody, 0)
    spoil(delete(t.search_case))
    assert look() == (0, everybody)
    search_index.rebuild(services, who="t")
    assert look() == (0, 0)


def test_a_kept_set_changes_as_a_set_does() -> None:
    draw = random.Random(1)
    for size in (0, 1, 5, 400, 3000):
        before = set(draw.sample(range(BLOCK), size))
        data = search_bits.packed(before)
        for change in (1, 40, 900):
            more = set(draw.sample(range(BLOCK), change))
            less = set(draw.sample(range(BLOCK), change)) - more
            after = search_bits.changed(data, more, less)
            assert after == search_bits.packed((before - less) | more)
        assert search_bits.changed(data, (), before) == b""
        assert (
            {n for n in range(BLOCK) if search_bits.has(data, n)} == before if data else not before
        )
