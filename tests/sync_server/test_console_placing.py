"""The page of people without a school: filtered, placed many at once, undone; and moves to another school."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote, urlencode

import msgspec
import pytest
from litestar import Litestar

from shared.ids import show_case_code
from sync_server.services import Services
from sync_server.store import audit, case_import, case_use, cases, placing
from tests.support.console_browser import Browser, people, signed_in
from tests.support.county import SCHOOLS, SEASON, person
from tests.support.devices import case_ids
from tests.support.intake_files import made_id


@pytest.fixture
async def admin(app: Litestar, services: Services, county: list[str]) -> Browser:
    people(services)
    return await signed_in(app, "admin")


def lost(services: Services, *who: tuple[int, str, str], school: str = "") -> None:
    """People (number, township, village) whose school nobody knows."""
    made = []
    for number, township, village in who:
        one = person(1000 + number, school, village=village)
        case = msgspec.structs.replace(one.case, township=township)
        made.append(msgspec.structs.replace(one, case=case))
    services.database.write(lambda c: case_import.import_people(c, SEASON, made))


def shown(text: str) -> list[str]:
    """The names in the table."""
    return re.findall(r'<a href="/cases/[0-9a-f-]+">(样例\d+)</a>', text)


def seen_on(text: str) -> str:
    """Whom the first form of a page shows, as it sends them back."""
    found = re.search(r'name="seen" value="(\w+)"', text)
    assert found
    return found[1]


def waiting(services: Services) -> dict[str, str]:
    """Case id by name."""
    found = services.database.read(lambda c: placing.waiting(c, SEASON))
    return {w.case.borrower.name: w.case.id for w in found}


async def test_a_hundred_are_shown_on_a_page_and_the_rest_on_the_next(
    admin: Browser, services: Services
) -> None:
    lost(services, *((n, "", "某村") for n in range(150)), school="无名学校")
    text = (await admin.get("/unplaced")).text
    assert len(shown(text)) == 100
    assert "共 150 人" in text
    assert "无名学校" in text
    assert len(shown((await admin.get("/unplaced?at=2")).text)) == 50


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("township=云岫镇", ["样例1001", "样例1002"]),
        ("township=-", ["样例1003"]),
        ("township=云岫镇&village=东村", ["样例1001"]),
        ("q=样例1002", ["样例1002"]),
        ("q=C01003", ["样例1003"]),
        ("q=C01", []),
        ("reason=no_township", ["样例1003"]),
        ("written=没有的小学", []),
        ("sort=name&q=样例", ["样例1001", "样例1002", "样例1003"]),
    ],
)
async def test_the_page_shows_whom_the_filter_means(
    admin: Browser, services: Services, query: str, names: list[str]
) -> None:
    services.database.write(
        lambda c: case_import.import_schools(c, SEASON, {SCHOOLS[0]: {"townships": "柳泉镇"}})
    )
    lost(services, (1, "云岫镇", "东村"), (2, "云岫镇", "西村"), (3, "", "东村"))
    text = (await admin.get("/unplaced?" + quote(query, safe="=&"))).text
    assert shown(text) == names


async def test_a_person_is_found_by_the_last_digits_of_the_id_number_which_stays_masked(
    admin: Browser, services: Services
) -> None:
    one = person(1001, "")
    number = made_id(7)
    borrower = msgspec.structs.replace(one.case.borrower, id_number=number)
    one = msgspec.structs.replace(one, case=msgspec.structs.replace(one.case, borrower=borrower))
    services.database.write(lambda c: case_import.import_people(c, SEASON, [one]))
    text = (await admin.get(f"/unplaced?q={number[-5:]}")).text
    assert shown(text) == ["样例1001"]
    assert number not in text


async def test_each_person_has_the_reason_why_nobody_could_place_them(
    admin: Browser, services: Services
) -> None:
    shared = {name: {"townships": "枣坪镇"} for name in SCHOOLS}
    services.database.write(lambda c: case_import.import_schools(c, SEASON, shared))
    lost(services, (1, "枣坪镇", ""), (2, "云岫镇", ""), (3, "", ""))
    lost(services, (4, "枣坪镇", ""), school="没有的小学")
    text = (await admin.get("/unplaced")).text
    for reason in (
        f"乡镇由{SCHOOLS[0]}、{SCHOOLS[1]}包联",
        "附件2 里没有这个乡镇",
        "名单没有写学校，也看不出乡镇",
        "校名对不上",
    ):
        assert reason in text


async def test_the_ticked_people_are_placed_and_the_act_is_undone_on_the_same_page(
    admin: Browser, services: Services
) -> None:
    lost(services, (1, "", ""), (2, "", ""), (3, "", ""))
    first, second, _ = waiting(services).values()
    assert (await admin.get("/unplaced?ticked=true")).text.count(" checked ") == 3
    answer = await admin.post("/unplaced/place", unit="02", scope="ticked", case=[first, second])
    assert answer.status_code == 303
    text = (await admin.get(answer.headers["location"])).text
    assert f"已归到{SCHOOLS[1]}，共 2 人" in text
    act = re.search(r'name="act" value="([0-9a-f-]+)"', text)
    assert act
    await admin.post("/unplaced/undo", act=act[1])
    assert "已撤销归校：2 人" in await admin.text_of("/unplaced")
    assert len(waiting(services)) == 3


async def test_everyone_whom_the_filter_means_is_placed_whatever_is_ticked(
    admin: Browser, services: Services
) -> None:
    lost(services, *((n, "云岫镇", "东村") for n in range(1, 121)), (500, "云岫镇", "西村"))
    fields = {"township": "云岫镇", "village": "东村"}
    seen = seen_on((await admin.get("/unplaced?" + urlencode(fields))).text)
    await admin.post("/unplaced/place", unit="02", scope="filter", seen=seen, **fields)
    assert list(waiting(services)) == ["样例1500"]
    (note,) = [n for n in services.database.read(audit.listed) if n.action == "case.place"]
    assert note.detail == "120 人 · 乡镇:云岫镇、村:东村"


@pytest.mark.parametrize("query", ["township=" + quote("云岫镇"), "group=township"])
async def test_who_came_after_the_page_was_opened_is_not_placed_unseen(
    admin: Browser, services: Services, query: str
) -> None:
    lost(services, (1, "云岫镇", ""), (2, "云岫镇", ""))
    fields = {"unit": "02", "scope": "filter", "township": "云岫镇"}
    seen = seen_on((await admin.get(f"/unplaced?{query}")).text)
    lost(services, (1, "云岫镇", ""), (2, "云岫镇", ""), (3, "云岫镇", ""))
    answer = await admin.post("/unplaced/place", seen=seen, **fields)
    assert "现在有 3 人符合" in (await admin.get(answer.headers["location"])).text
    assert len(waiting(services)) == 3
    now = seen_on((await admin.get("/unplaced?" + urlencode({"township": "云岫镇"}))).text)
    await admin.post("/unplaced/place", seen=now, **fields)
    assert not waiting(services)


async def test_a_village_is_placed_with_one_form(admin: Browser, services: Services) -> None:
    lost(services, (1, "云岫镇", "东村"), (2, "云岫镇", "东村"), (3, "云岫镇", "西村"), (4, "", ""))
    text = (await admin.get("/unplaced?group=village")).text
    assert [int(n) for n in re.findall(r"把这 (\d+) 人归入", text)] == [2, 1, 1]
    form = re.search(r'<form method="post" action="/unplaced/place".*?</form>', text, re.DOTALL)
    assert form
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[0]))
    await admin.post("/unplaced/place", **{**fields, "unit": "01"})
    assert sorted(waiting(services)) == ["样例1003", "样例1004"]
    assert "把这 3 人归入" not in (await admin.get("/unplaced?group=township")).text


async def test_nothing_ticked_and_no_school_are_said(admin: Browser, services: Services) -> None:
    lost(services, (1, "", ""))
    await admin.post("/unplaced/place", unit="02", scope="ticked")
    assert "没有可以归校的人" in await admin.text_of("/unplaced")
    await admin.post("/unplaced/place", unit="", scope="filter")
    assert "没有这所学校" in await admin.text_of("/unplaced")


async def test_people_in_no_school_are_in_no_officers_area(
    app: Litestar, admin: Browser, services: Services
) -> None:
    lost(services, (1, "", ""))
    officer = await signed_in(app, "officer")
    assert (await officer.get("/unplaced")).status_code == 403
    assert "样例1001" not in (await officer.get("/cases")).text


async def test_one_person_is_placed_from_the_own_page(admin: Browser, services: Services) -> None:
    lost(services, (1, "", ""))
    case = waiting(services)["样例1001"]
    assert f'action="/unplaced/{case}"' in (await admin.get(f"/cases/{case}")).text
    await admin.post(f"/unplaced/{case}", unit="02", back=f"/cases/{case}")
    assert case in case_ids(services, "02")


async def test_a_person_placed_twice_is_not_asked_why_they_move(
    admin: Browser, services: Services
) -> None:
    lost(services, (1, "", ""))
    (case_id,) = waiting(services).values()
    for _ in range(2):
        await admin.post(f"/unplaced/{case_id}", unit="02", back="/unplaced")
    assert "选中的人已经在学校里" in await admin.text_of("/unplaced")


async def test_a_printed_notice_is_shown_first_and_the_move_is_made_when_confirmed(
    admin: Browser, services: Services
) -> None:
    case = case_ids(services, "01")[0]
    code = services.database.read(lambda c: cases.rows(c, SEASON, ids=[case]))[0]["code"]
    printed = "2019-12-01T02:00:00.000Z"
    services.database.write(lambda c: case_use.mark_printed(c, [case], printed))
    assert "通知书 12月1日 10:00 已打印" in (await admin.get(f"/cases/{case}")).text
    asked = await admin.post(f"/unplaced/{case}", unit="02", reason="搬家")
    assert asked.status_code == 200
    assert "12月1日 10:00 已打印" in asked.text
    assert "编号不变" in asked.text
    assert case in case_ids(services, "01")
    await admin.post(f"/unplaced/{case}", unit="02", reason="搬家", confirmed="yes")
    assert case in case_ids(services, "02")
    for q in (code, show_case_code(code), code.lower()):
        assert f"/cases/{case}" in (await admin.get(f"/cases?q={q}")).text, q


async def test_the_ticked_people_of_a_school_move_together_with_a_reason(
    admin: Browser, services: Services
) -> None:
    chosen = case_ids(services, "01")[:3]
    assert 'formaction="/schools/01/move"' in (await admin.get("/schools/01/assignment")).text
    await admin.post("/schools/01/move", to="02", case=chosen)
    assert "没有写转校的原因" in await admin.text_of("/schools/01/assignment")
    await admin.post("/schools/01/move", to="02", case=chosen, reason="撤点并校")
    assert f"已转到{SCHOOLS[1]}，共 3 人" in await admin.text_of("/schools/01/assignment")
    assert set(chosen) <= set(case_ids(services, "02"))


async def test_people_of_another_school_do_not_move_under_this_address(
    admin: Browser, services: Services
) -> None:
    theirs = case_ids(services, "02")[:1]
    answer = await admin.post("/schools/01/move", to="01", case=theirs, reason="x")
    assert answer.status_code == 404


async def test_a_liaison_sees_no_control_to_move_people(
    app: Litestar, admin: Browser, services: Services
) -> None:
    liaison = await signed_in(app, "one")
    case = case_ids(services, "01")[0]
    for path in ("/schools/01/assignment", f"/cases/{case}"):
        text = (await liaison.get(path)).text
        assert "/move" not in text, path
        assert "/unplaced/" not in text, path


async def test_the_pages_of_placing_and_moving_are_in_english_too(
    admin: Browser, services: Services
) -> None:
    lost(services, (1, "云岫镇", "东村"))
    await admin.get("/language/en")
    for path in ("/unplaced", "/unplaced?group=village", "/unplaced?group=township"):
        assert '<html lang="en">' in (await admin.get(path)).text
    case = case_ids(services, "01")[0]
    services.database.write(lambda c: case_use.mark_printed(c, [case], "2019-12-01T02:00:00Z"))
    text = (await admin.post(f"/unplaced/{case}", unit="02", reason="moved")).text
    assert "printed 1 Dec 10:00" in text


async def test_an_import_counts_who_was_placed_by_township(
    admin: Browser, services: Services, tmp_path: Path
) -> None:
    services.database.write(
        lambda c: case_import.import_schools(c, SEASON, {SCHOOLS[0]: {"townships": "柳泉镇"}})
    )
    text = "姓名,身份证号,合同编号,应还本金,应还利息,家庭地址\n"
    text += f"赵样例,{made_id(3)},H001,100.00,5.50,青槐县柳泉镇东村\n"
    files = {"file": ("应还名单.csv", text.encode("gb18030"), "text/csv")}
    preview = (await admin.upload("due-list", files)).text
    token = re.search(r'name="token" value="([0-9a-f]{32})"', preview)
    assert token
    data = {"token": token[1], "_csrf_token": admin.form_token, "gone": "keep"}
    answer = await admin.follow(await admin.http.post("/imports/apply", data=data))
    assert "按乡镇归校 1" in answer.text
