"""A school without phones, in Chromium without JavaScript and by the keyboard alone: from the list to a verified seal.

Keys are counted, not seconds: a sheet is typed in with so few that a minute is enough.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from playwright.sync_api import Browser

from sync_server.app import create_app
from sync_server.sample.scans import stamped
from sync_server.settings import Settings
from tests.support.browser.keyboard import Keyboard, sign_in
from tests.support.browser.small_county import SCHOOL, write_list
from tests.support.browser.waits import WAIT_S
from tests.support.command_line import doorstep_process, report
from tests.support.console_browser import people
from tests.support.other_county import REPAID_COLUMNS
from tests.support.paper import sheet
from tests.support.serve import on_socket

pytestmark = pytest.mark.extended

HERE = "/schools/01"
LIST = "应还名单.xlsx"
TEACHERS = ("何建军", "李敏")
MOST_KEYS = 60
"""Keys of one sheet, Tab and Enter among them, the words of a statement not counted: 45 seconds at 80 keys a minute."""


@pytest.fixture
def server(app_settings: Settings) -> Iterator[str]:
    app = create_app(app_settings)
    services = app.state["services"]
    people(services)
    try:
        with on_socket(app) as url:
            yield url
    finally:
        services.close()


@pytest.fixture
def keyboard(browser: Browser, server: str) -> Iterator[Keyboard]:
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.set_default_timeout(WAIT_S * 1000)
    yield Keyboard(page, server)
    context.close()


def workbook(path: Path, *rows: tuple[str, ...]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        for row, cells in enumerate(rows):
            for column, words in enumerate(cells):
                page.write_string(row, column, words)
    return path


def repayments(folder: Path) -> Path:
    """The last person of the list has repaid everything."""
    rows = list(openpyxl.load_workbook(folder / LIST, read_only=True).worksheets[0].values)
    name, id_number, contract = (str(cell) for cell in rows[-1][:3])
    paid = ("1", name, id_number, contract, "1000.00", "200.50", "2019-12-11")
    title = ("截至2019年12月11日还款情况",)
    return workbook(folder / "还款情况.xlsx", title, REPAID_COLUMNS, paid)


def import_list(keyboard: Keyboard, kind: str, path: Path) -> None:
    """The kind by the arrow keys, the file, preview and import."""
    keyboard.open("/imports").to("kind").press("Space")
    while keyboard.page.locator("input[name=kind]:checked").input_value() != kind:
        keyboard.press("ArrowDown")
    keyboard.page.locator("input[name=file]").set_input_files(str(path))
    keyboard.to("预览").enter().to("写入").enter().see("写入完成")


def test_a_school_without_phones_goes_from_the_list_to_a_verified_seal(
    keyboard: Keyboard, app_settings: Settings, tmp_path: Path
) -> None:
    sign_in(keyboard, "admin")
    contacts = (
        "序号",
        "学校",
        "分管领导",
        "职务",
        "联系电话",
        "联络员",
        "职务",
        "联系电话",
        "备注",
    )
    row = ("1", SCHOOL, "田某", "副校长", "19300001111", "史某", "教师", "19300002222", "")
    import_list(keyboard, "contacts", workbook(tmp_path / "附件1.xlsx", contacts, row))
    import_list(keyboard, "due-list", write_list(tmp_path / LIST))
    import_list(keyboard, "repayments", repayments(tmp_path))

    sign_in(keyboard, "one")
    for teacher in TEACHERS:
        keyboard.open(f"{HERE}/phones").to("teacher").type(teacher).enter()
    keyboard.open(HERE).to("把未分配的 3 人平均分给各位老师").enter()
    codes = codes_of(keyboard)
    assert len(codes) == 3
    print_notices(keyboard)
    type_in(keyboard, codes)
    add_scans(keyboard)
    review(keyboard)
    seal(keyboard, app_settings, tmp_path)


def codes_of(keyboard: Keyboard) -> list[str]:
    words = keyboard.open("/cases").page.locator("main").inner_text()
    return sorted(set(re.findall(r"\b01-\d{4}-\w\b", words)))


def print_notices(keyboard: Keyboard) -> None:
    """The notices of everybody ticked, then blank sheets; a PDF opens in no window here."""
    keyboard.open(f"{HERE}/notices").to("打印勾选的人").enter().see("已排好")
    for address in (f"{keyboard.page.url}/notices.pdf", f"{keyboard.url}{HERE}/paper/sheets.pdf"):
        token = keyboard.page.locator("input[name=_csrf_token]").first.input_value()
        answer = keyboard.page.request.post(address, form={"_csrf_token": token})
        while b'http-equiv="refresh"' in answer.body():
            answer = keyboard.page.request.get(answer.url)
        assert answer.body().startswith(b"%PDF"), address


def type_in(keyboard: Keyboard, codes: list[str]) -> None:
    """Deliveries, visits and a statement: the teacher and companions of the first stand in the others."""
    first, second, _ = codes
    signed = {"method": "1", "outcome": "1", "signer_relation": "1"}
    on_paper = "8"  # the slip itself is kept: no photo of it is asked for again
    keyboard.open(f"{HERE}/paper")
    keys = [
        keyboard.sheet(
            first, "1", on_paper, teacher="1", day="1210", time="930", **signed, servers="2"
        )
    ]
    for code in (second.replace("-", ""), codes[2].lower()):
        keys.append(keyboard.sheet(code, "1", on_paper, day="1210", time="1000", **signed))
    keys.append(
        keyboard.sheet(
            first, "2", day="1211", time="1520", met="1", outcome="1", promise_date="1218"
        )
    )
    keys.append(keyboard.sheet(second, "2", day="1211", time="1640", met="1", outcome="15"))
    keyboard.sheet(second, "5", day="1211", reason="15", narrative="家中只有老人。", handling="3")
    assert max(keys) <= MOST_KEYS, keys


def add_scans(keyboard: Keyboard) -> None:
    """Every sheet's picture, from the list of records without one."""
    while True:
        keyboard.open(f"{HERE}/paper")
        links = keyboard.page.get_by_role("link", name="补扫描件")
        if not links.count():
            break
        keyboard.to("补扫描件").enter()
        picture = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": sheet(keyboard.page.url)}
        keyboard.page.locator("input[name=scan]").set_input_files([picture])
        keyboard.to("附上").enter().see("扫描件已附上")


