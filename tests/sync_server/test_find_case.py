"""A person is found on the console as somebody asks for one, and a search that finds nobody says why."""

from __future__ import annotations

import html
import re
from urllib.parse import quote

import msgspec
import pytest
from litestar import Litestar

from shared.ids import show_case_code
from sync_server.services import Services
from sync_server.store import case_import, cases, on_list
from tests.support.console_browser import Browser, people, signed_in
from tests.support.county import SCHOOLS, SEASON, person


@pytest.fixture
async def admin(app: Litestar, services: Services, county: list[str]) -> Browser:
    people(services)
    one = person(77, SCHOOLS[0], village="三里桥村")
    borrower = msgspec.structs.replace(one.case.borrower, name="郑小雨", phones=("13955990077",))
    other = msgspec.structs.replace(borrower, name="阿依古丽·买买提", phones=("0913-7654321",))
    found = msgspec.structs.replace(
        one, case=msgspec.structs.replace(one.case, borrower=borrower, co_borrower=other)
    )
    services.database.write(lambda c: case_import.import_people(c, SEASON, [found]))
    return await signed_in(app, "admin")


def code(services: Services, name: str = "郑小雨") -> str:
    rows = services.database.read(lambda c: cases.rows(c, SEASON))
    return next(r["code"] for r in rows if cases.case_of(r).borrower.name == name)


async def words(browser: Browser, query: str, **more: str) -> str:
    asked = "&".join(f"{k}={quote(v)}" for k, v in {"q": query, **more}.items())
    page = (await browser.get(f"/cases?{asked}")).text
    return html.unescape(re.sub(r"<[^>]+>", "", page.partition("<main")[2]))


@pytest.mark.parametrize(
    "query",
    ["郑小雨", "zxy", "ZXY", "三里桥", "0077", "００７７", "139 5599 0077", "4321", "小雨 三里桥"],
)
async def test_a_person_is_found_by_name_initials_village_and_the_end_of_a_phone(
    admin: Browser, query: str
) -> None:
    found = await words(admin, query)
    assert "郑小雨" in found
    assert "找到 1 人" in found.replace("\u3000", " ")


async def test_a_code_is_found_with_dashes_without_and_without_its_check_character(
    admin: Browser, services: Services
) -> None:
    bare = code(services)
    wide = bare.translate({0x30 + n: 0xFF10 + n for n in range(10)})
    for typed in (bare, show_case_code(bare), show_case_code(bare)[:-2], bare[:-1], wide):
        assert "郑小雨" in await words(admin, typed), typed


async def test_three_digits_do_not_find_a_phone(admin: Browser) -> None:
    assert "郑小雨" not in await words(admin, "990")


async def test_an_id_number_is_not_looked_for_and_not_shown_again(admin: Browser) -> None:
    page = (await admin.get("/cases?q=610599199001011232")).text
    assert "不按身份证号找人" in page
    assert "610599199001011232" not in page.partition("<main")[2]


async def test_nobody_found_says_what_else_could_be_tried(
    app: Litestar, admin: Browser, services: Services
) -> None:
    assert "名单里没有找到“钱某某”" in await words(admin, "钱某某")
    assert "不筛选能找到 1 人" in await words(admin, "郑小雨", show="paid")
    assert "在全县找" in await words(admin, "郑小雨", unit="02")
    wrong = code(services)[:-1] + ("A" if code(services)[-1] != "A" else "B")
    assert "最后一位对不上" in await words(admin, show_case_code(wrong))
    school = await signed_in(app, "two")
    found = await words(school, "郑小雨")
    assert "青石镇中心校的名单里没有找到" in found
    assert "请问县资助中心" in found


async def test_somebody_off_the_list_is_named_as_such(admin: Browser, services: Services) -> None:
    case_id = next(
        r["id"]
        for r in services.database.read(lambda c: cases.rows(c, SEASON))
        if cases.case_of(r).borrower.name == "郑小雨"
    )
    services.database.write(lambda c: on_list.take_out(c, SEASON, [case_id], "已还清", "n"))
    assert "已不在名单的人里有 1 人" in await words(admin, "郑小雨")


async def test_the_search_stands_on_the_first_pages(app: Litestar, admin: Browser) -> None:
    school = await signed_in(app, "one")
    for browser, path in ((admin, "/"), (admin, "/schools/01"), (school, "/schools/01")):
        page = (await browser.get(path)).text
        assert re.search(r'<form method="get" action="/cases"[^>]*>.*name="q"', page), path
    assert 'name="unit" value="01"' in (await admin.get("/schools/01")).text
    assert 'name="unit" value="01"' not in (await school.get("/schools/01")).text
