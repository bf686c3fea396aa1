"""summary.xlsx: repeatable bytes, text that stays text, amounts that read back to the fen."""

from __future__ import annotations

import io

import msgspec
import openpyxl

from sync_server.sealing.checking.checks import workbook
from sync_server.sealing.making.compose import compose
from sync_server.sealing.making.workbook import SCHOOL, cells_of, summary_xlsx
from sync_server.sealing.record import Findings
from tests.support.seal_samples import inputs


def test_equal_summaries_give_equal_bytes() -> None:
    assert summary_xlsx(compose(inputs())) == summary_xlsx(compose(inputs()))


def test_a_name_that_looks_like_a_formula_stays_text() -> None:
    base = inputs(2, 0)
    names = ('=HYPERLINK("http://x","y")', "+1-1")
    cases = tuple(
        msgspec.structs.replace(c, borrower=msgspec.structs.replace(c.borrower, name=n))
        for c, n in zip(base.cases, names, strict=True)
    )
    book = openpyxl.load_workbook(
        io.BytesIO(summary_xlsx(compose(msgspec.structs.replace(base, cases=cases))))
    )
    column = [c.key for c in SCHOOL].index("name") + 1
    cells = [book.worksheets[0].cell(row, column) for row in (2, 3)]
    assert [(cell.value, cell.data_type) for cell in cells] == [(names[0], "s"), (names[1], "s")]


def test_every_cell_reads_back_as_it_was_written_to_the_fen() -> None:
    summary = compose(inputs(25, 5))
    sheet = openpyxl.load_workbook(io.BytesIO(summary_xlsx(summary))).worksheets[0]
    heading, *lines = cells_of(summary)
    for y, line in enumerate([heading, *lines], 1):
        for x, wanted in enumerate(line, 1):
            read = sheet.cell(y, x).value
            if y > 1 and SCHOOL[x - 1].kind == "fen":
                assert round(float(str(read)) * 100) == wanted
            else:
                assert (read if read is not None else "") == wanted


def test_a_workbook_of_another_writer_is_compared_cell_by_cell() -> None:
    summary = compose(inputs(3, 1))
    book = openpyxl.load_workbook(io.BytesIO(summary_xlsx(summary)))
    out = io.BytesIO()
    book.save(out)
    found = Findings()
    workbook(out.getvalue(), summary, found, "summary.xlsx")
    assert found.items == []
    book.worksheets[0].cell(3, 8).value = 1.23
    out = io.BytesIO()
    book.save(out)
    workbook(out.getvalue(), summary, found, "summary.xlsx")
    assert [(p.code, p.row) for p in found.items] == [("verify.xlsx_differs", 3)]
