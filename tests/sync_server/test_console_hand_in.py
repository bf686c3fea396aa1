"""The pages on which slips are handed in: prepared by the school, ticked at the desk, shown as three things."""

from __future__ import annotations

import re

import httpx
import pytest
from litestar import Litestar

from sync_server.services import Services
from sync_server.store import cases
from sync_server.store import slip_batches as store
from sync_server.store.scope import WHOLE_COUNTY
from tests.support.console_browser import Browser, people, signed_in
from tests.support.county import SEASON
from tests.support.devices import RawPhone, case_ids, fact_bytes


@pytest.fixture
async def liaison(app: Litestar, services: Services, county: list[str]) -> Browser:
    people(services)
    return await signed_in(app, "one")


@pytest.fixture
async def officer(app: Litestar, liaison: Browser) -> Browser:
    return await signed_in(app, "officer")


@pytest.fixture
async def deliveries(services: Services, phone: RawPhone) -> list[str]:
    """The ids of a school's people: two signed, one answered a message, one refused."""
    ids = case_ids(services, "01")
    for case, outcome in zip(ids, ("signed", "signed", "acknowledged", "refused"), strict=False):
        body = {"outcome": outcome, "method": "message" if outcome == "acknowledged" else "post"}
        await phone.push(phone.chained(fact_bytes(case, "notice_delivery", body=body)))
    return ids


def plain(page: str) -> str:
    """A page's words, without marks and blanks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


async def prepared(liaison: Browser, *case: str) -> str:
    """The address of a batch made on the school's page."""
    answer = await liaison.post("/schools/01/hand-in", case=list(case))
    assert answer.status_code == 303
    return answer.headers["location"]


def code(services: Services, place: int, unit: str = "01") -> str:
    rows = services.database.read(lambda c: cases.rows(c, SEASON, unit=unit))
    return str(rows[place]["code"])


