"""Records from paper on the office's pages, by the keyboard alone: found, typed, saved, corrected, with their scans."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import urlencode

import httpx
import pypdfium2
import pytest
from litestar import Litestar
from sqlalchemy import update

from shared.ids import show_case_code
from shared.paper import parse_sheet_mark, sheet_mark
from shared.records.base import Fact
from sync_server.office import keyed_records
from sync_server.office.keyed_form import forms
from sync_server.services import Services
from sync_server.store import cases
from sync_server.store import tables as t
from tests.support.console_browser import Browser, people, signed_in
from tests.support.county import SEASON
from tests.support.devices import case_ids
from tests.support.paper import keyed, sheet, teacher

HERE = "/schools/01/paper"
HEAD = {"teacher": "1", "day": "12-11", "time": "1520"}
VISIT = {"a-met": "1", "a-outcome": "1", "a-promise_date": "12-18", "a-visitors": "2"}
DELIVERY = {"a-method": "1", "a-outcome": "1", "a-signer_relation": "1", "a-servers": "2"}
CALL = {"a-outcome": "2", "a-to": "1", "a-channel": "1"}
UPDATE = {"a-field": "1", "a-value": "13900001111", "a-source": "3"}
STATEMENT = {"a-reason": "15", "a-narrative": "家中只有老人。", "a-handling": "3"}
SHEETS = {
    "notice_delivery": DELIVERY | {"why-no_photo": "8"},
    "visit": VISIT,
    "contact_attempt": CALL,
    "contact_update": UPDATE,
    "statement": STATEMENT,
}


@pytest.fixture
async def browser(app: Litestar, services: Services, county: list[str]) -> Browser:
    """The liaison's window, at a school with two teachers."""
    people(services)
    for name in ("甲", "乙"):
        teacher(services, name)
    return await signed_in(app, "one")


@pytest.fixture
def case(services: Services, county: list[str]) -> str:
    return case_ids(services, "01")[0]


def code_of(services: Services, case: str) -> str:
    (row,) = services.database.read(lambda c: cases.rows(c, SEASON, ids=[case]))
    return str(row["code"])


def fields(page: httpx.Response) -> dict[str, str]:
    """What a form would send: its fields with what stands in them."""
    inputs = re.findall(r'<input[^>]* name="([^"]+)"[^>]*? value="([^"]*)"', page.text)
    return {name: html.unescape(value) for name, value in inputs}


def focus(page: httpx.Response) -> str:
    """The field in which the cursor begins."""
    found = re.search(r'name="([^"]+)"[^>]* autofocus', page.text)
    return found[1] if found else ""


def facts(services: Services, case: str) -> list[Fact]:
    found = services.database.read(lambda c: cases.facts_of(c, [case]))
    return [stored.fact for stored in found.get(case, [])]


async def form(browser: Browser, services: Services, case: str, kind: str) -> httpx.Response:
    query = urlencode({"code": show_case_code(code_of(services, case)), "kind": kind})
    return await browser.get(f"{HERE}?{query}")


async def save(
    browser: Browser, page: httpx.Response, files: Any = None, **typed: str
) -> httpx.Response:
    """Fill in the form of a page and press Enter."""
    action = re.search(r'<form method="post" action="([^"]+)" enctype', page.text)
    assert action is not None, page.text
    shown = {name: text for name, text in fields(page).items() if not name.startswith("_")}
    return await browser.post(action[1], files=files or {"none": ("", b"")}, **{**shown, **typed})


async def test_the_cursor_begins_in_the_code_and_a_code_leads_to_the_kind(
    browser: Browser, services: Services, case: str
) -> None:
    assert focus(await browser.get(HERE)) == "code"
    page = await browser.get(f"{HERE}?code={code_of(services, case).lower()}")
    assert focus(page) == "kind"
    assert "样例0" in page.text


async def test_a_number_means_the_teacher_whom_the_form_showed_it_for(
    browser: Browser, services: Services, case: str
) -> None:
    page = await form(browser, services, case, "2")
    teacher(services, "丙")  # before the others, by name
    wrong = await save(browser, page, **HEAD | VISIT | {"day": "40-40"})
    assert wrong.status_code == 422
    done = await save(browser, wrong, **HEAD | VISIT)
    assert done.status_code == 303
    (made,) = facts(services, case)
    assert made.paper is not None
    assert made.paper.visited_by == teacher(services, "乙")
    assert made.body["visitors"] == ["乙", "甲"]


@pytest.mark.parametrize("typed", ["样例3", "yl3", "01-0004"])
async def test_a_person_is_found_by_name_initials_and_a_part_of_the_code(
    browser: Browser, typed: str
) -> None:
    assert "样例3" in (await browser.get(f"{HERE}?{urlencode({'code': typed})}")).text


