"""Write summary.xlsx: the table of a summary for a spreadsheet, byte for byte repeatable.

Every cell comes from summary.json; text stays text (an ID or contract number is never a number, a
name that begins with `=` never a formula: docs/sources.md#workbook-writing). Verification reads it
back and compares it cell by cell.
"""

from __future__ import annotations

import io
import math
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import msgspec

from shared import codes
from shared.ids import show_case_code
from shared.money import yuan
from shared.season import day_of
from sync_server.paperwork import words
from sync_server.sealing.making import school_view
from sync_server.sealing.making.totals import delivery_of
from sync_server.sealing.summary import CountyRow, Row, SchoolSummary, Summary, Totals

R = TypeVar("R")
HEADER_ROWS = 3
"""Rows above the people: the title, whose and of when, the headings."""
FACE = "宋体"
LINE_PT = 14
"""Height of a line of 10 pt with the room around it."""


class Column(msgspec.Struct, Generic[R], frozen=True):
    """A column of the sheet: heading, width in characters, and how a row fills it.

    Columns are as narrow as their usual words, and longer ones wrap: one page wide stays legible.
    `kind`: text | int | fen. `summed`: whether the last row has its sum.
    """

    key: str
    title: str
    width: float
    kind: str
    value: Callable[[R], str | int]
    summed: bool = False


def school_columns(reasons: Mapping[str, str]) -> tuple[Column[Row], ...]:
    """Return the columns of a school's table; `reasons`: the words of codes that are printed."""
    ways = dict(school_view.WAYS)
    return (
        Column("row", "序号", 4, "int", lambda row: row.row),
        Column("case", "编号", 11, "text", lambda row: show_case_code(row.case)),
        Column("name", "姓名", 10, "text", lambda row: row.name),
        Column("id_number", "身份证号", 19, "text", lambda row: row.id_number),
        Column("contracts", "合同数", 5, "int", lambda row: row.contracts, True),
        Column("principal_fen", "应还本金(元)", 14, "fen", lambda row: row.principal_fen, True),
        Column("interest_fen", "应还利息(元)", 14, "fen", lambda row: row.interest_fen, True),
        Column("total_fen", "应还合计(元)", 14, "fen", lambda row: row.total_fen, True),
        Column("delivery", "通知书", 8, "text", lambda row: ways[delivery_of(row)]),
        Column("delivered_on", "送达日期", 10, "text", lambda row: row.delivered_on),
        Column("signer", "签收人", 8, "text", lambda row: row.signer),
        Column("relation", "与借款人关系", 8, "text", _relation),
        Column("visits", "上门次数", 5, "int", lambda row: row.visits, True),
        Column("last_visit", "末次上门", 10, "text", lambda row: row.last_visit),
        Column("paid", "是否还清", 5, "text", lambda row: "是" if row.paid else "否"),
        Column("repaid_fen", "已还(元)", 14, "fen", lambda row: row.repaid_fen, True),
        Column("unpaid_fen", "未还(元)", 14, "fen", lambda row: row.unpaid_fen, True),
        Column("reason", "未还原因", 14, "text", lambda row: reasons.get(row.reason, row.reason)),
        Column("promise_date", "承诺日期", 10, "text", lambda row: row.promise_date),
        Column("statement", "说明序号", 5, "int", lambda row: row.statement),
        Column("teacher", "包联教师", 8, "text", lambda row: row.teacher),
    )


def _relation(row: Row) -> str:
    return codes.label(codes.PEOPLE, row.signer_relation)


def _of_unit(
    key: str, title: str, value: Callable[[Totals], int], kind: str = "int"
) -> Column[CountyRow]:
    return Column(key, title, 14 if kind == "fen" else 6, kind, lambda row: value(row.totals), True)