async def version(officer: Browser, batch: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', (await officer.get(batch)).text)
    assert found
    return found[1]


async def test_a_batch_goes_from_the_school_to_the_receipt(
    services: Services, liaison: Browser, officer: Browser, deliveries: list[str]
) -> None:
    page = (await liaison.get("/schools/01/hand-in")).text
    ready = re.findall(r'name="case" value="([^"]+)" checked', page)
    assert ready == deliveries[:2]
    batch = await prepared(liaison, *ready)
    await liaison.post(f"{batch}/bring")
    assert "等着点收" in (await officer.get("/hand-in")).text
    assert "批签收单等着点收" in (await officer.get("/my-schools")).text
    await officer.post(f"{batch}/tick", entry="1")
    await officer.post(
        f"{batch}/receive",
        given_by="史联络",
        day="2019-11-28",
        version=await version(officer, batch),
    )
    done = plain((await liaison.get(batch)).text)
    assert "未到 1 张" in done
    assert "史联络" in done
    assert "officer先生" in done
    assert "未到 1 张 01-0002" in done
    county = plain((await officer.get("/hand-in")).text)
    assert "第 1 批 11月28日" in county


async def test_a_liaison_ticks_nothing_and_sees_no_desk(
    liaison: Browser, deliveries: list[str]
) -> None:
    batch = await prepared(liaison, *deliveries[:2])
    assert (await liaison.post(f"{batch}/tick", entry="1")).status_code == 403
    assert (await liaison.post(f"{batch}/receive")).status_code == 403
    page = (await liaison.get(batch)).text
    assert 'name="entry"' not in page
    assert 'id="walk-in"' not in (await liaison.get("/schools/01/hand-in")).text


async def test_what_the_desk_could_not_take_is_named_and_stays_in_the_field(
    services: Services, liaison: Browser, officer: Browser, deliveries: list[str]
) -> None:
    batch = await prepared(liaison, *deliveries[:2])
    foreign = code(services, 0, "02")
    await officer.post(f"{batch}/tick", entry=f"2 77 {foreign}")
    page = (await officer.get(batch)).text
    assert "已勾 1 张" in page
    assert "没有第 77 行" in page
    assert "青石镇中心校的人" in page
    shown = f"{foreign[:2]}-{foreign[2:6]}-{foreign[6:]}"
    assert f'name="entry" autofocus autocomplete="off" maxlength="20000" value="77 {shown}"' in page


async def test_a_row_button_ticks_and_leads_back_to_its_row(
    liaison: Browser, officer: Browser, deliveries: list[str]
) -> None:
    batch = await prepared(liaison, *deliveries[:2])
    answer = await officer.post(f"{batch}/tick", row="2")
    assert answer.headers["location"] == f"{batch}#l-2"
    assert 'name="row" value="-2"' in (await officer.get(batch)).text


async def test_a_receipt_refused_keeps_the_name_and_the_day(
    liaison: Browser, officer: Browser, deliveries: list[str]
) -> None:
    batch = await prepared(liaison, *deliveries[:2])
    await officer.post(f"{batch}/all", on="yes")
    await officer.post(
        f"{batch}/receive",
        given_by="史代送",
        day="2019-12-31",
        version=await version(officer, batch),
    )
    page = (await officer.get(batch)).text
    assert "不能作交来的日期" in page
    assert 'value="史代送"' in page
    assert 'value="2019-12-31"' in page


async def test_a_batch_opened_again_says_why_and_keeps_the_reason_when_it_is_refused(
    liaison: Browser, officer: Browser, deliveries: list[str]
) -> None:
    batch = await prepared(liaison, *deliveries[:2])
    await officer.post(f"{batch}/all", on="yes")
    await officer.post(
        f"{batch}/receive", given_by="史", day="", version=await version(officer, batch)
    )
    await officer.post(f"{batch}/reopen", reason="")
    assert "没有写为什么重新打开" in (await officer.get(batch)).text
    await officer.post(f"{batch}/reopen", reason="第2张看错了")
    page = (await liaison.get(batch)).text
    assert "又重新打开：第2张看错了" in page
    assert "送中心" in page


async def test_slips_without_a_sheet_become_a_batch_at_the_desk(
    services: Services, officer: Browser
) -> None:
    both = f"{code(services, 0)}\r\n{code(services, 1)}"
    answer = await officer.post("/schools/01/hand-in/walk-in", desk_codes=both)
    page = (await officer.get(answer.headers["location"])).text
    assert "没有交接单，记作第 1 批，勾了 2 张" in page
    assert (await officer.post("/schools/01/hand-in/walk-in", desk_codes="x")).status_code == 303
    page = (await officer.get("/schools/01/hand-in")).text
    assert ">\nx</textarea>" in page


@pytest.mark.parametrize(
    "path",
    [
        "/cases",
        "/cases?show=acknowledged",
        "/cases/{case}",
        "/schools/01",
        "/hand-in",
        "/my-schools",
    ],
)
async def test_a_message_that_was_answered_is_shown_as_signed_nowhere(
    services: Services, officer: Browser, phone: RawPhone, path: str
) -> None:
    case = case_ids(services, "01")[0]
    body = {"outcome": "acknowledged", "method": "message"}
    await phone.push(phone.chained(fact_bytes(case, "notice_delivery", body=body)))
    page = plain((await officer.get(path.format(case=case))).text)
    assert "短信/微信确认" in page
    shown = page.replace("已签收 0", "")
    assert "已签收" not in shown


async def test_a_case_shows_record_paper_slip_and_photo_apart(
    liaison: Browser, officer: Browser, deliveries: list[str]
) -> None:
    one = f"/cases/{deliveries[0]}"
    assert "送达记录 已签收 纸质签收单 在学校 照片 没有" in plain((await liaison.get(one)).text)
    batch = await prepared(liaison, deliveries[0])
    await officer.post(f"{batch}/tick", entry="1")
    await officer.post(
        f"{batch}/receive", given_by="史", day="", version=await version(officer, batch)
    )
    assert "送达记录 已签收 纸质签收单 已交中心 第 1 批 迟交 照片 没有" in plain(
        (await liaison.get(one)).text
    )


@pytest.mark.parametrize(
    ("show", "count"),
    [("acknowledged", 1), ("paper_at_school", 2), ("paper_handed_in", 0), ("paper_none", 4)],
)
async def test_the_list_is_filtered_by_each_of_the_three(
    liaison: Browser, deliveries: list[str], show: str, count: int
) -> None:
    page = plain((await liaison.get(f"/cases?show={show}")).text)
    assert f"找到 {count} 人，共 6 人" in page


async def test_the_review_shows_the_three_things_beside_a_delivery(
    liaison: Browser, deliveries: list[str]
) -> None:
    page = plain((await liaison.get("/schools/01/review?show=received")).text)
    assert "送达记录 短信/微信确认 · 纸质签收单 没有 · 照片 没有" in page
    assert "送达记录 已签收 · 纸质签收单 在学校 · 照片 没有" in page


async def test_the_school_is_told_to_bring_its_slips(
    liaison: Browser, deliveries: list[str]
) -> None:
    page = (await liaison.get("/schools/01")).text
    assert "2 张签收单还在学校（11月29日已截止），请尽快交中心，注明迟交" in page


@pytest.mark.parametrize(("path", "words"), [("sheet", "签收单交接单"), ("receipt", "签收单收据")])
async def test_the_papers_of_a_batch_are_pdfs(
    services: Services,
    liaison: Browser,
    officer: Browser,
    deliveries: list[str],
    path: str,
    words: str,
) -> None:
    batch = await prepared(liaison, *deliveries[:2])
    await officer.post(f"{batch}/all", on="yes")
    await officer.post(
        f"{batch}/receive", given_by="史", day="", version=await version(officer, batch)
    )
    answer: httpx.Response = await officer.follow(await officer.post(f"{batch}/{path}.pdf"))
    assert answer.content.startswith(b"%PDF")
    assert (
        services.database.read(lambda c: store.listed(c, SEASON, WHOLE_COUNTY))[0].state
        == "received"
    )


async def test_a_receipt_before_its_batch_is_received_is_refused(
    liaison: Browser, deliveries: list[str]
) -> None:
    batch = await prepared(liaison, *deliveries[:2])
    answer = await liaison.follow(await liaison.post(f"{batch}/receipt.pdf"))
    assert answer.status_code == 409
