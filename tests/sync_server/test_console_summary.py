"""The pages of a summary: the centre's verdict, a draft beside what was handed in, discarding, work under way."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from litestar import Litestar

from sync_server import file_lock
from sync_server.office import summaries
from sync_server.office.summary_work import lock_of
from sync_server.services import Services
from sync_server.store import work_claims
from sync_server.store.scope import WHOLE_COUNTY
from sync_server.store.summaries import SummaryRow
from sync_server.store.work_claims import Claim
from tests.support.command_line import doorstep, report
from tests.support.console_browser import Browser, people, signed_in
from tests.support.summaries import version

PAGE = "/schools/01/summary"


@pytest.fixture
async def officer(app: Litestar, services: Services, county: list[str]) -> Browser:
    people(services)
    return await signed_in(app, "officer")


@pytest.fixture
async def liaison(app: Litestar, services: Services, officer: Browser) -> Browser:
    return await signed_in(app, "one")


def judge(row: SummaryRow) -> str:
    return f"{PAGE}/{row.id}/judge"


def state_of(services: Services, row: SummaryRow) -> str:
    return next(r.state for r in summaries.listed(services, WHOLE_COUNTY) if r.id == row.id)


def buttons(text: str) -> list[str]:
    """What can be pressed, without the frame's."""
    main = text.split("<main", 1)[-1]
    return re.findall(r"<button[^>]*>([^<]+)</button>", main)


async def test_a_form_sent_without_its_button_decides_nothing_and_keeps_the_comment(
    officer: Browser, services: Services
) -> None:
    row = version(services, 1, "submitted")
    await officer.post(judge(row), comment="第三行少一人")
    assert state_of(services, row) == "submitted"
    page = await officer.get(PAGE)
    assert "没有按下要办的按钮" in page.text
    assert re.search(r"<textarea[^>]*>\s*第三行少一人</textarea>", page.text)


async def test_a_return_without_its_reason_is_asked_for_it(
    officer: Browser, services: Services
) -> None:
    row = version(services, 1, "submitted")
    await officer.post(judge(row), verdict="returned")
    assert state_of(services, row) == "submitted"
    assert "退回的理由" in (await officer.get(PAGE)).text


async def test_the_officer_takes_a_verdict_back_and_judges_anew(
    officer: Browser, services: Services
) -> None:
    row = version(services, 1, "submitted")
    await officer.post(judge(row), verdict="accepted")
    assert "收回结论" in (await officer.get(PAGE)).text
    await officer.post(judge(row), verdict="take_back")
    assert state_of(services, row) == "submitted"
    await officer.post(judge(row), verdict="returned", comment="少一人")
    assert state_of(services, row) == "returned"


async def test_a_liaison_neither_judges_nor_takes_back(
    liaison: Browser, services: Services
) -> None:
    row = version(services, 1, "accepted")
    assert "收回结论" not in (await liaison.get(PAGE)).text
    assert (await liaison.post(judge(row), verdict="take_back")).status_code == 403
    assert state_of(services, row) == "accepted"


async def test_a_submitted_version_is_shown_and_judged_beside_the_draft_of_the_next(
    officer: Browser, services: Services
) -> None:
    first = version(services, 1, "submitted")
    version(services, 2, "printed")
    page = (await officer.get(PAGE)).text
    assert "以这一版为准" in page
    assert {"接收", "退回", "上传并识别"} <= set(buttons(page))
    await officer.post(judge(first), verdict="accepted")
    assert state_of(services, first) == "accepted"
    county = (await officer.get("/county")).text
    assert "已接收" in county


async def test_the_liaison_discards_a_printed_draft_after_reading_what_that_means(
    liaison: Browser, services: Services
) -> None:
    row = version(services, 1, "printed")
    page = (await liaison.get(PAGE)).text
    assert "版号不再用" in page
    await liaison.post(f"{PAGE}/{row.id}/discard")
    assert "这一版已作废" in await liaison.text_of(PAGE)
    page = (await liaison.get(PAGE)).text
    assert "已作废" in page
    assert "上传并识别" not in buttons(page)


async def test_a_sealed_version_has_no_button_to_discard_it(
    liaison: Browser, services: Services
) -> None:
    row = version(services, 1, "sealed")
    assert "确定作废" not in (await liaison.get(PAGE)).text
    await liaison.post(f"{PAGE}/{row.id}/discard")
    assert "已经封存" in await liaison.text_of(PAGE)


async def test_the_scan_of_a_discarded_version_is_refused_by_a_clear_sentence(
    liaison: Browser, services: Services
) -> None:
    row = version(services, 1, "discarded")
    await liaison.post(f"{PAGE}/{row.id}/scan", files={"file": ("a.jpg", b"x", "image/jpeg")})
    assert "这一版已经作废" in await liaison.text_of(PAGE)


async def test_the_page_says_what_somebody_does_with_the_summary_right_now(
    liaison: Browser, services: Services
) -> None:
    version(services, 1, "stamped")
    claim = Claim(work="seal", by="alive", at="")
    with file_lock.holding(lock_of(services, "alive")):
        services.database.write(
            lambda c: work_claims.claim_document(c, "610599-2019-01", claim, None)
        )
        assert "正在封存" in await liaison.text_of(PAGE)
    assert "正在封存" not in await liaison.text_of(PAGE)


async def test_a_draft_after_a_sealed_version_is_composed_again_with_its_reason(
    liaison: Browser, services: Services
) -> None:
    version(services, 1, "sealed")
    version(services, 2, "composed")
    assert 'name="reason"' in (await liaison.get(PAGE)).text


def test_the_command_line_discards_the_version_it_names(
    services: Services, county: list[str]
) -> None:
    version(services, 1, "submitted")
    row = version(services, 2, "printed")
    data: Path = services.settings.data_dir
    wrong = doorstep("discard", "01", "--version", "1", "--json", data=data)
    assert (wrong.returncode, report(wrong)["problems"][0]["code"]) == (1, "summary.sealed")
    assert doorstep("discard", "01", "--version", "2", "--json", data=data).returncode == 0
    assert state_of(services, row) == "discarded"
