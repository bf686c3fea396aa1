"""The steps of an import in the browser: which sheet, which row, which column; the way back; two tabs."""

from __future__ import annotations

import asyncio
import os
import re
import time
from pathlib import Path

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import select

from sync_server import temporary
from sync_server.office.importing import layout
from sync_server.services import Services
from sync_server.store import cases
from sync_server.store import tables as t
from tests.support.console_browser import Browser, heading, people, signed_in
from tests.support.county import SEASON
from tests.support.intake_files import made_id, write_xlsx

STRANGE = "户名,证号,编号一,本,息,还款账号\n"
ROW = "赵样例,610599199001011232,H00001,100.00,5.50,6222020000000000001\n"
KNOWN = "姓名,身份证号,合同编号,应还本金,应还利息,账号\n"
COLUMNS = {
    "field-borrower_name": "A",
    "field-id_number": "B",
    "field-contract_no": "C",
    "field-principal_due": "D",
    "field-interest_due": "E",
    "field-phone_student": "",
}


@pytest.fixture
async def admin(app: Litestar, services: Services, county: list[str]) -> Browser:
    people(services)
    return await signed_in(app, "admin")


def file(text: str, name: str = "名单.csv") -> dict[str, tuple[str, bytes, str]]:
    return {"file": (name, text.encode("gb18030"), "text/csv")}


async def send(
    browser: Browser, answer: httpx.Response, step: str, **fields: str
) -> httpx.Response:
    """Send a form of a step of the file that a page is about."""
    home = re.search(r"/imports/[0-9a-f]{32}", answer.url.path)
    assert home
    return await browser.follow(await browser.post(f"{home[0]}/{step}", **fields))


async def apply(browser: Browser, answer: httpx.Response) -> httpx.Response:
    token = answer.url.path.split("/")[2]
    data = {"token": token, "_csrf_token": browser.form_token, "gone": "keep"}
    return await browser.follow(await browser.http.post("/imports/apply", data=data))


def people_due(services: Services) -> int:
    return services.database.read(lambda c: cases.totals(c, SEASON))["people"]


async def test_unknown_headers_are_chosen_once_and_the_next_file_goes_to_the_preview(
    admin: Browser, services: Services
) -> None:
    page = await admin.upload("due-list", file(STRANGE + ROW))
    assert heading(page) == "哪一列是什么 · 名单.csv"
    assert "找不到表头" in page.text
    page = await send(admin, page, "table", sheet="", shown_sheet="", header_row="1")
    assert "缺少这些列" in page.text
    assert "赵*" in page.text
    assert "赵样例" not in page.text
    assert "6222020000000000001" not in page.text
    page = await send(admin, page, "columns", sheet="", header_row="1", **COLUMNS)
    assert heading(page) == "预览 · 名单.csv"
    assert "写入完成" in (await apply(admin, page)).text
    assert people_due(services) == 13

    again = await admin.upload(
        "due-list", file("标题\n" + STRANGE + ROW + ROW.replace("1,100", "2,7"))
    )
    assert heading(again) == "预览 · 名单.csv"
    assert "按上次这样的文件选的读" in again.text


async def test_a_preview_leads_back_to_the_columns_and_keeps_what_was_chosen(
    admin: Browser,
) -> None:
    page = await admin.upload("due-list", file(STRANGE + ROW))
    page = await send(admin, page, "columns", sheet="", header_row="1", **COLUMNS)
    back = re.search(r'href="(/imports/[0-9a-f]{32}/columns)"', page.text)
    assert back
    await admin.get("/language/en")
    columns = await admin.get(back[1])
    assert heading(columns) == "Which column is which · 名单.csv"
    assert '<option value="D" selected>D 本 · 100.00</option>' in columns.text
    wrong = await send(
        admin, page, "columns", sheet="", header_row="1", **{**COLUMNS, "field-interest_due": "D"}
    )
    assert "Column D cannot be all of" in wrong.text


