"""The pages of teachers and of assignment, as a liaison uses them without JavaScript."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import httpx
import pytest
from litestar import Litestar

from sync_server.office import assignment, phones, staff
from sync_server.services import Services
from sync_server.store import cases, teachers
from tests.support.console_browser import Browser, people, signed_in
from tests.support.county import SEASON
from tests.support.devices import RawPhone, case_ids, fact_bytes

BASE = "/schools/01/assignment"


@pytest.fixture
async def liaison(app: Litestar, services: Services, county: list[str]) -> Browser:
    people(services)
    return await signed_in(app, "one")


def add(services: Services, *names: str) -> list[str]:
    staff.add(services, "01", "、".join(names), who="t")
    known = services.database.read(lambda c: teachers.listed(c, SEASON, "01"))
    return [next(p.id for p in known if p.name == name) for name in names]


def hidden(page: httpx.Response, action: str) -> dict[str, Any]:
    """The hidden fields of a page's form, by its address."""
    form = re.search(rf'action="{action}">(.*?)</form>', page.text, re.DOTALL)
    assert form, page.text
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', form[1]):
        found.setdefault(unescape(name), []).append(unescape(value))
    return found


def villages(services: Services) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in services.database.read(lambda c: cases.rows(c, SEASON, unit="01")):
        found.setdefault(cases.case_of(row).village, []).append(row["id"])
    return found


async def test_villages_are_given_to_teachers_after_a_preview(
    liaison: Browser, services: Services
) -> None:
    first, second = add(services, "王芳", "李娜")
    (village, theirs), (other, others), *_ = villages(services).items()
    asked: dict[str, Any] = {
        "how": "village",
        f"to:{village}": first,
        f"to:{other}": second,
        "everyone": "yes",
    }
    page = await liaison.post(f"{BASE}/preview", **asked)
    assert f"{village} {len(theirs)}" in page.text
    assert case_ids(services, "01", first) == []
    await liaison.post(f"{BASE}/apply", **hidden(page, f"{BASE}/apply"))
    assert case_ids(services, "01", first) == theirs
    assert case_ids(services, "01", second) == others


async def test_what_was_chosen_is_there_again_when_it_is_to_be_changed(
    liaison: Browser, services: Services
) -> None:
    (first,) = add(services, "王芳")
    village = next(iter(villages(services)))
    asked: dict[str, Any] = {f"to:{village}": first}
    page = await liaison.post(f"{BASE}/preview", how="village", **asked)
    again = await liaison.post(f"{BASE}/preview", again="yes", **hidden(page, f"{BASE}/preview"))
    chosen = re.search(rf'name="to:{village}".*?</select>', again.text, re.DOTALL)
    assert chosen
    assert f'value="{first}" selected' in chosen[0]


async def test_a_choice_that_cannot_be_is_refused_and_still_chosen(
    liaison: Browser, services: Services
) -> None:
    first, second = add(services, "王芳", "李娜")
    staff.leave(services, "01", second, who="t")
    one, other, *_ = villages(services)
    asked: dict[str, Any] = {f"to:{one}": first, f"to:{other}": second}
    page = await liaison.post(f"{BASE}/preview", how="village", **asked)
    assert "李娜 老师已离开本校" in page.text
    assert f'value="{first}" selected' in page.text


async def test_nothing_chosen_is_reported(liaison: Browser, services: Services) -> None:
    add(services, "王芳")
    for how in ("village", "even"):
        assert "还没有选择" in (await liaison.post(f"{BASE}/preview", how=how)).text


async def test_a_preview_that_no_longer_holds_is_shown_anew(
    liaison: Browser, services: Services
) -> None:
    first, second = add(services, "王芳", "李娜")
    page = await liaison.post(f"{BASE}/preview", how="even", of=[first, second])
    old = hidden(page, f"{BASE}/apply")
    assignment.assign(services, case_ids(services, "01")[:2], second, who="t")
    page = await liaison.post(f"{BASE}/apply", **old)
    assert page.status_code == 409
    assert "预览以后情况变了" in page.text
    assert case_ids(services, "01", first) == []
    await liaison.post(f"{BASE}/apply", **hidden(page, f"{BASE}/apply"))
    assert len(case_ids(services, "01", first)) == 3


async def test_the_last_assignment_is_undone_by_its_button(
    liaison: Browser, services: Services
) -> None:
    (first,) = add(services, "王芳")
    await liaison.post(BASE, case=case_ids(services, "01"), staff=first)
    page = await liaison.get(BASE)
    undo = hidden(page, f"{BASE}/undo")
    await liaison.post(f"{BASE}/undo", **undo)
    assert "6 人回到原来的老师" in await liaison.text_of(BASE)
    assert case_ids(services, "01", first) == []
    await liaison.post(f"{BASE}/undo", **undo)
    assert "已经撤销" in await liaison.text_of(BASE)


