"""Several tables as one workbook, a sheet each: texts stay texts, amounts are yuan."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, NamedTuple

from sync_server.paperwork import sheet_setup


class Fen(NamedTuple):
    """An amount, written in yuan."""

    fen: int


class Percent(NamedTuple):
    """A share in tenths of a per cent."""

    tenths: int


Cell = str | int | Fen | Percent
MOST_NAME = 31
"""The longest name of a sheet that Excel opens."""
NOT_IN_NAMES = "[]:*?/\\'"
"""What a sheet's name may not hold in Excel."""


class Sheet(NamedTuple):
    """A table under its header, on a sheet of its own; `title`: a line above the header."""

    name: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    title: str = ""


def table_book(sheets: Sequence[Sheet]) -> bytes:
    """Write tables as .xlsx; no cell becomes a formula, no number loses digits."""
    import xlsxwriter  # here, so that a server starts without it

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        for table in sheets:
            _write(book, table)
    return out.getvalue()


def _write(book: Any, table: Sheet) -> None:
    strong = book.add_format({"bold": True})
    words = book.add_format({"num_format": sheet_setup.TEXT_FORMAT})
    count = book.add_format({"num_format": "#,##0"})
    amount = book.add_format({"num_format": sheet_setup.MONEY_FORMAT})
    share = book.add_format({"num_format": "0.0%"})
    sheet = book.add_worksheet(sheet_name(table.name))
    top = 1 if table.title else 0
    if table.title:
        sheet.write_string(0, 0, table.title, strong)
    for at, title in enumerate(table.header):
        sheet.set_column(at, at, _width(table, at))
        sheet.write_string(top, at, title, strong)
    for row, cells in enumerate(table.rows, start=top + 1):
        for at, cell in enumerate(cells):
            if isinstance(cell, Fen):
                sheet.write_number(row, at, cell.fen / 100, amount)
            elif isinstance(cell, Percent):
                sheet.write_number(row, at, cell.tenths / 1000, share)
            elif isinstance(cell, int):
                sheet.write_number(row, at, cell, count)
            else:
                sheet.write_string(row, at, cell, words)
    sheet_setup.for_reading(sheet, top + 1)


def sheet_name(text: str) -> str:
    """Return a text as a sheet's name that Excel and WPS open."""
    kept = "".join(c for c in text if c.isprintable() and c not in NOT_IN_NAMES)
    return kept.strip()[:MOST_NAME] or "表"


def _width(table: Sheet, at: int) -> int:
    texts = [row[at] for row in table.rows]
    return sheet_setup.width([table.header[at], *(text for text in texts if isinstance(text, str))])
