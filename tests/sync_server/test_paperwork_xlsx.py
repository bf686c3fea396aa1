"""summary.xlsx: repeatable bytes, text that stays text, amounts that read back to the fen."""

from __future__ import annotations

import io
import math

import msgspec
import openpyxl

from shared.recipients import Recipient, TemplateColumn
from sync_server.sealing.checking.checks import workbook
from sync_server.sealing.making.compose import compose
from sync_server.sealing.making.workbook import (
    HEADER_ROWS,
    cells_of,
    columns_of,
    summary_xlsx,
)
from sync_server.sealing.record import Findings
from tests.support.seal_samples import inputs, season_2019


def test_equal_summaries_give_equal_bytes() -> None:
    assert summary_xlsx(compose(inputs())) == summary_xlsx(compose(inputs()))


def test_a_name_that_looks_like_a_formula_stays_text() -> None:
    base = inputs(2, 0)
    names = ('=HYPERLINK("http://x","y")', "+1-1")
    cases = tuple(
        msgspec.structs.replace(c, borrower=msgspec.structs.replace(c.borrower, name=n))
        for c, n in zip(base.cases, names, strict=True)
    )
    summary = compose(msgspec.structs.replace(base, cases=cases))
    book = openpyxl.load_workbook(io.BytesIO(summary_xlsx(summary)))
    column = [c.key for c in columns_of(summary)].index("name") + 1
    cells = [book.worksheets[0].cell(HEADER_ROWS + n, column) for n in (1, 2)]
    assert [(cell.value, cell.data_type) for cell in cells] == [(names[0], "s"), (names[1], "s")]


def test_every_cell_reads_back_as_it_was_written_to_the_fen() -> None:
    summary = compose(inputs(25, 5))
    data = io.BytesIO(summary_xlsx(summary))
    sheet = openpyxl.load_workbook(data, data_only=True).worksheets[0]
    columns = columns_of(summary)
    for y, line in enumerate(cells_of(summary), 1):
        for x, wanted in enumerate(line, 1):
            read = sheet.cell(y, x).value
            if isinstance(wanted, int) and columns[x - 1].kind == "fen":
                assert round(float(str(read)) * 100) == wanted
            else:
                assert (read if read is not None else "") == wanted


def test_the_last_row_sums_by_formulas_whose_values_are_stored() -> None:
    summary = compose(inputs(25, 5))
    data = summary_xlsx(summary)
    end = HEADER_ROWS + 26
    columns = [c.key for c in columns_of(summary)]
    formulas, values = (
        openpyxl.load_workbook(io.BytesIO(data), data_only=only).worksheets[0]
        for only in (False, True)
    )
    at = columns.index("total_fen") + 1
    assert formulas.cell(end, at).value == "=SUM(H4:H28)"
    assert round(float(str(values.cell(end, at).value)) * 100) == summary.totals.total_fen
    assert values.cell(end, columns.index("name") + 1).value == "合计"


def test_it_prints_across_one_page_wide_with_its_headings_on_every_page() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(summary_xlsx(compose(inputs(60, 5))))).worksheets[0]
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.print_title_rows == f"${HEADER_ROWS}:${HEADER_ROWS}"
    assert sheet.freeze_panes == f"D{HEADER_ROWS + 1}"
    assert {sheet.cell(y, 1).font.name for y in (1, HEADER_ROWS, HEADER_ROWS + 1)} == {"宋体"}


def test_reasons_stand_in_words_and_sensitive_ones_as_codes() -> None:
    summary = compose(inputs(10, 4))
    at = [c.key for c in columns_of(summary)].index("reason")
    words = {r.code: r.words for r in summary.reasons}
    written = [line[at] for line in cells_of(summary)[HEADER_ROWS:-1]]
    assert written == [words.get(row.reason, row.reason) for row in summary.rows]
    assert {"A1"} <= set(written)


def test_a_workbook_of_another_writer_is_compared_cell_by_cell() -> None:
    summary = compose(inputs(3, 1))
    book = openpyxl.load_workbook(io.BytesIO(summary_xlsx(summary)), data_only=True)
    out = io.BytesIO()
    book.save(out)
    found = Findings()
    workbook(out.getvalue(), summary, found, "summary.xlsx")
    assert found.items == []
    book.worksheets[0].cell(5, 8).value = 1.23
    out = io.BytesIO()
    book.save(out)
    workbook(out.getvalue(), summary, found, "summary.xlsx")
    assert [(p.code, p.row) for p in found.items] == [("verify.xlsx_differs", 5)]


LONG = "截至填报日期学生本人及其共同借款人尚未归还的国家助学贷款本息合计金额"


def test_long_titles_and_headings_of_a_recipients_form_have_room_for_all_their_lines() -> None:
    columns = (
        TemplateColumn(header="姓名", field="name"),
        TemplateColumn(header=LONG, field="visits"),
        TemplateColumn(header=f"{LONG}(元)", constant="某行"),
    )
    titles = (f"关于报送{LONG}的通知附件二", LONG * 4)
    bank = Recipient(key="bank", name="某银行", people=columns, people_titles=titles)
    season = msgspec.structs.replace(season_2019(), recipients=(bank,))
    made = compose(msgspec.structs.replace(inputs(3, 1), season=season))
    sheet = openpyxl.load_workbook(io.BytesIO(summary_xlsx(made))).worksheets[1]
    widths = [sheet.column_dimensions[letter].width for letter in "ABC"]
    whole = [(sum(widths), title, size) for title, size in zip(titles, (16, 10), strict=True)]
    headings = [(width, c.header, 10) for width, c in zip(widths, columns, strict=True)]
    for y, shown in ((1, whole[:1]), (2, whole[1:]), (3, headings)):
        for width, text, size in shown:
            in_a_line = int(width * 10 / size / 2)  # a Chinese character is two wide
            assert sheet.cell(y, 1).alignment.wrap_text
            assert sheet.row_dimensions[y].height >= math.ceil(len(text) / in_a_line) * size * 1.2


def test_a_form_with_the_name_far_to_the_right_keeps_its_columns_free_to_scroll() -> None:
    blank = tuple(TemplateColumn(header=f"空{n}") for n in range(8))
    columns = (*blank, TemplateColumn(header="姓名", field="name"))
    season = msgspec.structs.replace(
        season_2019(), recipients=(Recipient(key="bank", name="某银行", people=columns),)
    )
    made = compose(msgspec.structs.replace(inputs(3, 1), season=season))
    sheet = openpyxl.load_workbook(io.BytesIO(summary_xlsx(made))).worksheets[1]
    assert sheet.freeze_panes == "A4"
