"""A school's page of notices: print exactly those ticked, see every batch, take one back."""

from __future__ import annotations

import re

import pytest
from litestar import Litestar
from sqlalchemy import update

from sync_server.office import notices
from sync_server.services import Services
from sync_server.store import audit
from sync_server.store import tables as t
from tests.support.console_browser import Browser, people, signed_in
from tests.support.notices import PDF, printed, states

PLACE = "/schools/01/notices"


@pytest.fixture
async def liaison(app: Litestar, services: Services, county: list[str]) -> Browser:
    people(services)
    return await signed_in(app, "one")


def ticked(page: str) -> list[str]:
    """The people of the list that are ticked, with how often each was printed."""
    return re.findall(r'name="case" value="([^"]+)" checked', page)


async def test_those_ticked_are_printed_after_a_press_and_the_batch_has_the_pdf(
    app: Litestar, liaison: Browser, services: Services
) -> None:
    app.state["console_state"].works.wait_s = 60.0
    listed = ticked((await liaison.get(PLACE)).text)
    assert ticked((await liaison.get(f"{PLACE}?tick=none")).text) == []
    assert [value.rpartition(".")[0] for value in listed] == list(states(services))
    answer = await liaison.post(PLACE, case=listed[:2], cover="first")
    place = answer.headers["location"]
    page = await liaison.get(place)
    assert "第 1 批" in page.text
    assert "还没有人打开过" in page.text
    pdf = await liaison.post(f"{place}/notices.pdf")
    assert (pdf.headers["content-type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    assert "还没有人打开过" not in (await liaison.get(place)).text
    left = ticked((await liaison.get(f"{PLACE}?only=unprinted")).text)
    assert left == listed[2:]
    noted = [e.action for e in services.database.read(lambda c: audit.listed(c))]
    assert {"notices.print", "notices.download"} <= set(noted)


async def test_a_form_sent_once_more_prints_nothing_and_says_so(
    liaison: Browser, services: Services
) -> None:
    listed = ticked((await liaison.get(PLACE)).text)
    printed(services, "01")
    answer = await liaison.post(PLACE, case=listed)
    answer = await liaison.follow(answer)
    assert "这一批没有打印" in answer.text
    assert "第 2 批" not in answer.text


async def test_nobody_ticked_is_an_error_that_names_the_fix(liaison: Browser) -> None:
    answer = await liaison.post(PLACE, back=f"{PLACE}?only=all")
    assert answer.headers["location"] == f"{PLACE}?only=all"
    assert "还没有选择" in await liaison.text_of(PLACE)


async def test_people_and_batches_of_another_school_are_unknown(
    liaison: Browser, services: Services
) -> None:
    theirs = printed(services, "02")
    (one, *_) = states(services, "02")
    assert (await liaison.post(PLACE, case=f"{one}.1")).status_code == 404
    for path in (theirs.id, "x"):
        assert (await liaison.get(f"{PLACE}/{path}")).status_code == 404
        assert (await liaison.post(f"{PLACE}/{path}/notices.pdf")).status_code == 404
    await liaison.post(f"{PLACE}/{theirs.id}/take-back")
    assert {p.state for p in states(services, "02").values()} == {"printed"}


async def test_what_changed_is_listed_and_the_school_page_counts_it(
    liaison: Browser, services: Services
) -> None:
    printed(services, "01")
    assert "都已打印" in (await liaison.get(PLACE)).text
    services.database.write(
        lambda c: c.execute(
            update(t.unit).where(t.unit.c.code == "01").values(liaison_phone="0913-2222222")
        )
    )
    page = (await liaison.get(f"{PLACE}?only=changed")).text
    assert len(ticked(page)) == 6
    assert "学校电话有变化" in page
    school = (await liaison.get("/schools/01")).text
    assert "6 人的通知书印好后有变化，要重新打印" in school
    assert f'href="{PLACE}?only=changed"' in school


async def test_a_school_without_a_telephone_is_asked_for_one_and_keeps_what_was_typed(
    liaison: Browser,
) -> None:
    assert "通知书上还没有学校电话" in (await liaison.get("/schools/01")).text
    assert "通知书上还没有学校电话" in (await liaison.get(PLACE)).text
    await liaison.post("/schools/01/contact", name="王建国", phone="123")
    page = (await liaison.get(PLACE)).text
    assert "不像一个电话号码" in page
    assert 'value="王建国"' in page
    assert 'value="123"' in page
    await liaison.post("/schools/01/contact", name="王建国", phone="0913-2222222")
    page = (await liaison.get(PLACE)).text
    assert "通知书上还没有学校电话" not in page
    assert "联络员王建国" in page


async def test_a_persons_page_lists_the_prints_and_prints_one_more(
    liaison: Browser, services: Services
) -> None:
    (one, *_) = states(services)
    assert "还没有打印过" in (await liaison.get(f"/cases/{one}")).text
    batch = printed(services, "01", who="one")
    printed(services, "01", who="one")
    page = (await liaison.get(f"/cases/{one}")).text
    assert f'value="{one}.2"' in page
    assert f'href="{PLACE}/{batch.id}"' in page
    assert page.count("one先生") >= 2
    assert "补打这一张" in page


async def test_a_batch_that_did_not_come_out_is_taken_back(
    liaison: Browser, services: Services
) -> None:
    batch = printed(services, "01")
    assert (await liaison.post(f"{PLACE}/{batch.id}/notices.pdf")).content == PDF
    await liaison.post(f"{PLACE}/{batch.id}/take-back")
    assert "这一批已撤回，6 人这一次不算打印过" in await liaison.text_of(PLACE)
    assert {p.state for p in states(services).values()} == {"unprinted"}


async def test_a_file_whose_time_is_over_says_so(liaison: Browser, services: Services) -> None:
    batch = printed(services, "01")
    notices.remove_file(services, batch.id)
    assert "文件已过保存时间" in (await liaison.get(f"{PLACE}/{batch.id}")).text
    answer = await liaison.post(f"{PLACE}/{batch.id}/notices.pdf")
    assert answer.status_code == 410
    assert "第 1 批的文件已过保存时间" in answer.text
