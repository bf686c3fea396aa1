"""The preview of a newer due list: what it changes, what it asks, and the workbook of it."""

from __future__ import annotations

import io
import re

import httpx
import openpyxl
import pytest
from litestar import Litestar

from sync_server.services import Services
from sync_server.store import case_import, cases
from tests.support.console_browser import Browser, people, signed_in
from tests.support.county import SEASON, person

ROWS = (
    "姓名,身份证号,合同编号,应还本金,应还利息,包联学校",
    "样例1,无,C00001,120.00,0.00,柳泉镇中心校",
    "赵样例,610599199001011232,H001,100.00,5.50,柳泉中心小学",
)
FILE = {"file": ("补充名单.csv", "\n".join(ROWS).encode("gb18030"), "text/csv")}


@pytest.fixture
async def preview(app: Litestar, services: Services) -> tuple[Browser, str, str]:
    """The chief's browser, the preview of a list that changes one of two people, and its token."""
    people(services)
    schools: dict[str, dict[str, str]] = {"柳泉镇中心校": {}}
    services.database.write(lambda c: case_import.import_schools(c, SEASON, schools))
    known = [person(1, "柳泉镇中心校"), person(2, "柳泉镇中心校")]
    services.database.write(lambda c: case_import.import_people(c, SEASON, known))
    browser = await signed_in(app, "admin")
    answer = await browser.upload("due-list", FILE)
    found = re.search(r'name="token" value="([0-9a-f]{32})"', answer.text)
    assert found
    return browser, answer.text, found[1]


async def apply(browser: Browser, token: str, **fields: str) -> httpx.Response:
    data = {"token": token, "_csrf_token": browser.form_token, **fields}
    return await browser.follow(await browser.http.post("/imports/apply", data=data))


async def test_the_preview_shows_the_change_and_asks_what_is_to_be_chosen(
    preview: tuple[Browser, str, str],
) -> None:
    _, page, _ = preview
    assert "100.00 → <b>120.00</b>" in page
    assert page.count('name="gone" value=') == 2
    assert 'name="gone_reason"' in page
    assert '<select id="school-1" name="school:柳泉中心小学">' in page
    assert "样例2" not in page
    assert "样*" in page


async def test_an_import_waits_until_gone_people_are_decided_about(
    preview: tuple[Browser, str, str], services: Services
) -> None:
    browser, _, token = preview
    refused = await apply(browser, token)
    assert "没有写入任何内容" in refused.text
    again = await apply(browser, token, gone="take_out")
    assert "要写明理由" in again.text
    assert re.search(r'value="take_out" checked', again.text)
    assert 'name="gone_count" value="1"' in again.text
    fields = {"gone": "take_out", "gone_reason": "已还清", "gone_count": "1"}
    fields["school:柳泉中心小学"] = "01"
    done = await apply(browser, token, **fields)
    assert "移出名单 1" in done.text
    found = services.database.read(lambda c: cases.rows(c, SEASON, off_list=None))
    assert [(r["unit"], r["off_list"]) for r in found] == [("01", ""), ("01", "已还清"), ("01", "")]


async def test_the_difference_is_downloaded_by_the_session_that_previewed_it(
    preview: tuple[Browser, str, str], app: Litestar
) -> None:
    browser, page, token = preview
    path = f"/imports/difference/{token}.xlsx"
    assert f'href="{path}"' in page
    answer = await browser.get(path)
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == ["合计", "新增", "有变化", "不在新名单里"]
    other = await signed_in(app, "admin")
    assert (await other.get(path)).status_code == 409
