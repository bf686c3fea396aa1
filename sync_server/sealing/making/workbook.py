"""Write summary.xlsx: the table of a summary for a spreadsheet, byte for byte repeatable.

Every cell comes from summary.json; text stays text (an ID or contract number is never a number, a
name that begins with `=` never a formula: docs/sources.md#workbook-writing). Verification reads it
back and compares it cell by cell.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import msgspec

from shared import codes
from shared.ids import show_case_code
from sync_server.paperwork import words
from sync_server.sealing.making import school_view
from sync_server.sealing.summary import CountyRow, Row, SchoolSummary, Summary

R = TypeVar("R")


class Column(msgspec.Struct, Generic[R], frozen=True):
    """A column of the sheet: heading, width in characters, and how a row fills it.

    `kind`: text | int | fen.
    """

    key: str
    title: str
    width: int
    kind: str
    value: Callable[[R], str | int]


SCHOOL: tuple[Column[Row], ...] = (
    Column("row", "序号", 6, "int", lambda row: row.row),
    Column("case", "编号", 14, "text", lambda row: show_case_code(row.case)),
    Column("name", "姓名", 14, "text", lambda row: row.name),
    Column("id_number", "身份证号", 22, "text", lambda row: row.id_number),
    Column("contracts", "合同数", 8, "int", lambda row: row.contracts),
    Column("principal_fen", "应还本金(元)", 14, "fen", lambda row: row.principal_fen),
    Column("interest_fen", "应还利息(元)", 14, "fen", lambda row: row.interest_fen),
    Column("total_fen", "应还合计(元)", 14, "fen", lambda row: row.total_fen),
    Column(
        "delivery",
        "通知书送达",
        12,
        "text",
        lambda row: school_view.DELIVERY.get(row.delivery, row.delivery),
    ),
    Column("delivered_on", "送达日期", 12, "text", lambda row: row.delivered_on),
    Column("signer", "签收人", 12, "text", lambda row: row.signer),
    Column(
        "relation",
        "与借款人关系",
        14,
        "text",
        lambda row: codes.label(codes.PEOPLE, row.signer_relation),
    ),
    Column("visits", "上门次数", 10, "int", lambda row: row.visits),
    Column("last_visit", "末次上门日期", 14, "text", lambda row: row.last_visit),
    Column("paid", "是否已还", 10, "text", lambda row: "是" if row.paid else "否"),
    Column("repaid_fen", "已还(元)", 14, "fen", lambda row: row.repaid_fen),
    Column("unpaid_fen", "未还(元)", 14, "fen", lambda row: row.unpaid_fen),
    Column("reason", "未还原因代码", 16, "text", lambda row: row.reason),
    Column("promise_date", "承诺日期", 12, "text", lambda row: row.promise_date),
    Column("statement", "情况说明序号", 14, "int", lambda row: row.statement),
    Column("teacher", "包联教师", 12, "text", lambda row: row.teacher),
)


COUNTY: tuple[Column[CountyRow], ...] = (
    Column("row", "序号", 6, "int", lambda row: row.row),
    Column("code", "单位代码", 12, "text", lambda row: row.code),
    Column("name", "单位", 30, "text", lambda row: row.name),
    Column("people", "应还人数", 10, "int", lambda row: row.totals.people),
    Column("contracts", "合同数", 10, "int", lambda row: row.totals.contracts),
    Column("principal_fen", "应还本金(元)", 16, "fen", lambda row: row.totals.principal_fen),
    Column("interest_fen", "应还利息(元)", 16, "fen", lambda row: row.totals.interest_fen),
    Column("total_fen", "应还合计(元)", 16, "fen", lambda row: row.totals.total_fen),
    Column("delivered", "已送达人数", 12, "int", lambda row: row.totals.delivered.people),
    Column("repaid", "已还清人数", 12, "int", lambda row: row.totals.repaid.people),
    Column("repaid_fen", "已还(元)", 16, "fen", lambda row: row.totals.repaid.fen),
    Column("unpaid", "未还清人数", 12, "int", lambda row: row.totals.unpaid.people),
    Column("unpaid_fen", "未还(元)", 16, "fen", lambda row: row.totals.unpaid.fen),
    Column("promised", "承诺还款人数", 14, "int", lambda row: row.totals.unpaid.promised.people),
    Column("special", "特殊情况人数", 14, "int", lambda row: row.totals.unpaid.special.people),
    Column(
        "unreachable", "暂未联系上人数", 16, "int", lambda row: row.totals.unpaid.unreachable.people
    ),
    Column("other", "其他人数", 10, "int", lambda row: row.totals.unpaid.other.people),
    Column("visits", "上门次数", 10, "int", lambda row: row.totals.visits),
    Column("document", "封存件", 20, "text", lambda row: row.document),
    Column("version", "版本", 8, "int", lambda row: row.version),
    Column("data_hash", "数据校验码", 68, "text", lambda row: row.data_hash),
)


def columns_of(summary: Summary) -> Sequence[Column[Any]]:
    """Return the columns of this kind of summary."""
    return SCHOOL if isinstance(summary, SchoolSummary) else COUNTY


def cells_of(summary: Summary) -> list[list[str | int]]:
    """Return headings and rows as they must read back; amounts in fen."""
    if isinstance(summary, SchoolSummary):
        return _cells(SCHOOL, summary.rows)
    return _cells(COUNTY, summary.rows)


def _cells(columns: Sequence[Column[R]], rows: Sequence[R]) -> list[list[str | int]]:
    return [[c.title for c in columns], *([c.value(row) for c in columns] for row in rows)]


def summary_xlsx(summary: Summary) -> bytes:
    """Write the workbook of a summary.

    Args:
        summary: a summary of any level.

    Returns:
        The .xlsx file; amounts are numbers in yuan with two decimals.
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
    sheet = book.add_worksheet("汇总表")
    formats = {
        "head": book.add_format({"bold": True, "align": "center", "border": 1, "text_wrap": True}),
        "text": book.add_format({"num_format": "@"}),
        "int": book.add_format({"num_format": "0"}),
        "fen": book.add_format({"num_format": "#,##0.00"}),
    }
    _fill(sheet, summary, formats)
    _about(book.add_worksheet("说明"), summary, formats["text"])
    book.close()
    return out.getvalue()


