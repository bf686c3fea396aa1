"""Several tables as one workbook, a sheet each: texts stay texts, amounts are yuan."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import NamedTuple

from sync_server.paperwork import sheet_setup


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
        words = book.add_format({"num_format": sheet_setup.TEXT_FORMAT})
        amount = book.add_format({"num_format": sheet_setup.MONEY_FORMAT})
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
                        sheet.write_string(row, at, cell, words)
            sheet_setup.for_reading(sheet, 1)
    return out.getvalue()


def _width(table: Sheet, at: int) -> int:
    texts = [row[at] for row in table.rows]
    return sheet_setup.width([table.header[at], *(text for text in texts if isinstance(text, str))])
