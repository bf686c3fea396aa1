"""The columns of summary.xlsx: ours, and those of a recipient's own form. Pure."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from shared import codes
from shared.identity import mask_id
from shared.ids import show_case_code
from shared.recipients import TemplateColumn
from sync_server.paperwork import words
from sync_server.sealing.making import school_view
from sync_server.sealing.making.totals import delivery_of
from sync_server.sealing.report_to import SheetTemplate
from sync_server.sealing.summary import (
    CountyRow,
    CountySummary,
    Row,
    SchoolSummary,
    Summary,
    Totals,
)

R = TypeVar("R")
WITHHELD_WORDS = "不列"
"""Stands for a reason that concerns health and the like, if the recipient may not receive it."""
HEADING_LINES = 4
"""Lines of a recipient's heading: its column is as wide as a longer one needs."""
YES = {True: "是", False: "否"}


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
        Column("delivered_on", "送达日期", 10, "text", _delivered_on),
        Column("signer", "签收人", 8, "text", _signer),
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


def _delivered_on(row: Row) -> str:
    """Return the day of a delivery, and the one on which its record came where that was late."""
    late = f"，{row.delivery_received_on}收到" if row.delivery_received_on else ""
    return f"{row.delivered_on}{late}"


def _signer(row: Row) -> str:
    """Return who signed on paper; nobody did where a message was acknowledged or refused."""
    return row.signer if delivery_of(row) == "signed" else ""


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
    _of_unit("acknowledged", "短信/微信确认", lambda sums: sums.deliveries.acknowledged),
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


def half_widths(text: str) -> int:
    """Return how wide a text is in half-width characters, as the widths of columns count."""
    if text.isascii():
        return len(text)
    return len(text) + sum(unicodedata.east_asian_width(c) in "WF" for c in text)


def own_columns(summary: Summary) -> Sequence[Column[Any]]:
    """Return the columns of this kind of summary where no form says otherwise."""
    if isinstance(summary, SchoolSummary):
        return school_columns({r.code: r.words for r in summary.reasons})
    return COUNTY


def form_columns(summary: Summary, template: SheetTemplate) -> Sequence[Column[Any]]:
    """Return the columns of a recipient's form, in its order and under its headings."""
    known = _known(summary, template)
    return [_formed(at, column, known) for at, column in enumerate(template.columns)]


def _known(summary: Summary, template: SheetTemplate) -> Mapping[str, Column[Any]]:
    if isinstance(summary, SchoolSummary):
        return _people(summary, template)
    return _units(summary)


def _formed(at: int, column: TemplateColumn, known: Mapping[str, Column[Any]]) -> Column[Any]:
    found = known.get(column.field)
    needed = math.ceil(half_widths(column.header) / HEADING_LINES) + 1
    if found is None:  # a text for every line, or empty: another program may know the field
        constant = column.constant
        return Column(f"constant-{at}", column.header, max(10, needed), "text", lambda _: constant)
    return msgspec.structs.replace(found, title=column.header, width=max(found.width, needed))


def _people(summary: SchoolSummary, template: SheetTemplate) -> Mapping[str, Column[Row]]:
    """Return every field of a form with a line a person, as this recipient may see it."""
    legend = {r.code: r.words for r in summary.reasons}
    unit, season = summary.unit, summary.season.id

    def reason(row: Row) -> str:
        if not row.reason or row.reason in legend:
            return legend.get(row.reason, "")
        if not template.with_health_reasons:
            return WITHHELD_WORDS
        return summary.statements[row.statement - 1].reason_words if row.statement else row.reason

    def number(row: Row) -> str:
        masked = not template.full_id_numbers and "*" not in row.id_number
        return mask_id(row.id_number) if masked else row.id_number

    more: tuple[Column[Row], ...] = (
        Column("id_number", "", 19, "text", number),
        Column("reason", "", 14, "text", reason),
        Column("contract_no", "", 20, "text", lambda row: "、".join(row.contract_no or ())),
        Column("paid_on", "", 10, "text", lambda row: row.paid_on),
        Column("overdue_prior", "", 6, "text", lambda row: YES[row.overdue_prior]),
        Column("unit", "", 18, "text", lambda _: unit.name),
        Column("unit_code", "", 8, "text", lambda _: unit.code),
        Column("season", "", 6, "text", lambda _: season),
    )
    return {column.key: column for column in (*school_columns(legend), *more)}


def _units(summary: CountySummary) -> Mapping[str, Column[CountyRow]]:
    """Return every field of a form with a line a unit."""
    head, season = summary.letterhead, summary.season.id

    def of_rate(rate_bp: Callable[[CountyRow], int]) -> Callable[[CountyRow], str]:
        return lambda row: words.percent(rate_bp(row))

    more: tuple[Column[CountyRow], ...] = (
        Column("repaid_rate", "", 8, "text", of_rate(lambda row: row.totals.repaid.rate_bp)),
        Column("amount_rate", "", 8, "text", of_rate(lambda row: row.totals.repaid.amount_rate_bp)),
        _of_unit("visited", "", lambda sums: sums.visited),
        Column("county", "", 10, "text", lambda _: head.county),
        Column("area_code", "", 8, "text", lambda _: head.area_code),
        Column("season", "", 6, "text", lambda _: season),
    )
    return {column.key: column for column in (*COUNTY, *more)}