def review(keyboard: Keyboard) -> None:
    while keyboard.open(f"{HERE}/review").page.get_by_role("button", name="通过").count():
        keyboard.to("通过").enter()
    keyboard.see("没有等您复核的记录")


def seal(keyboard: Keyboard, settings: Settings, folder: Path) -> None:
    keyboard.open(f"{HERE}/summary").to("检查并生成").enter().see("打印、签字、盖章")
    action = keyboard.page.locator("form[action$='/print']").first.get_attribute("action")
    assert action is not None
    token = keyboard.page.locator("input[name=_csrf_token]").first.input_value()
    keyboard.page.request.post(f"{keyboard.url}{action}", form={"_csrf_token": token})
    (printed,) = settings.path().glob("summaries/*/*/printed.pdf")
    pages = [
        {"name": name, "mimeType": "image/jpeg", "buffer": data}
        for name, data in stamped(printed, seed=7)
    ]
    keyboard.open(f"{HERE}/summary").page.get_by_label("扫描件", exact=True).set_input_files(pages)
    keyboard.to("上传并识别").enter().see("签字盖章都在,可以封存")
    keyboard.to("封存").enter().see("已封存").to("上报").enter().see("已上报")
    file = keyboard.page.locator("a[href$='/files/summary.pdf']").first.get_attribute("href")
    sealed = folder / "sealed.pdf"
    sealed.write_bytes(keyboard.page.request.get(f"{keyboard.url}{file}").body())
    root = report(doorstep_process("certs", "init", "--json", data=settings.path()))["root"]
    verdict = doorstep_process("verify", sealed, "--trust", root, "--json")
    assert report(verdict)["ok"], verdict.stdout