async def test_several_people_are_offered_to_choose_from(browser: Browser) -> None:
    page = await browser.get(f"{HERE}?{urlencode({'code': '样例', 'kind': '2'})}")
    links = re.findall(rf'href="({HERE}\?case=[^"]+)"', page.text)
    assert len(links) == 6
    assert "autofocus" in page.text.split(links[0])[1].split(">")[0]
    assert "上门走访" in (await browser.get(html.unescape(links[0]))).text


async def test_what_the_reader_of_a_sheets_qr_types_opens_its_form(
    browser: Browser, services: Services, case: str
) -> None:
    mark = sheet_mark(code_of(services, case), 5)
    assert parse_sheet_mark(mark) == (code_of(services, case), 5)
    page = await browser.get(f"{HERE}?{urlencode({'code': mark})}")
    assert "说明全文" in page.text


@pytest.mark.parametrize("kind", forms(), ids=lambda kind: kind.name)
async def test_every_kind_is_typed_and_stored_as_of_the_teacher_who_visited(
    browser: Browser, services: Services, case: str, kind: Any
) -> None:
    page = await form(browser, services, case, str(kind.place))
    head = HEAD if kind.timed else {"teacher": "1"}
    answer = await save(browser, page, **head, **SHEETS[kind.name])
    assert answer.status_code == 303, answer.text
    (made,) = facts(services, case)
    assert (made.kind, made.case) == (kind.name, case)
    assert made.paper is not None
    assert (made.paper.visited_by, made.paper.keyed_by) == (teacher(services, "乙"), "one")
    after = await browser.get(answer.headers["location"])
    assert focus(after) == "code"
    assert "已记下" in after.text
    assert fields(after)["kind"] == str(kind.place)


async def test_the_teacher_and_companions_of_the_sheet_before_stand_in_the_next_form(
    browser: Browser, services: Services, case: str
) -> None:
    await save(browser, await form(browser, services, case, "2"), **HEAD, **VISIT)
    other = case_ids(services, "01")[1]
    shown = fields(await form(browser, services, other, "2"))
    assert (shown["teacher"], shown["a-visitors"], shown["day"]) == ("1", "2", "")


async def test_the_same_form_sent_again_makes_no_second_record(
    browser: Browser, services: Services, case: str
) -> None:
    page = await form(browser, services, case, "2")
    for _ in range(2):
        assert (await save(browser, page, **HEAD, **VISIT)).status_code == 303
    assert len(facts(services, case)) == 1


async def test_a_fault_is_named_at_its_field_with_the_cursor_and_what_was_typed_stays(
    browser: Browser, services: Services, case: str
) -> None:
    page = await form(browser, services, case, "2")
    typed = {**HEAD, **VISIT, "a-met": "9", "a-note": "“原话”"}
    answer = await save(browser, page, **typed)
    assert answer.status_code == 422
    assert focus(answer) == "a-met"
    assert "没有“9”这个选项" in answer.text
    assert {name: fields(answer)[name] for name in typed} == typed
    assert facts(services, case) == []


async def test_a_text_of_several_lines_is_kept_and_one_too_long_is_named_at_its_field(
    browser: Browser, services: Services, case: str
) -> None:
    page = await form(browser, services, case, "5")
    typed = {**STATEMENT, "teacher": "1", "a-narrative": "长" * 4001}
    answer = await save(browser, page, **typed)
    assert answer.status_code == 422
    assert "最多 4000 个字" in answer.text
    assert "长" * 4001 in answer.text
    await save(browser, answer, **{**typed, "a-narrative": "第一行\r\n第二行"})
    (made,) = facts(services, case)
    assert made.body["narrative"] == "第一行\n第二行"


async def test_what_is_recorded_already_stands_above_the_form(
    browser: Browser, services: Services, case: str
) -> None:
    assert "不要重复录入" not in (await form(browser, services, case, "2")).text
    keyed(services, case)
    page = await form(browser, services, case, "1")
    assert "不要重复录入" in page.text
    assert "12月11日 15:20 上门走访 承诺还款" in page.text


async def test_a_rule_that_was_not_kept_asks_for_its_reason_as_the_phone_does(
    browser: Browser, services: Services, case: str
) -> None:
    page = await form(browser, services, case, "2")
    typed = {**HEAD, **VISIT, "a-visitors": "", "time": "2330"}
    answer = await save(browser, page, **typed)
    assert answer.status_code == 422
    assert focus(answer).startswith("why-")
    answer = await save(browser, answer, **{focus(answer): "6"})
    assert answer.status_code == 303
    (made,) = facts(services, case)
    assert set(made.body["flags"]) == {"outside_hours", "alone"}
    assert made.body["flag_reason"] == "情况紧急"


async def test_a_scan_sent_with_the_form_is_kept_while_a_fault_is_corrected(
    browser: Browser, services: Services, case: str
) -> None:
    page = await form(browser, services, case, "1")
    typed = {**HEAD, **DELIVERY}
    wrong = await save(
        browser, page, {"scan": ("a.jpg", sheet(), "image/jpeg")}, **{**typed, "day": ""}
    )
    assert (wrong.status_code, focus(wrong)) == (422, "day")
    assert (await save(browser, wrong, day="12-11")).status_code == 303
    (made,) = facts(services, case)
    assert made.paper is not None
    assert made.paper.scan in made.photos
    assert "flags" not in made.body