async def test_two_files_in_two_tabs_stay_apart_and_reload_asks_nothing(
    admin: Browser, services: Services
) -> None:
    first = await admin.upload("due-list", file(KNOWN + ROW))
    second = await admin.upload("due-list", file(STRANGE + ROW, "另一份.csv"))
    assert heading(second) == "哪一列是什么 · 另一份.csv"
    assert heading(await admin.get(first.url.path)) == "预览 · 名单.csv"
    done = await apply(admin, first)
    assert heading(done) == heading(await admin.get(first.url.path)) == "已写入 · 名单.csv"
    assert heading(await apply(admin, first)) == "已写入 · 名单.csv"
    assert heading(await admin.get(second.url.path)) == "哪一列是什么 · 另一份.csv"
    assert people_due(services) == 13


async def test_a_file_of_another_kind_is_offered_as_that_with_one_button(
    admin: Browser, services: Services
) -> None:
    text = "学校,分管领导,联络员,联系电话\n柳泉镇中心校,王甲,李乙,13800000002\n"
    page = await admin.upload("due-list", file(text, "附件1.csv"))
    assert "这像附件1(学校联系表)" in page.text.replace("\uff08", "(").replace("\uff09", ")")
    assert 'name="kind" value="contacts"' in page.text
    page = await send(admin, page, "kind", kind="contacts")
    assert heading(page) == "预览 · 附件1.csv"
    assert "写入完成" in (await apply(admin, page)).text


async def test_while_a_file_is_read_the_page_says_how_far_it_is(
    app: Litestar, admin: Browser
) -> None:
    works = app.state["console_state"].works
    works.wait_s = 0.0
    answer = await admin.post("/imports/preview", kind="due-list", files=file(STRANGE + ROW))
    reading = await admin.get(answer.headers["location"])
    assert heading(reading) == "正在读 · 名单.csv"
    assert 'http-equiv="refresh"' in reading.text
    works.wait_s = 5.0
    assert heading(await admin.follow(reading)) == "哪一列是什么 · 名单.csv"


async def test_of_two_sheets_one_is_chosen(
    admin: Browser, services: Services, tmp_path: Path
) -> None:
    rows = [line.split(",") for line in (KNOWN + ROW).splitlines()]
    path = write_xlsx(tmp_path / "f.xlsx", rows, sheet="城关", more={"柳泉": rows})
    page = await admin.upload("due-list", {"file": ("f.xlsx", path.read_bytes(), "")})
    assert "有几张工作表都是名单" in page.text
    page = await send(admin, page, "table", sheet="柳泉", shown_sheet="", header_row="0")
    assert heading(page) == "预览 · f.xlsx"
    assert "工作表“柳泉”" in page.text


async def test_a_file_that_cannot_be_opened_is_said_to_be_that(admin: Browser) -> None:
    page = await admin.upload("due-list", {"file": ("x.xlsx", b"%PDF-1.7", "application/pdf")})
    assert "这是 PDF" in page.text
    assert "写入" not in re.findall(r"<button[^>]*>(.*?)</button>", page.text)


async def test_a_preview_is_shown_anew_when_another_import_came_between(
    admin: Browser, services: Services
) -> None:
    await apply(admin, await admin.upload("due-list", file(KNOWN + ROW)))
    first = await admin.upload("due-list", file(KNOWN + ROW.replace("100.00", "90.00")))
    other = await admin.upload("due-list", file(KNOWN + ROW.replace("100.00", "80.00")))
    assert "已写入" in heading(await apply(admin, other))
    again = await apply(admin, first)
    assert heading(again) == "预览 · 名单.csv"
    assert "预览之后名单或还款又有变化" in again.text
    assert heading(await apply(admin, again)) == "已写入 · 名单.csv"


async def test_id_numbers_that_slipped_into_other_columns_are_shown_to_nobody(
    admin: Browser, services: Services
) -> None:
    head = KNOWN.replace("账号", "贷款学年,毕业院校,包联学校")
    first, slipped = ROW.replace("6222020000000000001", "2018,甲大学,"), made_id(9)
    await apply(admin, await admin.upload("due-list", file(head + first)))
    second = first.replace("2018,甲大学,", f"{slipped},{slipped},{slipped}")
    done = await apply(admin, await admin.upload("due-list", file(head + second)))
    assert heading(done) == "已写入 · 名单.csv"
    assert "毕业院校" in done.text
    assert slipped not in done.text
    runs = services.database.read(lambda c: [tuple(r) for r in c.execute(select(t.import_run))])
    assert slipped not in str(runs)


