"""Several tables as one workbook, a sheet each: texts stay texts, amounts are yuan."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import NamedTuple

WIDEST = 40
"""The widest column, in characters."""


class Fen(NamedTuple):
    """An amount, written in yuan."""

    fen: int


Cell = str | int | Fen


class Sheet(NamedTuple):
    """A table under its header, on a sheet of its own."""

    name: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def table_book(sheets: Sequence[Sheet]) -> bytes:
    """Write tables as .xlsx; no cell becomes a formula, no number loses digits."""
    import xlsxwriter  # here, so that a server starts without it

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        strong = book.add_format({"bold": True})
        amount = book.add_format({"num_format": "#,##0.00"})
        for table in sheets:
            sheet = book.add_worksheet(table.name)
            for at, title in enumerate(table.header):
                sheet.set_column(at, at, _width(table, at))
                sheet.write_string(0, at, title, strong)
            for row, cells in enumerate(table.rows, start=1):
                for at, cell in enumerate(cells):
                    if isinstance(cell, Fen):
                        sheet.write_number(row, at, cell.fen / 100, amount)
                    elif isinstance(cell, int):
                        sheet.write_number(row, at, cell)
                    else:
                        sheet.write_string(row, at, cell)
            sheet.freeze_panes(1, 0)
            sheet.set_landscape()
            sheet.set_paper(9)  # A4
            sheet.repeat_rows(0)
            sheet.fit_to_pages(1, 0)
    return out.getvalue()


def _width(table: Sheet, at: int) -> int:
    """Return a column's width; a Chinese character is as wide as two others."""
    texts = [table.header[at], *(str(row[at]) for row in table.rows if isinstance(row[at], str))]
    return min(WIDEST, 2 + max(sum(1 + (c > "\u2e80") for c in text) for text in texts))