async def test_a_picture_that_another_form_kept_is_not_named_by_guessing(
    browser: Browser, services: Services, case: str
) -> None:
    page = await form(browser, services, case, "2")
    await save(browser, page, {"scan": ("a.jpg", sheet(), "image/jpeg")}, **{**HEAD, "day": ""})
    await save(browser, await form(browser, services, case, "2"), **HEAD, **VISIT)
    (made,) = facts(services, case)
    assert made.photos == ()


async def test_a_record_without_a_scan_is_listed_until_it_has_one(
    browser: Browser, services: Services, case: str
) -> None:
    made = keyed(services, case)
    assert f"{HERE}/{made.fact_id}" in (await browser.get(HERE)).text
    answer = await browser.post(
        f"{HERE}/{made.fact_id}/scan", files={"scan": ("a.jpg", sheet(), "image/jpeg")}
    )
    assert answer.status_code == 303
    page = await browser.get(HERE)
    assert f"{HERE}/{made.fact_id}" not in page.text
    (line,) = keyed_records.from_paper(services, "01")
    assert not keyed_records.lacks_scan(line)


async def test_a_record_is_corrected_in_the_form_with_what_it_said(
    browser: Browser, services: Services, case: str
) -> None:
    made = keyed(services, case)
    page = await browser.get(f"{HERE}/{made.fact_id}/correct")
    shown = fields(page)
    assert (shown["a-met"], shown["a-visitors"], shown["time"]) == ("1", "乙", "15:20")
    assert focus(page) == "a-note"
    missing = await save(browser, page, **{"a-met": "2"})
    assert (missing.status_code, focus(missing)) == (422, "correct_reason")
    answer = await save(browser, missing, correct_reason="看错了")
    assert answer.headers["location"] == f"{HERE}/{made.fact_id}"
    (line,) = keyed_records.from_paper(services, "01")
    assert line.fact.body["met"] == "co_borrower"
    assert "共同借款人" in (await browser.get(f"{HERE}/{made.fact_id}")).text


async def test_a_record_is_taken_back_with_a_reason(
    browser: Browser, services: Services, case: str
) -> None:
    made = keyed(services, case)
    page = await browser.get(f"{HERE}/{made.fact_id}")
    asked = await browser.post(f"{HERE}/{made.fact_id}/withdraw", form_id="1", reason="")
    assert asked.headers["location"] == f"{HERE}/{made.fact_id}"
    assert "撤回" in page.text
    await browser.post(f"{HERE}/{made.fact_id}/withdraw", form_id="2", reason="录错了人")
    assert keyed_records.from_paper(services, "01") == []
    assert (await browser.get(f"{HERE}/{made.fact_id}")).headers["location"] == HERE


async def test_a_person_of_another_school_is_not_found(
    browser: Browser, services: Services
) -> None:
    other = case_ids(services, "02")[0]
    page = await browser.get(f"{HERE}?code={code_of(services, other)}")
    assert "本校名单里没有" in page.text
    assert (await browser.get(f"{HERE}?case={other}&kind=2")).status_code == 404
    sent = await browser.post(HERE, case=other, kind="visit", form_id="1", **HEAD, **VISIT)
    assert sent.headers["location"] == HERE
    assert facts(services, other) == []


async def test_the_persons_page_leads_to_the_form(
    browser: Browser, services: Services, case: str
) -> None:
    code = show_case_code(code_of(services, case))
    assert f"{HERE}?code={code}" in (await browser.get(f"/cases/{case}")).text


async def test_the_blank_sheets_are_printed_with_the_numbers_of_the_page(
    browser: Browser, services: Services, case: str
) -> None:
    answer = await browser.follow(await browser.post(f"{HERE}/sheets.pdf", kind="visit"))
    document = pypdfium2.PdfDocument(answer.content)
    text = "".join(document[0].get_textpage().get_text_range().split())
    document.close()
    page = await form(browser, services, case, "2")
    numbers = re.findall(r'<b class="num">(\d+)</b> ([^<]+)</span>', page.text)
    printed = [(n, words) for n, words in numbers if words not in ("甲", "乙")]
    assert len(printed) > 20
    for number, words in printed:
        assert f"{number}{''.join(words.split())}" in text


async def test_the_record_of_a_teacher_who_left_keeps_the_teacher_in_its_form(
    browser: Browser, services: Services, case: str
) -> None:
    made = keyed(services, case)
    gone = t.staff.c.name == "甲"
    services.database.write(lambda c: c.execute(update(t.staff).where(gone).values(role="left")))
    shown = fields(await browser.get(f"{HERE}/{made.fact_id}/correct"))
    assert shown["a-visitors"] == "乙"
