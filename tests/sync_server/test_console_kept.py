"""What was typed into a form is on the page again after a refusal, and gone from the page after that."""

from __future__ import annotations

import re

import pytest
from litestar import Litestar

from sync_server.services import Services
from tests.support.console_browser import Browser, people, signed_in
from tests.support.county import SEASON
from tests.support.devices import case_ids
from tests.support.summaries import version


@pytest.fixture
async def admin(app: Litestar, services: Services, county: list[str]) -> Browser:
    people(services)
    return await signed_in(app, "admin")


async def kept(browser: Browser, shown_on: str, words: str, path: str, **fields: object) -> bool:
    """Whether a refused form's words stand in a field of the next page, and not on the one after."""
    answer = await browser.post(path, **fields)
    page = (await browser.get(answer.headers["location"])).text
    if answer.headers["location"].split("?")[0] != shown_on:
        page = (await browser.get(shown_on)).text
    again = (await browser.get(shown_on)).text
    return f'value="{words}"' in page and f'value="{words}"' not in again


async def test_an_account_that_is_refused(admin: Browser) -> None:
    fields = {"name": "新的人", "shown": "新老师", "role": "liaison", "unit": ""}
    assert await kept(admin, "/accounts", "新老师", "/accounts", **fields)


async def test_the_teacher_of_a_code_that_is_refused(admin: Browser) -> None:
    await admin.post(f"/seasons/{SEASON}/close")
    page = "/schools/01/phones"
    assert await kept(admin, page, "新老师", "/schools/01/phones/issue", teacher="新老师")


async def test_why_people_are_moved_when_no_school_was_chosen(
    admin: Browser, services: Services
) -> None:
    fields = {"case": case_ids(services, "01")[0], "to": "", "reason": "搬到县城"}
    page = "/schools/01/assignment"
    assert await kept(admin, page, "搬到县城", "/schools/01/move", **fields)


@pytest.mark.parametrize("path", ["/schools/01/summary/compose", "/county/roll-up"])
async def test_a_report_number_that_is_too_long_is_refused(admin: Browser, path: str) -> None:
    answer = await admin.post(path, report_no="长" * 61)
    assert answer.status_code == 303
    assert "60" in (await admin.get(answer.headers["location"])).text


async def test_reasons_beside_exceptions_ticked_or_not(admin: Browser) -> None:
    first = (await admin.post("/schools/01/summary/compose")).text
    keys = re.findall(r'name="(key-\d+)" value="([^"]+)"', first)
    fields = {**dict(keys), "except": ["1", "2"], "reason-1": "手机丢了", "reason-3": "还没勾"}
    fields["report_no"] = "青特校〔2026〕3号"
    page = (await admin.post("/schools/01/summary/compose", **fields)).text
    assert "例外要写明理由" in page
    assert 'value="手机丢了"' in page
    assert 'value="还没勾"' in page
    assert 'name="report_no" value="青特校〔2026〕3号"' in page
    assert page.count("已列为例外") == 1, "one without a reason is listed as missing again"
    assert keys[1][1] in page


async def test_cut_off_and_reason_of_a_form_that_is_refused(admin: Browser) -> None:
    fields = {"cut_off": "2019-12-12T09:00", "report_no": "长" * 61}
    assert await kept(admin, SUMMARY, "2019-12-12T09:00", f"{SUMMARY}/compose", **fields)


async def test_exceptions_of_a_form_that_is_refused_for_something_else(admin: Browser) -> None:
    first = (await admin.post(f"{SUMMARY}/compose")).text
    keys = dict(re.findall(r'name="(key-\d+)" value="([^"]+)"', first))
    words = dict(re.findall(r'name="(words-\d+)" value="([^"]+)"', first))
    fields = {**keys, **words, "except": ["1"], "reason-1": "手机丢了", "reason-2": "还没勾"}
    page = (await admin.post(f"{SUMMARY}/compose", **fields, cut_off="2999-01-01T00:00")).text
    for typed in ("手机丢了", "还没勾", "2999-01-01T00:00"):
        assert f'value="{typed}"' in page, typed
    assert page.count(" checked") == 1
    assert words["words-1"] in page


async def test_a_tick_beside_a_line_without_its_reason(admin: Browser) -> None:
    first = (await admin.post(f"{SUMMARY}/compose")).text
    keys = dict(re.findall(r'name="(key-\d+)" value="([^"]+)"', first))
    page = (await admin.post(f"{SUMMARY}/compose", **keys, **{"except": ["2"]})).text
    assert page.count(" checked") == 1


async def test_the_number_of_the_countys_report(admin: Browser, services: Services) -> None:
    version(services, 1, "sealed")
    number = "长" * 61
    assert await kept(admin, "/county", number, "/county/roll-up", report_no=number)


SUMMARY = "/schools/01/summary"
