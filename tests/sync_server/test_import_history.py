"""The history of imports: what is kept of each, its pages, its workbook, and undo by a button."""

from __future__ import annotations

import html
import io
import re
from pathlib import Path
from typing import Any

import msgspec
import openpyxl
import pytest
from litestar import Litestar

from sync_server.intake.report import ERROR, WARNING, Report, RowProblem
from sync_server.office import import_history
from sync_server.office import imports as office
from sync_server.office.importing.choice import Choice
from sync_server.office.importing.difference import GROUPS, Difference, DifferenceLine
from sync_server.services import Services
from sync_server.store import audit
from tests.support import imports
from tests.support.console_browser import Browser, people, signed_in
from tests.support.county import SCHOOLS, person
from tests.support.dump import dump
from tests.support.intake_files import made_id

LIST = "姓名,身份证号,合同编号,应还本金,应还利息,学校\n"


@pytest.fixture
async def admin(app: Litestar, services: Services, county: list[str]) -> Browser:
    people(services)
    return await signed_in(app, "admin")


def text_of(page: str) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def book(data: bytes) -> dict[str, list[tuple[Any, ...]]]:
    loaded = openpyxl.load_workbook(io.BytesIO(data))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in loaded}


def reported(*problems: RowProblem) -> Report:
    return Report(read=3, accepted=2, rejected=1, warned=1, people=2, problems=problems)


def problem(code: str, level: str, **values: str) -> RowProblem:
    return RowProblem(row=7, column="姓名", code=code, level=level, values=values)


def kept(services: Services, report: Report, **details: Any) -> str:
    prepared = imports.Prepared(take=lambda c: {"new": 2, "changed": 0}, details=details)
    return imports.keep(services, "due-list", prepared, file="应还名单.xlsx", report=report)


def test_what_a_file_reported_is_kept_with_choice_hash_and_who_but_not_the_file(
    services: Services, county: list[str], tmp_path: Path
) -> None:
    rows = (
        f"赵样例,{made_id(1)},H001,100.00,5.50,{SCHOOLS[0]}",
        f"钱样例,{made_id(2)},H002,-3.00,0,{SCHOOLS[0]}",
    )
    file = tmp_path / "x.csv"
    file.write_text(LIST + "\n".join(rows), encoding="utf-8")
    choice = Choice(file_name="应还名单.csv", accept_rest=True, gone="keep")
    report = office.apply(services, "due-list", file, who="admin", choice=choice)
    line = import_history.one(services, report["run"])
    assert (line.run.kind, line.run.file_name, line.run.who) == (
        "due-list",
        "应还名单.csv",
        "admin",
    )
    assert len(line.run.sha256) == 64
    assert msgspec.json.decode(line.run.choice, type=Choice) == choice
    shown = {**line.report.as_json(), "difference": line.difference, "run": line.run.id}
    assert {name: shown[name] for name in report} == msgspec.json.decode(
        msgspec.json.encode(report)
    )
    assert "样例" not in line.run.report
    assert line.can_undo


def test_sentences_come_in_both_languages_and_numbers_of_people_are_masked(
    services: Services, county: list[str]
) -> None:
    number = made_id(3)
    found = problem(
        "intake.date_unclear", WARNING, value=f"{number} 13812345678 610599201700010000"
    )
    run_id = kept(services, reported(found))
    (zh,) = import_history.one(services, run_id).report.as_json("zh")["problems"]
    (en,) = import_history.one(services, run_id).report.as_json("en")["problems"]
    assert zh["message"].startswith("读不出日期:**************")
    assert zh["message"].endswith("138****5678 610599201700010000")
    assert en["message"].startswith("Not a date: **************")
    assert number not in import_history.one(services, run_id).run.report


async def test_the_history_lists_imports_newest_first_with_what_they_wrote(
    admin: Browser, services: Services
) -> None:
    imports.due_list(services, [person(60, SCHOOLS[0])], file="名单.xlsx")
    imports.repaid(services, "2019-12-11", {"C00000": 100_00}, file="还款1.xlsx")
    undone = imports.repaid(services, "2019-12-12", {}, file="还款2.xlsx")
    import_history.undo(services, undone, who="admin")
    assert "/imports/history" in (await admin.get("/imports")).text
    page = text_of((await admin.get("/imports/history")).text)
    assert page.index("还款2.xlsx") < page.index("还款1.xlsx") < page.index("名单.xlsx")
    assert "新增 1" in page
    assert "新还清、不必再去 1" in page
    assert re.search(r"已撤销 12月12日 \d\d:\d\d admin先生", page)
    assert re.search("不能撤销.之后还导入过 1 份文件", page)