def _fill(sheet: Any, summary: Summary, formats: Mapping[str, Any]) -> None:
    columns = columns_of(summary)
    heading, *lines = cells_of(summary)
    for x, (column, title) in enumerate(zip(columns, heading, strict=True)):
        sheet.set_column(x, x, column.width)
        sheet.write_string(0, x, title, formats["head"])
        for y, line in enumerate(lines, 1):
            value = line[x]
            if isinstance(value, str):
                sheet.write_string(y, x, value, formats["text"])
            else:
                # A double keeps two decimals of a yuan amount below 10^13: the fen read back equal.
                number = value / 100 if column.kind == "fen" else value
                sheet.write_number(y, x, number, formats[column.kind])
    sheet.freeze_panes(1, 3)
    sheet.autofilter(0, 0, len(lines), len(columns) - 1)


def _about(sheet: Any, summary: Summary, text: Any) -> None:
    """Write where the table comes from, and totals a person can compare with page 1."""
    figures = school_view.cover(summary, "0" * 64)
    facts = [
        ("单位", summary.unit.name),
        ("文件", f"{summary.document} 第{summary.version}版"),
        ("截止时点", words.moment(summary.cut_off)),
        ("应还合计(元)", figures["total"]),
        ("人数", str(figures["people"])),
    ]
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 1, 40)
    for y, (key, value) in enumerate(facts):
        sheet.write_string(y, 0, key, text)
        sheet.write_string(y, 1, value, text)