async def test_a_button_pressed_twice_at_once_imports_once(
    admin: Browser, services: Services
) -> None:
    page = await admin.upload("due-list", file(KNOWN + ROW))
    first, second = await asyncio.gather(apply(admin, page), apply(admin, page))
    assert heading(first) == heading(second) == "已写入 · 名单.csv"
    runs = services.database.read(lambda c: c.execute(select(t.import_run.c.id)).all())
    assert len(runs) == 1


async def test_a_file_that_changes_nothing_any_more_is_imported_without_a_word_of_undoing(
    admin: Browser, services: Services
) -> None:
    names = "姓名,身份证号,合同编号,应还本金,应还利息\n" + ROW.rpartition(",")[0] + "\n"
    contacts = "序号,学校,分管领导,职务,联系电话,联络员,职务,联系电话,备注\n1,柳泉镇中心校,田某,,,史某,,,\n"
    areas = "序号,包联人,学校,负责乡镇(街道)\n1,高某,柳泉镇中心校,柳泉镇\n"
    for kind, text in (("due-list", names), ("contacts", contacts), ("areas", areas)):
        said = []
        for _ in range(2):
            answer = await apply(admin, await admin.upload(kind, file(text, f"{kind}.csv")))
            assert heading(answer) == f"已写入 · {kind}.csv", answer.text
            said.append("撤销这次导入" in answer.text)
        assert said == [True, False], kind


def minutes_later(services: Services, minutes: float) -> None:
    """The running server's sweep, so many minutes from now."""
    temporary.sweep(services.settings.path("tmp"), time.time() + minutes * 60)


async def test_who_comes_back_after_an_hour_chooses_the_file_again(
    admin: Browser, services: Services
) -> None:
    preview = await admin.upload("due-list", file(KNOWN + ROW))
    minutes_later(services, 51)
    assert list(services.settings.path("tmp").iterdir()) == []
    assert (await apply(admin, preview)).url.path == "/imports"
    assert (await admin.get(preview.url.path)).headers["location"] == "/imports"
    said = await admin.text_of("/imports")
    assert "预览过的文件已经不在了" in said
    assert "文件最多留一小时。请重新选择文件并预览" in said


async def test_signing_out_deletes_what_the_session_previewed_and_nothing_else(
    app: Litestar, admin: Browser, services: Services
) -> None:
    other = await signed_in(app, "admin")
    kept = await other.upload("due-list", file(KNOWN + ROW))
    for name in ("一.csv", "二.csv"):
        await admin.upload("due-list", file(KNOWN + ROW, name))
    await admin.post("/sign-out")
    token = kept.url.path.split("/")[2]
    assert [p.name for p in services.settings.path("tmp").iterdir()] == [f"import-{token}"]


async def test_every_step_keeps_the_file_for_another_while(
    admin: Browser, services: Services
) -> None:
    preview = await admin.upload("due-list", file(KNOWN + ROW))
    (home,) = services.settings.path("tmp").iterdir()
    for path in (*home.iterdir(), home):
        os.utime(path, (0, time.time() - 40 * 60))
    await admin.get(preview.url.path)
    minutes_later(services, 49)
    assert home.exists()


async def test_a_file_that_is_being_read_or_imported_is_never_swept(
    admin: Browser, services: Services
) -> None:
    await admin.upload("due-list", file(KNOWN + ROW))
    (home,) = services.settings.path("tmp").iterdir()
    with layout.staged(home / "read.bin"):
        minutes_later(services, 600)
        assert (home / "file").exists()
    minutes_later(services, 600)
    assert list(services.settings.path("tmp").iterdir()) == []


async def test_a_report_that_is_gone_leads_to_the_history_of_imports(
    admin: Browser, services: Services
) -> None:
    imported = await apply(admin, await admin.upload("due-list", file(KNOWN + ROW)))
    assert "写入完成" in imported.text
    minutes_later(services, 51)
    assert (await admin.get(imported.url.path)).headers["location"] == "/imports"
    assert "请看“导入记录”" in await admin.text_of("/imports")