async def test_a_long_history_has_pages(admin: Browser, services: Services) -> None:
    for number in range(import_history.PAGE + 1):
        kept(services, reported()) if number else imports.repaid(
            services, "2019-12-11", {}, file="第一份.xlsx"
        )
    first = (await admin.get("/imports/history")).text
    assert "第一份.xlsx" not in first
    assert "/imports/history?at=2" in first
    assert "第一份.xlsx" in (await admin.get("/imports/history?at=2")).text
    assert "第一份.xlsx" in (await admin.get("/imports/history?at=99")).text


async def test_an_import_shows_its_report_as_the_preview_did(
    admin: Browser, services: Services
) -> None:
    run_id = kept(
        services,
        reported(
            problem("intake.id_missing", ERROR), problem("intake.date_unclear", WARNING, value="x")
        ),
    )
    page = text_of((await admin.get(f"/imports/history/{run_id}")).text)
    assert "没有身份证号" in page
    assert "读不出日期:x" in page.replace("\uff1a", ":")
    assert (await admin.get("/imports/history/none")).status_code == 404


async def test_the_report_is_downloaded_as_text_cells(admin: Browser, services: Services) -> None:
    warned = problem("intake.date_unclear", WARNING, value="=1+1")
    new = DifferenceLine(name="=1+1", school=SCHOOLS[0], contracts=1, total_fen=100_00)
    difference = Difference(counts=dict.fromkeys(GROUPS, 0) | {"new": 1, "same": 0}, new=(new,))
    run_id = kept(services, reported(warned), difference=msgspec.to_builtins(difference))
    answer = await admin.get(f"/imports/history/{run_id}.xlsx")
    assert answer.headers["content-type"].endswith("spreadsheetml.sheet")
    sheets = book(answer.content)
    overview = dict(sheets["概况"])
    assert (overview["文件"], overview["收下的行"], overview["新增"]) == ("应还名单.xlsx", "2", "2")
    assert sheets["逐行报告"][1][4] == "读不出日期:=1+1"
    assert sheets["差异"][1] == ("新增", 1)
    assert sheets["新增"][1][1:5] == ("=1+1", SCHOOLS[0], 1, 100)
    assert "=1+1" in (await admin.get(f"/imports/history/{run_id}")).text
    without = await admin.get(f"/imports/history/{kept(services, reported())}.xlsx")
    assert list(book(without.content)) == ["概况", "逐行报告"]


def test_the_workbook_of_repayments_names_whom_they_changed(
    services: Services, county: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "还款情况-2019-12-11.csv"
    file.write_text("合同编号,已还本金,已还利息\nC00000,100.00,0\n", encoding="utf-8")
    choice = Choice(as_of="2019-12-11", repayment_kind="cumulative")
    report = office.apply(services, "repayments", file, who="admin", choice=choice)
    line = import_history.one(services, report["run"])
    header, row = book(import_history.workbook(line, {}))["差异"]
    assert header[0] == "变化"
    assert (row[0], row[2], row[3], row[5]) == ("新还清", "样*", SCHOOLS[0], "100.00")
    assert line.would == import_history.Undone(due_again=1)


async def test_an_undo_says_first_what_will_happen_then_does_it(
    admin: Browser, services: Services
) -> None:
    before = dump(services)
    run_id = imports.due_list(services, [person(60, SCHOOLS[0]), person(61, SCHOOLS[0])])
    page = (await admin.get(f"/imports/history/{run_id}")).text
    assert f"/imports/history/{run_id}/undo" in page
    asked = text_of((await admin.get(f"/imports/history/{run_id}/undo")).text)
    assert "这次新增的 2 人去掉" in asked
    answer = await admin.post(f"/imports/history/{run_id}/undo")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/imports/history/{run_id}")
    assert "已撤销这次导入" in await admin.text_of(f"/imports/history/{run_id}")
    assert dump(services) == before
    (note,) = services.database.read(lambda c: audit.listed(c, 1))
    assert note.action == "import.undo"
    assert "撤销导入" in (await admin.get("/audit")).text
    again = await admin.post(f"/imports/history/{run_id}/undo")
    assert again.status_code == 303
    assert "这次导入已由 admin 在" in await admin.text_of(f"/imports/history/{run_id}")


async def test_a_refused_undo_says_why_and_has_no_button(
    admin: Browser, services: Services
) -> None:
    run_id = imports.due_list(services, [person(60, SCHOOLS[0])])
    imports.repaid(services, "2019-12-11", {}, file="还款.xlsx")
    await admin.post(f"/imports/history/{run_id}/undo")
    page = text_of((await admin.get(f"/imports/history/{run_id}/undo")).text)
    assert "还款.xlsx" in page
    assert "确定撤销" not in page