async def test_ticks_are_not_lost_when_no_teacher_was_chosen(
    liaison: Browser, services: Services
) -> None:
    add(services, "王芳")
    one, *others = case_ids(services, "01")
    answer = await liaison.post(BASE, case=one, staff="", back=f"{BASE}?village=x&show=unpaid")
    assert answer.headers["location"] == f"{BASE}?village=x&show=unpaid"
    page = await liaison.get(BASE)
    assert f'value="{one}" checked' in page.text
    assert f'value="{others[0]}" checked' not in page.text


async def test_the_list_is_filtered_by_several_things_at_once(
    liaison: Browser, services: Services
) -> None:
    (first,) = add(services, "王芳")
    here = villages(services)
    village, theirs = next(iter(here.items()))
    assignment.assign(services, theirs, first, who="t")
    (row, *_) = services.database.read(lambda c: cases.rows(c, SEASON, ids=theirs))
    page = await liaison.get(f"{BASE}?village={village}&staff={first}&q={row['code']}&show=unpaid")
    assert re.findall(r'name="case" value="([^"]*)"', page.text) == [row["id"]]
    page = await liaison.get(f"{BASE}?village={village}&staff=-")
    assert re.findall(r'name="case" value="([^"]*)"', page.text) == []


async def test_teachers_are_added_renamed_merged_and_leave_on_their_page(
    liaison: Browser, services: Services
) -> None:
    await liaison.post("/schools/01/teachers/add", teacher="王方、王芳，李娜")
    known = services.database.read(lambda c: teachers.listed(c, SEASON, "01"))
    ids = {p.name: p.id for p in known}
    await liaison.post(f"/schools/01/teachers/{ids['李娜']}/rename", name="李纳")
    await liaison.post(f"/schools/01/teachers/{ids['王方']}/merge", into=ids["王芳"])
    await liaison.post(f"/schools/01/teachers/{ids['李娜']}/leave")
    text = (await liaison.get("/schools/01/teachers")).text
    assert "以前写作 王方" in text
    assert "以前写作 李娜" in text
    assert "已离开" in text
    await liaison.post(f"/schools/01/teachers/{ids['李娜']}/back")
    assert ">已离开<" not in (await liaison.get("/schools/01/teachers")).text


async def test_a_refused_name_is_still_in_its_field(liaison: Browser, services: Services) -> None:
    one, _ = add(services, "王芳", "李娜")
    await liaison.post("/schools/01/teachers/add", teacher="赵敏、李娜")
    page = (await liaison.get("/schools/01/teachers")).text
    assert 'value="赵敏、李娜"' in page
    assert "本校已经有 李娜 老师" in page
    await liaison.post(f"/schools/01/teachers/{one}/rename", name="李 娜")
    assert 'value="李 娜"' in (await liaison.get("/schools/01/teachers")).text


async def test_the_people_of_a_stopped_phone_are_offered_where_the_liaison_looks(
    liaison: Browser, phone: RawPhone, services: Services
) -> None:
    (other,) = add(services, "李娜")
    await liaison.post(f"/schools/01/phones/{phone.device}/revoke")
    for path in ("/schools/01", "/schools/01/phones", "/schools/01/teachers"):
        text = (await liaison.get(path)).text
        assert "甲 老师的手机已停用，还有 6 人" in text, path
        assert "重新发登记码" in text, path
    assert "6 人等您改派" in (await liaison.get("/schools/01")).text
    await liaison.post(f"/schools/01/teachers/{phone.staff}/reassign", to=other)
    assert len(case_ids(services, "01", other)) == 6
    assert "等您改派" not in (await liaison.get("/schools/01")).text


async def test_a_phone_of_a_teacher_who_left_is_marked_on_the_page_of_phones(
    liaison: Browser, phone: RawPhone, services: Services
) -> None:
    assert "已离开" not in (await liaison.get("/schools/01/phones")).text
    await liaison.post(f"/schools/01/teachers/{phone.staff}/leave")
    text = (await liaison.get("/schools/01/phones")).text
    assert "同步一次再停用" in text
    assert "甲 老师已离开，还有 6 人" in text


async def test_one_tap_leaves_the_people_of_a_stopped_phone_with_their_teacher(
    liaison: Browser, phone: RawPhone, services: Services
) -> None:
    phones.revoke(services, phone.device, who="t")
    await liaison.post(f"/schools/01/teachers/{phone.staff}/keep")
    assert "等您改派" not in (await liaison.get("/schools/01")).text
    assert len(case_ids(services, "01", phone.staff)) == 6


async def test_a_photo_that_a_phone_still_holds_is_counted_beside_its_teacher(
    liaison: Browser, phone: RawPhone, services: Services
) -> None:
    one = case_ids(services, "01")[0]
    await phone.push(phone.chained(fact_bytes(one, photos=("ab" * 32,))))
    assert "还有 1 张照片在手机里" in (await liaison.get("/schools/01/teachers")).text
