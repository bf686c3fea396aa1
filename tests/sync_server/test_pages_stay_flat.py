"""The office's first pages ask the same questions however many people there are, each through an index."""

from __future__ import annotations

import re
from datetime import date

import pytest
from litestar import Litestar
from sqlalchemy import select

from shared.morning import Figures
from sync_server.office import morning, morning_figures
from sync_server.services import Services
from sync_server.store import school_days, school_lists, school_totals, seasons
from sync_server.store import tables as t
from sync_server.store.database import Connection
from sync_server.store.school_totals import Chased
from sync_server.store.scope import WHOLE_COUNTY
from sync_server.store.standing_refresh import Refresher
from tests.bench import large_school
from tests.support import county
from tests.support.console_browser import people, signed_in
from tests.support.county import SEASON
from tests.support.queries import Query, asked

PAGES = {
    "home": ("admin", "/"),
    "county": ("admin", "/county"),
    "my schools": ("officer", "/my-schools"),
    "school": ("admin", "/schools/01"),
    "mornings": ("admin", "/morning"),
    "days": ("admin", "/days.svg"),
    "slips": ("admin", "/hand-in"),
    "inspection": ("auditor", "/inspection"),
}
OF_PEOPLE = (
    *(
        "case_file",
        "case_standing",
        "fact",
        "fact_photo",
        "photo",
        "slip",
        "slip_page",
        "slip_line",
    ),
    *("notice_print", "contract", "repayment", "review", "change", "suggested_contact", "audit"),
)
"""Tables that have a row, or many, for each person."""
_READ = re.compile(r"(?P<how>SCAN|SEARCH) (?P<table>[a-z_0-9]+)(?P<rest>.*)")


def grown(services: Services, number: int, count: int) -> None:
    """A school more, with everything of a season in its third week."""
    code = f"{number + 1:02d}"

    def job(connection: Connection) -> None:
        large_school.rows_of(code, number, count).put(connection)
        for now in school_lists.current(connection, SEASON, code).values():
            kept = school_lists.put(connection, SEASON, code, now)
            school_lists.mark(connection, kept, "seen", at="n", who="t")
        while Refresher().in_pause(connection):
            pass
        while school_days.refresh(connection):
            pass

    services.database.write(job)


async def questions(app: Litestar, name: str) -> list[Query]:
    """What one opening of a page asks, when it was open before."""
    who, address = PAGES[name]
    browser = await signed_in(app, who)
    await browser.get(address)
    with asked() as found:
        answer = await browser.get(address)
    assert answer.status_code == 200, answer.text
    return found


def whole_reads(services: Services, queries: list[Query]) -> list[str]:
    """Where a query goes through all people, or all of a season, with the query."""
    found = []

    def explained(connection: Connection) -> None:
        for statement, values in dict(queries).items():
            if " LIMIT " in statement and "ORDER BY" not in statement:
                continue  # any row will do
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            for row in plan:
                step = _READ.match(row.detail)
                names = statement if step else ""
                if step is None or not _of_people(step["table"], names):
                    continue
                by_season = step["rest"].rstrip().endswith("(season=?)")
                if step["how"] == "SCAN" or by_season:
                    found.append(f"{row.detail}: {statement}")

    services.database.read(explained)
    return found


def _of_people(table: str, statement: str) -> bool:
    """Whether a table, or what a query calls by another name, has rows of people."""
    named = re.search(rf"(?:FROM|JOIN) ([a-z_]+) AS {table}\b", statement)
    return (named[1] if named else table) in OF_PEOPLE


@pytest.fixture
def two_schools(services: Services) -> Services:
    """Two schools of 25 people."""
    people(services)
    for number in (0, 1):
        grown(services, number, 25)
    return services


def test_the_numbers_of_mornings_are_those_of_the_sheets(two_schools: Services) -> None:
    numbers = connection_numbers(two_schools)
    county.repaid(two_schools, "2019-12-11", dict.fromkeys(unpaid_contracts(two_schools), 10**7))
    assert connection_numbers(two_schools)["01"].paid > 0
    two_schools.database.write(lambda c: c.execute(t.case_file.update().values(assignee="")))
    assert connection_numbers(two_schools) != numbers


def connection_numbers(services: Services) -> dict[str, Figures]:
    """The numbers of every school, the same read from its people and without them."""
    now, real = services.settings.now(), services.settings.real_now()

    def job(connection: Connection) -> dict[str, Figures]:
        sheets = morning.read_in(connection, SEASON, WHOLE_COUNTY, now, real).sheets
        schools = [sheet.unit for sheet in sheets]
        season = seasons.get(connection, SEASON)
        for when in (date(2019, 12, 12), date(2019, 12, 18), date(2019, 12, 20)):
            counted = school_totals.chased(connection, season, WHOLE_COUNTY, when)
            by_day = school_days.chased(connection, season, WHOLE_COUNTY, when)
            assert by_day == {unit: counted.get(unit, Chased()) for unit in by_day}
            assert by_day.keys() >= counted.keys()
        found = morning_figures.read_in(connection, SEASON, schools, WHOLE_COUNTY, now, real).sheets
        assert [(one.figures, one.to_do) for one in found] == [
            (sheet.figures, sheet.to_do) for sheet in sheets
        ]
        return {one.unit.code: one.figures for one in found}

    return services.database.read(job)


def unpaid_contracts(services: Services) -> list[str]:
    """Some contracts of people who have not repaid."""
    c = t.contract.c
    query = select(c.contract_no).join(t.case_file, t.case_file.c.id == c.case_id)
    query = query.where(t.case_file.c.paid.is_(False)).limit(12)
    return services.database.read(lambda con: list(con.execute(query).scalars()))


@pytest.mark.parametrize("name", PAGES)
async def test_no_question_of_a_page_goes_through_all_people(
    app: Litestar, two_schools: Services, name: str
) -> None:
    found = whole_reads(two_schools, await questions(app, name))
    # what the inspection log tells is the audit trail, and the few corrections
    few = ("SCAN audit", "SEARCH fact USING COVERING INDEX fact_of_corrections")
    assert [one for one in found if name != "inspection" or not one.startswith(few)] == []


async def test_the_pages_ask_as_much_of_ten_times_the_people(
    app: Litestar, two_schools: Services
) -> None:
    before = {name: len(await questions(app, name)) for name in PAGES}
    for number in (4, 5, 6):
        grown(two_schools, number, 150)
    after = {name: len(await questions(app, name)) for name in PAGES}
    assert after == before


async def test_a_search_finds_schools_by_name_and_code_and_sums_stay_whole(
    app: Litestar, two_schools: Services
) -> None:
    admin = await signed_in(app, "admin")
    for address in ("/", "/county"):
        found = await admin.get(f"{address}?sought=第1小学&at=99")
        assert 'href="/schools/02' in found.text, found.text
        assert 'href="/schools/01' not in found.text.split("<tbody>")[-1]
    assert "没有找到这样的学校" in (await admin.get("/?sought=没有")).text
    assert "应还 50 人" in (await admin.get("/?sought=02")).text
