"""summary.xlsx and a recipient's own form as LibreOffice shows it: pages, header on each, sums. NOT RUN where it is not installed."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import msgspec
import openpyxl
import pytest

from shared.money import yuan
from shared.recipients import Recipient, TemplateColumn
from sync_server.sample.season import season_2019
from sync_server.sealing.making.compose import compose
from sync_server.sealing.making.workbook import HEADER_ROWS, columns_of, summary_xlsx
from tests.support.libreoffice import converted
from tests.support.paper_boxes import MM, collisions, sheets_of
from tests.support.seal_samples import inputs

PEOPLE = 120
FORM = (
    TemplateColumn(header="次序号", field="row"),
    TemplateColumn(header="借款学生姓名", field="name"),
    TemplateColumn(header="居民身份证号码", field="id_number"),
    TemplateColumn(header="贷款合同号", field="contract_no"),
    TemplateColumn(header="应还本息金额", field="total_fen"),
    TemplateColumn(header="尚欠金额", field="unpaid_fen"),
    TemplateColumn(header="开户行", constant="某行"),
)
"""The columns of an invented bank."""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("book") / "summary.xlsx"
    path.write_bytes(summary_xlsx(compose(inputs(PEOPLE, 5))))
    return path


def test_it_prints_landscape_one_page_wide_with_its_header_on_every_page(book: Path) -> None:
    sheets = sheets_of(converted(book, "pdf").read_bytes())
    table = [sheet for sheet in sheets if "序号" in sheet.text]
    assert 2 <= len(table) <= 6
    assert {(round(s.width / MM), round(s.height / MM)) for s in table} == {(297, 210)}
    headers = [column.title for column in columns_of(compose(inputs(2, 0)))]
    for sheet in table:
        assert all("".join(title.split()) in sheet.text for title in headers)
        assert collisions(sheet) == []
    assert "合计" in table[-1].text
    total = compose(inputs(PEOPLE, 5)).totals.total_fen
    assert yuan(total) in table[-1].text


def test_its_sums_calculated_anew_are_the_stored_ones(book: Path, tmp_path: Path) -> None:
    """A copy without the stored values: LibreOffice has to calculate the formulas."""
    bare = tmp_path / "bare.xlsx"
    openpyxl.load_workbook(book).save(bare)
    rows = list(csv.reader(io.StringIO(converted(bare, "csv").read_text("utf-8"))))
    stored = openpyxl.load_workbook(book, data_only=True).worksheets[0]
    last = HEADER_ROWS + PEOPLE + 1
    sums = {
        x: stored.cell(last, x).value
        for x in range(1, stored.max_column + 1)
        if isinstance(stored.cell(last, x).value, int | float)
    }
    assert len(sums) >= 5
    for x, wanted in sums.items():
        assert float(rows[last - 1][x - 1].replace(",", "")) == pytest.approx(float(wanted))


@pytest.fixture(scope="module")
def form_alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A bank's sheet of a school's workbook, the other sheets taken out; and what it must sum to."""
    bank = Recipient(key="bank", name="某银行", people=FORM, people_titles=("{年度}年回收情况表",))
    season = msgspec.structs.replace(season_2019(), recipients=(bank,))
    made = compose(msgspec.structs.replace(inputs(PEOPLE, 5), season=season))
    path = tmp_path_factory.mktemp("form") / "form.xlsx"
    path.write_bytes(summary_xlsx(made))
    book = openpyxl.load_workbook(path)
    for name in ("汇总表", "说明"):
        del book[name]
    book.save(path)
    return path, made.totals.unpaid.fen


def test_a_recipients_form_prints_one_page_wide_with_its_own_headings_and_sums(
    form_alone: tuple[Path, int],
) -> None:
    path, unpaid_fen = form_alone
    sheets = sheets_of(converted(path, "pdf").read_bytes())
    assert 2 <= len(sheets) <= 15  # people with several contracts take several lines
    for sheet in sheets:
        assert (round(sheet.width / MM), round(sheet.height / MM)) == (297, 210)
        assert all(column.header in sheet.text for column in FORM)
        assert collisions(sheet) == []
    assert "2019年回收情况表" in sheets[0].text
    assert "合计" in sheets[-1].text
    assert yuan(unpaid_fen) in sheets[-1].text


def test_contract_and_id_numbers_stay_text_in_a_recipients_form(
    form_alone: tuple[Path, int], tmp_path: Path
) -> None:
    path, unpaid_fen = form_alone
    rows = list(csv.reader(io.StringIO(converted(path, "csv").read_text("utf-8"))))
    assert rows[1] == [column.header for column in FORM]
    assert all(len(row[2]) == 18 and row[3].strip("、0123456789") == "" for row in rows[2:-1])
    assert float(rows[-1][5].replace(",", "")) * 100 == pytest.approx(unpaid_fen)
