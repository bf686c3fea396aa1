"""Schools merged or retired between two seasons: their teachers and phones go on where their people are."""

from __future__ import annotations

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import select

from shared.problems import ProblemError
from sync_server.console.parts import alerts
from sync_server.office import account_bulk, account_links, phones, schools, staff
from sync_server.office import accounts as office_accounts
from sync_server.office import seasons as office
from sync_server.services import Services
from sync_server.store import account_links as links
from sync_server.store import accounts, device_seasons, devices, going_on, units
from sync_server.store import tables as t
from tests.support.console_browser import people, signed_in
from tests.support.county import SCHOOLS, SEASON
from tests.support.devices import RawPhone, case_ids, enrol, fact_bytes
from tests.support.seasons import NEXT, check_all, make_next, open_next, put_people, refused

WILLOW, STONE = SCHOOLS


def merge(services: Services, season: str, gone: str = "02", into: str = "01") -> None:
    schools.merge(services.for_season(season), gone, into, who="t", confirmed=True)


def place(services: Services, phone: RawPhone) -> tuple[str, str, str]:
    found = services.database.read(lambda c: devices.by_id(c, phone.device))
    return found.season, found.unit, found.state


def teachers(services: Services, unit: str) -> list[str]:
    return services.database.read(lambda c: [p.name for p in units.known_staff(c, NEXT, unit)])


def stays(services: Services) -> list[going_on.Stays]:
    return services.database.read(lambda c: going_on.staying(c, NEXT))


def opened(services: Services) -> Services:
    """The season of 2020, open, that was made before."""
    check_all(services, NEXT)
    office.open_season(services, NEXT, who="t")
    return services.for_season(NEXT)


async def test_a_phone_of_a_school_merged_before_the_opening_goes_on_at_the_other_school(
    services: Services, phone: RawPhone, http: httpx.AsyncClient
) -> None:
    """Merged in the season in preparation, when the one of before was closed."""
    other = await enrol(RawPhone(http), services, "02", "乙")
    (case, *_) = case_ids(services, "02")
    make_next(services)
    office.close_season(services, SEASON, who="t")
    merge(services, NEXT)
    of_next = opened(services)
    assert place(services, other) == (NEXT, "01", "pending")
    assert teachers(services, "01") == ["乙", "甲"]
    assert stays(services) == []
    assert await other.outcomes(other.chained(fact_bytes(case))) == ["created"]
    (kept,) = services.database.read(lambda c: devices.of_unit(c, SEASON, "02"))
    assert (kept.id, kept.unit) == (other.device, "02"), "the season before stays as it was"
    shown = [phone.device, other.device]
    assert phones.confirm_all(of_next, "01", shown, who="t") == 2
    (new, *_) = put_people(services, NEXT, "01", "乙")
    assert await other.outcomes(other.chained(fact_bytes(new, season=NEXT))) == ["created"]


async def test_teachers_of_one_name_stay_two_where_their_schools_became_one(
    services: Services, phone: RawPhone, http: httpx.AsyncClient
) -> None:
    other = await enrol(RawPhone(http), services, "02", "甲")
    make_next(services)
    office.close_season(services, SEASON, who="t")
    merge(services, NEXT)
    opened(services)
    assert teachers(services, "01") == ["甲", f"甲({STONE})"]
    of = [
        services.database.read(lambda c, p=p: devices.by_id(c, p.device)).staff
        for p in (phone, other)
    ]
    assert of[0] != of[1]
    office.close_season(services, NEXT, who="t")
    office.open_season(services, NEXT, who="t", reason="再开")
    assert teachers(services, "01") == ["甲", f"甲({STONE})"], "opened again it makes nobody anew"


async def test_a_merge_in_a_season_moves_the_places_of_phones_that_have_gone_on(
    services: Services, phone: RawPhone, http: httpx.AsyncClient
) -> None:
    """The season of before is opened again, and its schools are merged then."""
    other = await enrol(RawPhone(http), services, "02", "乙")
    (case, *_) = case_ids(services, "02")
    open_next(services)
    office.close_season(services, NEXT, who="t")
    office.open_season(services, SEASON, who="t", reason="补录")
    merge(services, SEASON)
    office.close_season(services, SEASON, who="t")
    office.open_season(services, NEXT, who="t", reason="继续")
    places = services.database.read(lambda c: device_seasons.rows(c, other.device))
    assert (places[0]["season"], places[0]["unit"]) == (SEASON, "01")
    assert await other.outcomes(other.chained(fact_bytes(case))) == ["created"]
    row = services.database.read(lambda c: c.execute(select(t.fact.c.unit)).scalars().one())
    assert row == "01"


async def test_a_phone_of_a_retired_school_stays_with_that_reason_and_is_brought_when_it_is_back(
    services: Services, phone: RawPhone, http: httpx.AsyncClient
) -> None:
    code = schools.add(services, "槐树镇小学", who="t")
    other = await enrol(RawPhone(http), services, code, "乙")
    schools.retire(services, code, who="t")
    of_next = open_next(services)
    (left,) = stays(services)
    assert (left.device, left.unit, left.school, left.why) == (
        other.device,
        code,
        "槐树镇小学",
        "retired",
    )
    assert refused(lambda: phones.bring(of_next, code, other.device, who="t")) == "unit.unknown"
    assert schools.add(of_next, "槐树镇小学", who="t") == code
    phones.bring(of_next, code, other.device, who="t")
    phones.bring(of_next, code, other.device, who="t")
    assert place(services, other) == (NEXT, code, "confirmed")
    schools.retire(of_next, code, who="t")
    assert refused(lambda: phones.issue(of_next, code, "丙", who="t")) == "school.retired"


