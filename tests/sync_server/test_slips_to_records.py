"""Filed scans of slips become delivery records: chosen by their number, bound by hash, only the person's own."""

from __future__ import annotations

import html
import re

import pytest
from litestar import Litestar

from shared.problems import ProblemError
from shared.records.base import Fact
from sync_server.office import keyed_records, paper_records, review
from sync_server.services import Services
from sync_server.store import cases, slip_stacks
from sync_server.store import tables as t
from tests.support.console_browser import Browser, people, signed_in
from tests.support.devices import case_ids
from tests.support.filed_slips import file_slips
from tests.support.paper import DELIVERY, keyed, sheet, teacher

HERE = "/schools/01/paper"
PILE = f"{HERE}/slips"
TYPED = {
    "teacher": "1",
    "day": "1209",
    "time": "930",
    "a-method": "1",
    "a-outcome": "1",
    "a-signer_relation": "1",
    "a-servers": "2",
}


@pytest.fixture
async def browser(app: Litestar, services: Services, county: list[str]) -> Browser:
    people(services)
    for name in ("甲", "乙"):
        teacher(services, name)
    return await signed_in(app, "one")


@pytest.fixture
def ids(services: Services, county: list[str]) -> list[str]:
    return case_ids(services, "01")


def fields(page: str) -> dict[str, str]:
    found = re.findall(r'<input[^>]* name="([^"]+)"[^>]*? value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found if not name.startswith("_")}


async def form(browser: Browser, case: str, kind: int = 1) -> str:
    return (await browser.get(f"{HERE}?case={case}&kind={kind}&pile=1")).text


async def save(browser: Browser, page: str, **typed: str) -> str:
    """Where the answer leads; what it shows where it leads nowhere."""
    answer = await browser.post(HERE, **{**fields(page), **TYPED, **typed})
    return str(answer.headers.get("location", "")) or answer.text


def facts(services: Services, case: str) -> list[Fact]:
    found = services.database.read(lambda c: cases.facts_of(c, [case]))
    return [stored.fact for stored in found.get(case, [])]


async def test_a_delivery_begins_with_the_persons_signed_scan_and_is_bound_to_it(
    browser: Browser, services: Services, ids: list[str]
) -> None:
    (scan,) = file_slips(services, ids[:1])
    page = await form(browser, ids[0])
    assert fields(page)["slip"] == "1"
    assert f"/cases/{ids[0]}/slips/{scan}" in page
    await save(browser, page)
    (made,) = facts(services, ids[0])
    assert made.paper is not None
    assert (made.paper.scan, made.photos) == (scan, (scan,))
    assert "flags" not in made.body


async def test_a_number_that_was_not_offered_is_a_fault_at_its_field(
    browser: Browser, services: Services, ids: list[str]
) -> None:
    file_slips(services, ids[:1])
    answer = await save(browser, await form(browser, ids[0]), slip="2")
    assert "没有“2”这个选项" in answer
    assert facts(services, ids[0]) == []


async def test_an_emptied_number_leaves_the_record_without_a_scan(
    browser: Browser, services: Services, ids: list[str]
) -> None:
    file_slips(services, ids[:1])
    page = await form(browser, ids[0])
    await save(browser, page, slip="", **{"why-no_photo": "8"})
    (made,) = facts(services, ids[0])
    assert made.photos == ()


async def test_an_unsigned_scan_is_offered_and_not_chosen(
    browser: Browser, services: Services, ids: list[str]
) -> None:
    file_slips(services, ids[:1], ink="empty")
    page = await form(browser, ids[0])
    assert fields(page)["slip"] == ""
    assert "签字处没有字迹" in page


async def test_a_visit_offers_no_slip(browser: Browser, services: Services, ids: list[str]) -> None:
    file_slips(services, ids[:1])
    assert "slip" not in fields(await form(browser, ids[0], 2))


@pytest.mark.parametrize("whose", ["same school", "other school", "a sheet"])
async def test_a_picture_that_is_not_the_persons_slip_is_refused(
    browser: Browser, services: Services, ids: list[str], whose: str
) -> None:
    file_slips(services, ids[:1])
    other = {
        "same school": lambda: file_slips(services, ids[1:2])[0],
        "other school": lambda: file_slips(services, case_ids(services, "02")[:1], unit="02")[0],
        "a sheet": lambda: paper_records.keep_picture(services, "01", sheet()),
    }[whose]()
    page = await form(browser, ids[0])
    answer = await save(browser, page, slips=other)
    assert "已不在这个人名下" in answer
    assert facts(services, ids[0]) == []
    made = keyed(services, ids[0], "notice_delivery", DELIVERY, reason="纸质留存")
    with pytest.raises(ProblemError, match=r"keyed\.slip_gone"):
        paper_records.attach_slip(services, "01", made.fact_id, other, who="one")


async def test_a_scan_that_was_taken_back_meanwhile_is_refused_and_what_was_typed_stays(
    browser: Browser, services: Services, ids: list[str]
) -> None:
    file_slips(services, ids[:1])
    page = await form(browser, ids[0])
    services.database.write(lambda c: c.execute(t.slip_page.delete()))
    answer = await save(browser, page)
    assert "已不在这个人名下" in answer
    assert fields(answer)["day"] == "1209"


async def test_the_list_of_records_without_a_scan_attaches_the_filed_one(
    browser: Browser, services: Services, ids: list[str]
) -> None:
    made = keyed(services, ids[0], "notice_delivery", DELIVERY, reason="纸质留存")
    (scan,) = file_slips(services, ids[:1])
    assert "1 条纸质记录还缺扫描件" in (await browser.get("/schools/01")).text
    listed = (await browser.get(HERE)).text
    assert f'name="slip" value="{scan}"' in listed
    assert scan in (await browser.get(f"{HERE}/{made.fact_id}")).text
    for _ in range(2):
        await browser.post(f"{HERE}/{made.fact_id}/scan", slip=scan)
    assert len(facts(services, ids[0])) == 2
    (line,) = keyed_records.from_paper(services, "01")
    assert line.fact.paper is not None
    assert (line.fact.paper.scan, line.fact.photos) == (scan, (scan,))
    assert "还缺扫描件" not in (await browser.get("/schools/01")).text


async def test_a_correction_binds_the_scan_to_a_record_without_one(
    browser: Browser, services: Services, ids: list[str]
) -> None:
    made = keyed(services, ids[0], "notice_delivery", DELIVERY, reason="纸质留存")
    (scan,) = file_slips(services, ids[:1])
    page = (await browser.get(f"{HERE}/{made.fact_id}/correct")).text
    sent = {**fields(page), "correct_reason": "补扫描件"}
    answer = await browser.post(f"{HERE}/{made.fact_id}/correct", **sent)
    assert answer.status_code == 303
    (line,) = keyed_records.from_paper(services, "01")
    assert line.fact.photos == (scan,)
    assert not keyed_records.lacks_scan(line)


async def test_a_scan_that_is_also_a_photo_of_the_record_is_one_picture(
    browser: Browser, services: Services, ids: list[str]
) -> None:
    file_slips(services, ids[:1])
    await save(browser, await form(browser, ids[0]))
    words = re.sub(r"<[^>]+>", "", (await browser.get(f"/cases/{ids[0]}")).text)
    assert "2 张" not in words


async def test_every_slip_of_a_pile_becomes_one_record_in_the_order_of_the_pile(
    browser: Browser, services: Services, ids: list[str]
) -> None:
    pile = [*ids[3:], *ids[:3]]
    file_slips(services, pile)
    assert f"{len(pile)} 张签过字的签收单已扫描" in (await browser.get("/schools/01")).text
    assert f"{len(pile)} 张签过字的签收单已扫描" in (await browser.get(HERE)).text
    where = PILE
    for case in pile:
        shown = (await browser.get(where)).text
        found = re.search(rf'href="({HERE}\?case=[^"]+)" autofocus', shown)
        assert found, shown
        page = (await browser.get(html.unescape(found[1]))).text
        assert f'name="case" value="{case}"' in page
        where = await save(browser, page)
        assert where.startswith(f"{PILE}?done=")
    assert "都有送达记录了" in (await browser.get(where)).text
    assert [len(facts(services, case)) for case in pile] == [1] * len(pile)
    assert "已扫描，还没有送达记录" not in (await browser.get("/schools/01")).text


async def test_a_form_left_unsaved_leads_on_to_the_next_person(
    browser: Browser, services: Services, ids: list[str]
) -> None:
    file_slips(services, ids)
    leave = f"{PILE}?left={ids[0]}"
    assert leave in await form(browser, ids[0])
    shown = (await browser.get(leave)).text
    assert re.search(rf'case={ids[1]}[^"]*" autofocus', shown)


async def test_slips_without_a_signature_and_people_with_a_record_are_not_proposed(
    browser: Browser, services: Services, ids: list[str]
) -> None:
    file_slips(services, ids[:1], ink="empty")
    file_slips(services, ids[1:2], ink="unclear")
    file_slips(services, ids[2:3])
    keyed(services, ids[2], "notice_delivery", DELIVERY, reason="纸质留存")
    assert "都有送达记录了" in (await browser.get(PILE)).text


async def test_a_person_whose_record_was_returned_is_not_proposed_for_a_second_one(
    browser: Browser, services: Services, ids: list[str]
) -> None:
    file_slips(services, ids[:1])
    made = keyed(services, ids[0], "notice_delivery", DELIVERY, reason="纸质留存")
    review.review(services, made.fact_id, "returned", "签收人不对", who="one")
    assert "都有送达记录了" in (await browser.get(PILE)).text


async def test_the_form_of_the_pile_begins_with_the_persons_own_teacher(
    browser: Browser, services: Services, ids: list[str]
) -> None:
    file_slips(services, ids[:1])
    own = teacher(services, "甲")
    whose = t.case_file.c.id == ids[0]
    services.database.write(
        lambda c: c.execute(t.case_file.update().where(whose).values(assignee=own))
    )
    assert fields(await form(browser, ids[0]))["teacher"] == "2"


async def test_the_scan_stays_with_the_record_when_its_stack_is_withdrawn(
    browser: Browser, services: Services, ids: list[str]
) -> None:
    (scan,) = file_slips(services, ids[:1])
    await save(browser, await form(browser, ids[0]))
    (stack,) = services.database.read(lambda c: slip_stacks.stacks(c, "2019", "01"))
    services.database.write(lambda c: slip_stacks.withdraw(c, stack.id))
    assert (await browser.get(f"/cases/{ids[0]}/photos/{scan}")).content.startswith(b"\xff\xd8")
