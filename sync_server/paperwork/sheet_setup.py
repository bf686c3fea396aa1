"""How every sheet that we write opens in Excel and WPS, and how it comes out of a printer."""

from __future__ import annotations

from typing import Any

A4 = 9
"""Excel's number of the paper size."""
PAGE_FOOTER = "&C第 &P 页，共 &N 页"
WHOLE_SHEET = "A1:XFD1048576"
WIDEST = 40
"""The widest column, in characters."""
NARROWEST = 6
"""The narrowest column, in characters."""
TEXT_FORMAT = "@"
"""A cell that stays text when somebody types into it: no digit is lost, no formula begins."""
MONEY_FORMAT = "#,##0.00"


def for_reading(sheet: Any, header_rows: int) -> None:
    """Freeze the header, print it on each page, landscape A4, one page wide.

    Args:
        sheet: A worksheet of xlsxwriter.
        header_rows: The rows down to the column names.
    """
    sheet.freeze_panes(header_rows, 0)
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.repeat_rows(0, header_rows - 1)
    sheet.fit_to_pages(1, 0)
    sheet.hide_gridlines(0)  # printed with lines between the rows
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.set_footer(PAGE_FOOTER)
    sheet.ignore_errors({"number_stored_as_text": WHOLE_SHEET})  # they are codes, no mistake


def chars(text: str) -> int:
    """Return how wide a text is; a Chinese character is as wide as two others."""
    return max((sum(1 + (c > "\u2e80") for c in line) for line in text.split("\n")), default=0)


def width(texts: list[str]) -> int:
    """Return the width of a column that holds these texts."""
    return min(WIDEST, max(NARROWEST, 2 + max(map(chars, texts), default=0)))