COUNTY: tuple[Column[CountyRow], ...] = (
    Column("row", "序号", 4, "int", lambda row: row.row),
    Column("code", "单位代码", 8, "text", lambda row: row.code),
    Column("name", "单位", 18, "text", lambda row: row.name),
    _of_unit("people", "应还人数", lambda sums: sums.people),
    _of_unit("contracts", "合同数", lambda sums: sums.contracts),
    _of_unit("principal_fen", "应还本金(元)", lambda sums: sums.principal_fen, "fen"),
    _of_unit("interest_fen", "应还利息(元)", lambda sums: sums.interest_fen, "fen"),
    _of_unit("total_fen", "应还合计(元)", lambda sums: sums.total_fen, "fen"),
    _of_unit("signed", "签收人数", lambda sums: sums.deliveries.signed),
    _of_unit("acknowledged", "短信微信确认", lambda sums: sums.deliveries.acknowledged),
    _of_unit("refused", "拒签人数", lambda sums: sums.deliveries.refused),
    _of_unit("undelivered", "未送达人数", lambda sums: sums.deliveries.undelivered),
    _of_unit("repaid", "还清人数", lambda sums: sums.repaid.people),
    _of_unit("repaid_fen", "已还(元)", lambda sums: sums.repaid.fen, "fen"),
    _of_unit("unpaid", "未还清人数", lambda sums: sums.unpaid.people),
    _of_unit("unpaid_fen", "未还(元)", lambda sums: sums.unpaid.fen, "fen"),
    _of_unit("promised", "承诺还款", lambda sums: sums.unpaid.promised.people),
    _of_unit("special", "特殊情况", lambda sums: sums.unpaid.special.people),
    _of_unit("unreachable", "暂未联系上", lambda sums: sums.unpaid.unreachable.people),
    _of_unit("other", "其他", lambda sums: sums.unpaid.other.people),
    _of_unit("visits", "上门次数", lambda sums: sums.visits),
    Column("document", "封存件", 12, "text", lambda row: row.document),
    Column("version", "版本", 5, "int", lambda row: row.version),
    Column("data_hash", "数据校验码", 20, "text", lambda row: row.data_hash),
)


def columns_of(summary: Summary) -> Sequence[Column[Any]]:
    """Return the columns of this kind of summary."""
    if isinstance(summary, SchoolSummary):
        return school_columns({r.code: r.words for r in summary.reasons})
    return COUNTY


def kinds_of(summary: Summary) -> list[str]:
    """Return the kind of each column, for reading cells back."""
    return [column.kind for column in columns_of(summary)]


def cells_of(summary: Summary) -> list[list[str | int]]:
    """Return every row as it must read back, the title and the sums included; amounts in fen."""
    columns = columns_of(summary)
    blank = [""] * (len(columns) - 1)
    lines = [[column.value(row) for column in columns] for row in summary.rows]
    sums = [
        sum(int(line[x]) for line in lines) if column.summed else ""
        for x, column in enumerate(columns)
    ]
    sums[SUM_WORD_AT] = "合计"
    return [
        [_title(summary), *blank],
        [_of_when(summary), *blank],
        [column.title for column in columns],
        *lines,
        sums,
    ]


SUM_WORD_AT = 2
"""The column in which the last row says 合计: that of the name."""


def _title(summary: Summary) -> str:
    return f"{summary.unit.name}{summary.season.id}年生源地信用助学贷款催收情况汇总表"


def _of_when(summary: Summary) -> str:
    return (
        f"截至{words.moment(summary.cut_off)}    第{summary.version}版    "
        f"填报日期：{words.day(summary.filled_on or day_of(summary.cut_off))}    金额单位：元"
    )


def summary_xlsx(summary: Summary) -> bytes:
    """Write the workbook of a summary.

    Args:
        summary: a summary of any level.

    Returns:
        The .xlsx file; amounts are numbers in yuan with two decimals, sums are formulas with their
        values stored.
    """
    import xlsxwriter

    out = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(out, options)
    created = datetime.fromisoformat(summary.cut_off).astimezone(UTC).replace(tzinfo=None)
    book.set_properties(
        {"title": summary.unit.name, "author": summary.unit.name, "created": created}
    )
    formats = _formats(book)
    sheet = book.add_worksheet("汇总表")
    _lay_out(sheet, summary)
    _fill(sheet, summary, formats)
    _legend(book.add_worksheet("说明"), summary, formats)
    book.close()
    return out.getvalue()


def _formats(book: Any) -> dict[str, Any]:
    base = {"font_name": FACE, "font_size": 10, "valign": "vcenter"}
    cell = {**base, "border": 1}
    numbers = {"text": "@", "int": "0", "fen": "#,##0.00"}
    made = {k: book.add_format({**cell, "num_format": n}) for k, n in numbers.items()}
    made["text"].set_text_wrap()
    for kind, number in numbers.items():
        made[f"sum_{kind}"] = book.add_format({**cell, "num_format": number, "bold": True})
    made["title"] = book.add_format({**base, "font_size": 16, "bold": True, "align": "center"})
    made["when"] = book.add_format({**base, "align": "left"})
    made["head"] = book.add_format({**cell, "bold": True, "align": "center", "text_wrap": True})
    made["plain"] = book.add_format({**base, "text_wrap": True, "num_format": "@"})
    return made


