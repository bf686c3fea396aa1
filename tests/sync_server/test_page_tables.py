"""Every table of the console comes as a workbook: the rows that the page shows, as it shows and masks them."""

from __future__ import annotations

import html
import io
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import openpyxl
import pytest
from litestar import Litestar

from shared import list_columns
from shared.problems import ProblemError
from sync_server.console.pages.audit import MAX_LINES
from sync_server.console.web import page_tables
from sync_server.console.web.formatting import Words
from sync_server.console.web.page_tables import Table, read, tables, with_links
from sync_server.office import case_lists
from sync_server.paperwork.table_book import Fen, Percent, Sheet, table_book
from sync_server.services import Services
from sync_server.store import audit, case_import
from sync_server.store.database import Connection
from tests.support import imports
from tests.support.console_browser import Browser, people, signed_in
from tests.support.county import SCHOOLS, SEASON, person
from tests.support.devices import RawPhone, case_ids, fact_bytes
from tests.support.every_page import console_routes, filled
from tests.support.libreoffice import all_converted

PAGES = Path(page_tables.__file__).parents[1] / "pages"
LINK = re.compile(r'<a class="button tiny" href="([^"]+export=[^"]*)">导出表格</a>')


def of(*rows: str, head: str = "") -> Table:
    page = f"<h1>x</h1><table>{head}<tbody>{''.join(rows)}</tbody></table>"
    return read(page, next(tables(page)).name, Words("zh"))


def test_words_stay_texts_and_numbers_become_numbers() -> None:
    head = '<thead><tr><th>编号</th><th class="n">应还</th><th class="n">人数</th></tr></thead>'
    table = of(
        '<tr><td>01-0003-2</td><td class="n">1,234.50</td><td class="n">1,000</td></tr>',
        '<tr><td>0012</td><td class="n">0.05</td><td class="n"><span>0</span></td></tr>',
        head=head,
    )
    assert list(table.header) == ["编号", "应还", "人数"]
    assert table.rows == [["01-0003-2", Fen(123450), 1000], ["0012", Fen(5), 0]]


def test_a_share_and_a_remark_get_columns_of_their_own() -> None:
    head = '<thead><tr><th class="n">送达</th></tr></thead>'
    table = of(
        '<tr><td class="n"><span>83.3%</span> <span>5</span><svg><rect/></svg></td></tr>',
        '<tr><td class="n">40<div class="soft">12月10日</div></td></tr>',
        '<tr><td class="n">–</td></tr>',
        head=head,
    )
    assert list(table.header) == ["送达", "送达（比例）", "送达（备注）"]
    assert table.rows == [[5, Percent(833), ""], [40, "", "12月10日"], ["–", "", ""]]


def test_what_is_pressed_filled_in_or_opened_is_left_out() -> None:
    head = "<thead><tr><th></th><th>姓名</th><th>归到</th><th></th></tr></thead>"
    table = of(
        '<tr><td><input type="checkbox" name="case"></td><td><a href="/c">样例1</a> <b>二</b></td>'
        "<td><form><select><option>一校</option></select><button>归入</button></form></td>"
        '<td><a href="/x">看 ›</a><details class="menu"><summary>停用</summary></details></td></tr>',
        head=head,
    )
    assert (list(table.header), table.rows) == (["姓名"], [["样例1 二"]])


def test_a_cell_over_several_columns_keeps_the_others_in_their_place() -> None:
    head = "<thead><tr><th>甲</th><th>乙</th><th>丙</th></tr></thead>"
    table = of('<tr><td colspan="2">一</td><td>三</td></tr>', head=head)
    assert table.rows == [["一", "", "三"]]


def test_blocks_inside_a_cell_are_parted_and_entities_read() -> None:
    table = of("<tr><td>柳泉&amp;镇<div>包联 周</div><br>三</td><td>第<b>3</b>版</td></tr>")
    assert table.rows == [["柳泉&镇 包联 周 三", "第3版"]]


def test_two_tables_of_the_same_header_have_names_of_their_own() -> None:
    page = "<table><thead><th>甲</th></thead></table>" * 2 + "<table data-plain></table>"
    names = [one.name for one in tables(page)]
    assert len(set(names)) == 2
    assert with_links(page, "/p?export=", "x").count("<a ") == 2
    with pytest.raises(ProblemError) as refused:
        read(page, "other", Words("zh"))
    assert refused.value.code == "table.unknown"


