"""A list of cases as a workbook, with the columns its recipient gets."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import msgspec

from shared import codes, list_columns
from shared.cases import Case
from shared.identity import mask_id
from shared.ids import show_case_code
from shared.lifecycle import Standing
from shared.season import Season
from sync_server.paperwork import list_cover, sheet_setup
from sync_server.paperwork.list_cover import Cover

MONEY = ("principal", "interest", "total", "repaid")


class ListLine(msgspec.Struct, frozen=True, kw_only=True):
    """One person of a list: the case, where it stands, and the teacher's name.

    `slip`: in words, what the records say of the notice, where the paper slip is, and whether there
    is a photo of it. `more`: the cells of further columns, texts or amounts in fen.
    """

    case: Case
    standing: Standing
    teacher: str = ""
    slip: tuple[str, str, str] = ("", "", "")
    more: tuple[str | int, ...] = ()


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """One sheet of people.

    Attributes:
        name: The sheet's name.
        lines: The people, in order.
        columns: Codes of shared.list_columns, in order.
        more: The headers of further columns, whose cells each line brings.
    """

    name: str
    lines: Sequence[ListLine]
    columns: Sequence[str]
    more: Sequence[str] = ()


def workbook(
    listings: Sequence[Listing], season: Season, title: str, cover: Cover | None = None
) -> bytes:
    """Write lists as .xlsx.

    Args:
        listings: The sheets of people; the first one is shown when the file is opened.
        season: The season: its reasons name outcomes; it says whether ID numbers are printed whole.
        title: What the first row of each sheet says.
        cover: The sheet on which the school signs for the list; None for none.

    Returns:
        The bytes of the workbook. Texts are written as texts, so that no cell becomes a formula and
        no number loses digits; amounts are numbers in yuan.
    """
    import xlsxwriter  # here, so that a server starts without it

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        if cover is not None:
            _write_cover(book, cover, season)
        for number, listing in enumerate(listings):
            sheet = book.add_worksheet(listing.name)
            _write_listing(book, sheet, listing, season, title)
            if number == 0:
                sheet.activate()
    return out.getvalue()


def _write_listing(book: Any, sheet: Any, listing: Listing, season: Season, title: str) -> None:
    strong = book.add_format({"bold": True})
    words = book.add_format({"num_format": sheet_setup.TEXT_FORMAT})
    amount = book.add_format({"num_format": sheet_setup.MONEY_FORMAT})
    headers = [codes.label(list_columns.COLUMNS, column) for column in listing.columns]
    headers += listing.more
    rows = [_cells(line, listing.columns, season) for line in listing.lines]
    sheet.write_string(0, 0, title, strong)
    for at, header in enumerate(headers):
        texts = [header, *(str(cells[at]) for cells in rows)]
        sheet.set_column(at, at, sheet_setup.width(texts))
        sheet.write_string(1, at, header, strong)
    for row, cells in enumerate(rows, start=2):
        for at, cell in enumerate(cells):
            if isinstance(cell, int):
                sheet.write_number(row, at, cell / 100, amount)
            else:
                sheet.write_string(row, at, cell, words)
    sheet_setup.for_reading(sheet, 2)
    sheet.autofilter(1, 0, 1 + len(rows), len(headers) - 1)


def _write_cover(book: Any, cover: Cover, season: Season) -> None:
    """Write the sheet that the school signs: what the list is, counts, lines to fill in."""
    headline = book.add_format({"bold": True, "font_size": 18, "align": "center"})
    strong = book.add_format({"bold": True, "border": 1, "valign": "vcenter"})
    cell = book.add_format(
        {"border": 1, "text_wrap": True, "valign": "vcenter", "num_format": sheet_setup.TEXT_FORMAT}
    )
    count = book.add_format({"border": 1, "num_format": "#,##0"})
    amount = book.add_format({"border": 1, "num_format": sheet_setup.MONEY_FORMAT})
    sheet = book.add_worksheet("签收")
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 2, 32)
    sheet.merge_range(0, 0, 0, 2, list_cover.title(cover, season), headline)
    row = 2
    for name, value in list_cover.facts(cover, season):
        sheet.write_string(row, 0, name, strong)
        sheet.merge_range(row, 1, row, 2, "", cell)
        sheet.write_string(row, 1, value, cell)
        row += 1
    row += 1
    sheet.merge_range(row, 0, row, 2, "", cell)
    sheet.write_string(row, 0, list_cover.receipt(cover, season), cell)
    sheet.set_row(row, 52)
    for name in list_cover.SIGNED:
        row += 1
        sheet.write_string(row, 0, name, strong)
        sheet.merge_range(row, 1, row, 2, "", cell)
        sheet.set_row(row, 34)
    sheet.write_string(row + 1, 0, list_cover.COPIES)
    row += 3
    for header, groups in (("村、社区", cover.villages), ("走访老师", cover.teachers)):
        if not groups:
            continue
        for at, words in enumerate((header, "人数", "应还合计(元)")):
            sheet.write_string(row, at, words, strong)
        for one in groups:
            row += 1
            sheet.write_string(row, 0, one.name, cell)
            sheet.write_number(row, 1, one.people, count)
            sheet.write_number(row, 2, one.due_fen / 100, amount)
        row += 2
    sheet.set_paper(sheet_setup.A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer(sheet_setup.PAGE_FOOTER)


def _cells(line: ListLine, columns: Sequence[str], season: Season) -> list[str | int]:
    """Return the cells of a person: texts, and amounts in fen."""
    own = [
        _amount_fen(line, column) if column in MONEY else _text(line, column, season)
        for column in columns
    ]
    return [*own, *line.more]


def _amount_fen(line: ListLine, column: str) -> int:
    case = line.case
    return {
        "principal": case.principal_fen,
        "interest": case.interest_fen,
        "total": case.principal_fen + case.interest_fen,
        "repaid": line.standing.repaid.repaid_fen,
    }[column]


def _text(line: ListLine, column: str, season: Season) -> str:
    case, other = line.case, line.case.co_borrower
    number = case.borrower.id_number
    values = {
        "code": show_case_code(case.code),
        "name": case.borrower.name,
        "id_number": number if season.full_id_numbers else mask_id(number),
        "phones": " ".join(case.borrower.phones),
        "co_borrower": other.name if other else "",
        "co_phones": " ".join(other.phones) if other else "",
        "address": case.address,
        "township": case.township,
        "village": case.village,
        "college": case.college,
        "contracts": " ".join(c.contract_no for c in case.contracts),
        "teacher": line.teacher,
        "delivered": line.standing.delivered_on,
        "delivery_record": line.slip[0],
        "paper_slip": line.slip[1],
        "slip_photo": line.slip[2],
        "outcome": codes.label(season.reasons, line.standing.outcome),
    }
    return values[column]