async def test_a_phone_that_stayed_is_brought_to_the_school_its_own_was_merged_into(
    app: Litestar, services: Services, phone: RawPhone, http: httpx.AsyncClient
) -> None:
    """Its teacher had left the merged school; a namesake is at the other one."""
    other = await enrol(RawPhone(http), services, "02", "甲")
    people(services)
    make_next(services)
    staff.leave(services, "02", other.staff, who="t")
    office.close_season(services, SEASON, who="t")
    merge(services, NEXT)
    opened(services)
    (left,) = stays(services)
    assert (left.device, left.unit, left.school, left.why) == (other.device, "01", STONE, "left")
    liaison = await signed_in(app, "one")
    assert "留在去年的手机" in (await liaison.get("/schools/01/phones")).text
    for _ in range(2):
        await liaison.post(f"/schools/01/phones/{other.device}/bring")
    assert place(services, other) == (NEXT, "01", "confirmed")
    assert teachers(services, "01") == ["甲", f"甲({STONE})"]


async def test_a_phone_enrolled_anew_at_the_other_school_keeps_its_place_of_before(
    services: Services, phone: RawPhone, http: httpx.AsyncClient
) -> None:
    """The key is new, the teacher the same: what was unsent of the merged school is of that school."""
    other = await enrol(RawPhone(http), services, "02", "乙")
    make_next(services)
    office.close_season(services, SEASON, who="t")
    merge(services, NEXT)
    of_next = opened(services)
    issued = phones.issue(of_next, "01", "乙", who="t")
    fresh = RawPhone(http)
    asked = fresh.enrol_request(issued.code, unsent_season=SEASON, unsent_staff=other.staff)
    assert (await http.post("/v1/enrol", content=asked)).status_code == 200
    c = t.device_season.c
    rows = services.database.read(lambda x: x.execute(select(c.season, c.unit, c.staff)).all())
    assert (SEASON, "02", other.staff) in [tuple(row) for row in rows]


def test_a_merge_asked_for_with_a_school_of_no_season_is_refused(services: Services) -> None:
    with pytest.raises(ProblemError, match=r"unit\.unknown"):
        merge(services, SEASON, "01", "77")


# ---- what accounts reach


def officer(services: Services, name: str, *schools: str) -> None:
    account_bulk.put(services, name, role="officer", unit="", shown=name, who="t", schools=schools)


def test_a_merge_gives_accounts_the_other_school_and_leaves_their_links_open(
    services: Services, county: list[str]
) -> None:
    """A liaison with a slip in the hand, and officers with one or both of the schools."""
    account_bulk.put(services, "stone", role="liaison", unit="02", shown="石", who="t")
    officer(services, "both", "01", "02")
    officer(services, "one", "02")
    link = account_links.give_out(services, "stone", who="t", origin="http://server")
    merge(services, SEASON)
    found = {a.name: a for a in services.database.read(accounts.listed)}
    assert found["stone"].unit == "01"
    assert found["both"].schools == found["one"].schools == {"01"}
    assert services.database.read(lambda c: links.open_until(c))["stone"]
    opened_by = account_links.activate(services, link.code, "correct horse 9")
    assert (opened_by.name, opened_by.unit) == ("stone", "01")


def test_no_account_is_given_a_school_that_is_gone(services: Services, county: list[str]) -> None:
    code = schools.add(services, "槐树镇小学", who="t")
    officer(services, "had", code)
    schools.retire(services, code, who="t")
    merge(services, SEASON)
    for gone, problem in (
        (code, "school.retired"),
        ("02", "school.merged"),
        ("77", "unit.unknown"),
    ):
        assert refused(lambda g=gone: officer(services, "new", "01", g)) == problem
        for put in (
            lambda g=gone: account_bulk.put(
                services, "new", role="liaison", unit=g, shown="新", who="t"
            ),
            lambda g=gone: office_accounts.put(
                services, "new", "correct horse 1", role="liaison", unit=g, shown="新", who="t"
            ),
            lambda g=gone: office_accounts.set_schools(services, "had", [g, "01", "02"], who="t"),
        ):
            assert refused(put) in {problem, "school.merged"}
    office_accounts.set_schools(services, "had", [code, "01"], who="t")
    assert services.database.read(lambda c: accounts.schools_of(c, "had")) == {code, "01"}


async def test_the_page_of_accounts_offers_no_school_that_is_gone(
    app: Litestar, services: Services, county: list[str]
) -> None:
    people(services)
    code = schools.add(services, "槐树镇小学", who="t")
    officer(services, "had", code, "01")
    schools.retire(services, code, who="t")
    make_next(services)  # whose schools are those at work
    admin = await signed_in(app, "admin")
    for season in (SEASON, NEXT):
        await admin.post("/season", season=season)
        page = (await admin.get("/accounts")).text
        assert f'name="school" value="{code}"' not in page
        assert f'<option value="{code}"' not in page
    forged = await admin.post("/accounts", name="x", shown="新", role="officer", school=[code])
    assert "已停用" in (await admin.follow(forged)).text


def test_nobody_is_told_to_choose_schools_for_an_officer_who_is_disabled(
    services: Services, county: list[str]
) -> None:
    officer(services, "林岚")
    assert alerts.of_officers(services) is not None
    account_bulk.disable(services, ["林岚"], who="t")
    assert alerts.of_officers(services) is None