@pytest.mark.parametrize(
    "text", ["=1+1", "+86", "-5", "@x", "=cmd|' /C calc'!A0", "0012345678901234"]
)
def test_no_text_becomes_a_formula_or_loses_a_digit(text: str) -> None:
    data = table_book([Sheet("表[1]/年", ["甲"], [[text]], "标题")])
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert sheet is not None
    cell = sheet["A3"]
    assert (cell.data_type, cell.value, cell.number_format) == ("s", text, "@")
    assert sheet.freeze_panes == "A3"
    assert sheet.print_title_rows == "$1:$2"
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)


def test_every_paged_page_shows_all_rows_where_a_table_is_asked_for() -> None:
    paged = [p for p in PAGES.glob("*.html") if "parts.pager(" in p.read_text("utf-8")]
    modules = [module.read_text("utf-8") for module in PAGES.glob("*.py")]
    assert len(paged) >= 5
    for template in paged:
        shown_by = [m for m in modules if f'"{template.name}"' in m]
        assert shown_by, template.name
        assert all("page_rows(" in module for module in shown_by), template.name


def sheet_of(data: bytes) -> list[list[Any]]:
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert sheet is not None
    return [list(row) for row in sheet.iter_rows(values_only=True)]


@pytest.fixture
async def admin(app: Litestar, services: Services, county: list[str]) -> Browser:
    people(services)
    return await signed_in(app, "admin")


async def export(browser: Browser, path: str) -> bytes:
    """The workbook of the first table of a page."""
    link = LINK.search((await browser.get(path)).text)
    assert link, path
    answer = await browser.get(html.unescape(link[1]))
    assert answer.status_code == 200, answer.text
    return answer.content


async def test_a_list_is_exported_as_filtered_whole_and_noted(
    admin: Browser, services: Services
) -> None:
    more = [person(n, SCHOOLS[0]) for n in range(100, 170)]
    services.database.write(lambda c: case_import.import_people(c, SEASON, more))
    _, _, *found = sheet_of(await export(admin, "/cases?unit=01&q=样例10"))
    assert {row[1] for row in found} == {f"样例10{n}" for n in range(10)}
    title, header, *rows = sheet_of(await export(admin, "/cases?unit=01&at=2"))
    assert str(title[0]).startswith("名单 · 柳泉镇中心校 · 76 行")
    assert header[:4] == ["编号", "姓名", "村、社区", "应还（元）"]
    assert len(rows) == 76
    assert rows[0][3] == 100
    note = services.database.read(lambda c: audit.listed(c, 1))[0]
    assert (note.action, note.who, note.detail) == ("table.export", "admin", "/cases · 76")
    assert note.unit == "01"


async def walk(app: Litestar, browser: Browser, values: dict[str, str]) -> dict[str, bytes]:
    """The workbook of every table of every page, each held against the page's own rows."""
    found = {}
    for method, path in console_routes(app):
        if method != "GET":
            continue
        address = filled(path, values)
        answer = await browser.get(address)
        if "html" not in answer.headers.get("content-type", "") or answer.status_code != 200:
            continue
        page = answer.text.partition("<main")[2]
        links = [html.unescape(link) for link in LINK.findall(page)]
        shown = re.findall(r"<table.*?</table>", page, re.DOTALL)
        shown = [one for one in shown if "data-plain" not in one.partition(">")[0]]
        cards = page.count('export=records"')
        assert path in TO_FILL_IN or len(links) == len(shown) + cards, path
        for number, link in enumerate(links):
            book = await browser.get(link)
            assert book.status_code == 200, link
            found[f"{path} {number}"] = book.content
            if not cards:
                check_rows(path, sheet_of(book.content), shown[number])
    return found


TO_FILL_IN = {"/enrol/paper"}
"""A sheet that is printed to be filled in by hand."""


def check_rows(path: str, book: list[list[Any]], table: str) -> None:
    """As many rows as the page has, and no word that the same row of the page has not."""
    body = table.partition("</thead>")[2] or table
    rows = re.findall(r"<tr\b.*?(?=<tr\b|</tbody>|</tfoot>|$)", body, re.DOTALL)
    lines = book[2:]
    assert len(lines) == len(rows), path
    for line, row in zip(lines, rows, strict=True):
        words = re.sub(r"\s+", "", html.unescape(re.sub(r"<[^>]+>", "", row)))
        for cell in line:
            if isinstance(cell, str):
                assert re.sub(r"\s+", "", cell) in words, (path, cell)


