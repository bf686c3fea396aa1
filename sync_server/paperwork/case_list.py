"""A list of cases as a workbook, with the columns its recipient gets."""

from __future__ import annotations

import io
from collections.abc import Sequence

import msgspec

from shared import codes, list_columns
from shared.cases import Case
from shared.identity import mask_id
from shared.lifecycle import Standing
from shared.season import Season

WIDTHS = {
    "id_number": 22,
    "phones": 16,
    "address": 40,
    "contracts": 28,
    "co_phones": 16,
    "paper_slip": 20,
}
"""Column widths in characters; all others are 12."""
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


def workbook(
    lines: Sequence[ListLine],
    columns: Sequence[str],
    season: Season,
    title: str,
    more: Sequence[str] = (),
) -> bytes:
    """Write a list as .xlsx.

    Args:
        lines: The people, in the order of the list.
        columns: Codes of shared.list_columns, in order.
        season: The season: its reasons name outcomes; it says whether ID numbers are printed whole.
        title: What the first row says.
        more: The headers of further columns, whose cells each line brings.

    Returns:
        The bytes of the workbook. Texts are written as texts, so that no cell becomes a formula and
        no number loses digits; amounts are numbers in yuan.
    """
    import xlsxwriter  # here, so that a server starts without it

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("名单")
        strong = book.add_format({"bold": True})
        amount = book.add_format({"num_format": "#,##0.00"})
        sheet.write_string(0, 0, title, strong)
        for at, column in enumerate(columns):
            sheet.set_column(at, at, WIDTHS.get(column, 12))
            sheet.write_string(1, at, codes.label(list_columns.COLUMNS, column), strong)
        for at, header in enumerate(more, start=len(columns)):
            sheet.set_column(at, at, 14)
            sheet.write_string(1, at, header, strong)
        for row, line in enumerate(lines, start=2):
            for at, cell in enumerate(line.more, start=len(columns)):
                if isinstance(cell, int):
                    sheet.write_number(row, at, cell / 100, amount)
                else:
                    sheet.write_string(row, at, cell)
            for at, column in enumerate(columns):
                if column in MONEY:
                    sheet.write_number(row, at, _amount_fen(line, column) / 100, amount)
                else:
                    sheet.write_string(row, at, _text(line, column, season))
        sheet.freeze_panes(2, 0)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.repeat_rows(0, 1)
        sheet.fit_to_pages(1, 0)
    return out.getvalue()


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
        "code": case.code,
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
