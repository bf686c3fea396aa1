"""summary.xlsx as LibreOffice shows it: pages, header on each, sums. NOT RUN where it is not installed."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import openpyxl
import pytest

from shared.money import yuan
from sync_server.sealing.making.compose import compose
from sync_server.sealing.making.workbook import HEADER_ROWS, columns_of, summary_xlsx
from tests.support.libreoffice import converted
from tests.support.paper_boxes import MM, collisions, sheets_of
from tests.support.seal_samples import inputs

PEOPLE = 120


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