@pytest.fixture
async def at_work(admin: Browser, services: Services, phone: RawPhone) -> dict[str, str]:
    """A county with something in most tables, and what stands in the addresses of its pages."""
    case_id = case_ids(services, "01")[0]
    body = {
        "met": "self",
        "outcome": "claimed_paid",
        "visitors": [],
        "note": "=已还 +5元",
        "flags": ["alone"],
    }
    visit = fact_bytes(case_id, body=body)
    await phone.push(phone.chained(visit), phone.chained(fact_bytes(case_id, season="2018")))
    run_id = imports.repaid(services, "2019-12-11", {"C00001": 100_00})
    services.database.write(
        lambda c: case_import.import_people(c, SEASON, [person(200, "不知道的学校")])
    )
    await admin.post("/policy/pages/repay/confirm", base="")
    return {"unit": "01", "case_id": case_id, "run_id": run_id, "season_id": SEASON}


async def test_every_table_of_every_page_has_a_workbook_with_the_same_rows(
    app: Litestar, admin: Browser, at_work: dict[str, str]
) -> None:
    found = await walk(app, admin, at_work)
    pages = {name.partition(" ")[0] for name in found}
    assert pages >= {
        "/",
        "/accounts",
        "/audit",
        "/cases",
        "/cases/{case_id:str}",
        "/contacts",
        "/county",
        "/imports/history",
        "/lists",
        "/quarantine",
        "/reconciliation",
        "/schools/{unit:str}",
        "/schools/{unit:str}/assignment",
        "/schools/{unit:str}/phones",
        "/schools/{unit:str}/review",
        "/unplaced",
    }
    one = await signed_in(app, "one")
    assert len(await walk(app, one, at_work)) >= 6


async def test_every_workbook_opens_in_libreoffice_with_no_formula(
    app: Litestar, admin: Browser, at_work: dict[str, str], tmp_path: Path, services: Services
) -> None:
    books = list((await walk(app, admin, at_work)).values())
    books += [case_lists.school_list(services, "01", r, who="t") for r in list_columns.DEFAULTS]
    paths = []
    for number, data in enumerate(books):
        book = openpyxl.load_workbook(io.BytesIO(data))
        assert not any(
            cell.data_type == "f" for sheet in book for row in sheet.iter_rows() for cell in row
        )
        paths.append(tmp_path / f"table-{number}.xlsx")
        paths[-1].write_bytes(data)
    for made in all_converted(paths, "pdf"):
        assert made.read_bytes().startswith(b"%PDF")


async def test_the_trail_is_filtered_before_its_newest_lines_are_taken(
    admin: Browser, services: Services
) -> None:
    def note(connection: Connection) -> None:
        for n in range(MAX_LINES + 1):
            action = "season.open" if n else "list.print"
            audit.note(connection, at="2019-12-12T02:00:00Z", who="t", action=action)

    services.database.write(note)
    _, _, *rows = sheet_of(await export(admin, "/audit?action=list.print"))
    assert [row[2] for row in rows] == ["打印名单"]
    _, _, *rows = sheet_of(await export(admin, "/audit?action=season.open"))
    assert len(rows) >= MAX_LINES


async def test_the_name_of_a_file_never_has_a_persons_name(
    admin: Browser, at_work: dict[str, str]
) -> None:
    path = f"/cases/{at_work['case_id']}"
    link = LINK.search((await admin.get(path)).text)
    assert link
    answer = await admin.get(html.unescape(link[1]))
    assert unquote(answer.headers["content-disposition"]).endswith("''01-0001-0.xlsx")


async def test_a_table_that_the_page_does_not_have_is_refused(admin: Browser) -> None:
    answer = await admin.get("/cases?export=none")
    assert answer.status_code == 404
    assert "没有这张表" in answer.text


async def test_a_school_exports_its_own_people_only(app: Litestar, admin: Browser) -> None:
    one = await signed_in(app, "one")
    rows = sheet_of(await export(one, "/cases"))
    assert len(rows) == 2 + 6
    assert (await one.get("/schools/02?export=x")).status_code == 404
    assert (await Browser(app).get("/cases?export=x")).status_code == 303


async def test_messages_wait_for_the_page_and_not_for_its_workbook(admin: Browser) -> None:
    link = LINK.search((await admin.get("/cases")).text)
    assert link
    await admin.post("/schools/01/lists/receipt", version="7")
    assert (await admin.get(html.unescape(link[1]))).status_code == 200
    assert "没有第 7 版名单" in await admin.text_of("/lists")