def _lay_out(sheet: Any, summary: Summary) -> None:
    """A4 across, one page wide, the headings on every page, its number below."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.7)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEADER_ROWS - 1)
    sheet.set_footer(f"&L{summary.document} 第{summary.version}版&C第 &P 页 共 &N 页")
    sheet.freeze_panes(HEADER_ROWS, SUM_WORD_AT + 1)
    sheet.set_row(0, 30)
    sheet.set_row(HEADER_ROWS - 1, 42)


def _fill(sheet: Any, summary: Summary, formats: Mapping[str, Any]) -> None:
    columns = columns_of(summary)
    title, when, heading, *lines, sums = cells_of(summary)
    sheet.merge_range(0, 0, 0, len(columns) - 1, title[0], formats["title"])
    sheet.merge_range(1, 0, 1, len(columns) - 1, when[0], formats["when"])
    end = HEADER_ROWS + len(lines)
    for y, line in enumerate(lines, HEADER_ROWS):
        sheet.set_row(y, LINE_PT * _height_of(line, columns))
    for x, column in enumerate(columns):
        sheet.set_column(x, x, column.width)
        sheet.write_string(HEADER_ROWS - 1, x, str(heading[x]), formats["head"])
        for y, line in enumerate(lines, HEADER_ROWS):
            _write(sheet, y, x, line[x], column.kind, formats[column.kind])
        if column.summed:
            letter = _letter(x)
            formula = f"=SUM({letter}{HEADER_ROWS + 1}:{letter}{end})" if lines else "=0"
            total = _number(int(sums[x]), column.kind)
            sheet.write_formula(end, x, formula, formats[f"sum_{column.kind}"], total)
        else:
            sheet.write_string(end, x, str(sums[x]), formats["sum_text"])
    if lines:
        sheet.autofilter(HEADER_ROWS - 1, 0, end - 1, len(columns) - 1)


def _height_of(line: Sequence[str | int], columns: Sequence[Column[Any]]) -> int:
    """Return how many lines the longest text of a row takes; a program that opens it need not."""
    return max(
        math.ceil(sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in cell) / column.width)
        for cell, column in zip(line, columns, strict=True)
        if isinstance(cell, str) and cell
    )


def _write(sheet: Any, y: int, x: int, value: str | int, kind: str, form: Any) -> None:
    if isinstance(value, str):
        sheet.write_string(y, x, value, form)
    else:
        sheet.write_number(y, x, _number(value, kind), form)


def _number(value: int, kind: str) -> float:
    # A double keeps two decimals of a yuan amount below 10^13: the fen read back equal.
    return value / 100 if kind == "fen" else value


def _letter(column: int) -> str:
    from xlsxwriter.utility import xl_col_to_name

    return str(xl_col_to_name(column))


def _legend(sheet: Any, summary: Summary, formats: Mapping[str, Any]) -> None:
    """Write where the table comes from, figures to compare with page 1, and 填表说明."""
    sums = summary.totals
    facts = [
        ("单位", summary.unit.name),
        ("文件", f"{summary.document} 第{summary.version}版"),
        ("截止时点", words.moment(summary.cut_off)),
        ("应还人数", f"{sums.people}"),
        ("应还合计(元)", yuan(sums.total_fen)),
        *((f"通知书{zh}", f"{getattr(sums.deliveries, key)}") for key, zh in school_view.WAYS),
        ("还清人数", f"{sums.repaid.people},占 {words.percent(sums.repaid.rate_bp)}"),
        (
            "已还(元)",
            f"{yuan(sums.repaid.fen)},占应还 {words.percent(sums.repaid.amount_rate_bp)}",
        ),
        *(("填表说明", line) for line in school_view.SCHOOL_TERMS[:2]),
        ("填表说明", school_view.SENSITIVE_TERM),
    ]
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 1, 70)
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    for y, (key, value) in enumerate(facts):
        sheet.write_string(y, 0, key, formats["plain"])
        sheet.write_string(y, 1, value, formats["plain"])
