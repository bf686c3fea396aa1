"""Write summary.xlsx: the table of a summary for a spreadsheet, byte for byte repeatable.

Every cell comes from summary.json; text stays text (an ID or contract number is never a number, a
name that begins with `=` never a formula: docs/sources.md#workbook-writing). Verification reads it
back and compares it cell by cell.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec

from shared.money import yuan
from shared.recipients import FIELDS, PEOPLE, UNITS
from shared.season import day_of
from sync_server.paperwork import words
from sync_server.sealing import documents as document
from sync_server.sealing.bulletin import Bulletin
from sync_server.sealing.documents import Document
from sync_server.sealing.making import school_view
from sync_server.sealing.making.bulletin_view import (
    bulletin_columns,
    bulletin_legend,
    bulletin_titles,
)
from sync_server.sealing.making.workbook_columns import (
    Column,
    form_columns,
    half_widths,
    own_columns,
)
from sync_server.sealing.report_to import RecipientRef, SheetTemplate
from sync_server.sealing.summary import SchoolSummary, Summary

HEADER_ROWS = 3
"""Rows of our own sheet above the people: the title, whose and of when, the headings."""
FACE = "宋体"
FACE_PT, TITLE_PT = 10, 16
BOLD = 1.1
"""How much wider than its characters a line may be: bold ones, and room that a break leaves."""
LINE_PT = 14
"""Height of a line of 10 pt with the room around it."""
HIGHEST_ROW_PT = 409
"""Source: docs/sources.md#workbook-writing."""
MOST_FROZEN = 4
"""Columns that stay while the others are scrolled: more of them would fill a screen."""
OWN_SHEET = "汇总表"
BULLETIN_SHEET = "通报"
LONGEST_SHEET_NAME = 31
"""Most characters of a sheet's name.

Source: docs/sources.md#workbook-writing.
"""
SUM_WORD = "合计"
_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\'\x00-\x1f]")


class Table(msgspec.Struct, frozen=True):
    """A sheet with a line a row of the summary; `titles` are the lines above the headings.

    `sum_word_at`: the column in which the last line says 合计, None where every column is summed.
    """

    name: str
    titles: tuple[str, ...]
    columns: Sequence[Column[Any]]
    lines: list[list[str | int]]
    sum_word_at: int | None

    @property
    def header_rows(self) -> int:
        """Rows above the lines: titles and headings."""
        return len(self.titles) + 1

    @property
    def sums(self) -> list[str | int]:
        """The last line: 合计 and the sums."""
        found: list[str | int] = [
            sum(int(line[x]) for line in self.lines) if column.summed else ""
            for x, column in enumerate(self.columns)
        ]
        if self.sum_word_at is not None:
            found[self.sum_word_at] = SUM_WORD
        return found

    @property
    def cells(self) -> list[list[str | int]]:
        """Every row as it must read back, the titles and the sums included; amounts in fen."""
        blank: list[str | int] = [""] * (len(self.columns) - 1)
        return [
            *([title, *blank] for title in self.titles),
            [column.title for column in self.columns],
            *self.lines,
            self.sums,
        ]


def tables_of(summary: Document) -> list[Table]:
    """Return the sheets of a summary in order: ours, or the recipient's own; then further forms."""
    if isinstance(summary, Bulletin):
        columns = bulletin_columns()
        return [_table(summary, BULLETIN_SHEET, bulletin_titles(summary), columns, SUM_WORD_AT)]
    if not isinstance(summary, SchoolSummary) and summary.template:
        return [_form(summary, summary.template, OWN_SHEET)]
    titles = (_title(summary), _of_when(summary))
    tables = [_table(summary, OWN_SHEET, titles, own_columns(summary), SUM_WORD_AT)]
    for template in (summary.templates or ()) if isinstance(summary, SchoolSummary) else ():
        tables.append(_form(summary, template, _sheet_name(template.recipient, len(tables))))
    return tables


def _form(summary: Summary, template: SheetTemplate, name: str) -> Table:
    marks = {
        "{年度}": summary.season.id,
        "{单位}": summary.unit.name,
        "{截至}": words.moment(summary.cut_off),
    }
    titles = template.titles or (_title(summary), _of_when(summary))
    for mark, text in marks.items():
        titles = tuple(title.replace(mark, text) for title in titles)
    columns = form_columns(summary, template)
    named = (x for x, column in enumerate(columns) if column.key == "name" and not column.summed)
    texts = (x for x, column in enumerate(columns) if not column.summed)
    return _table(summary, name, titles, columns, next(named, next(texts, None)))


def _table(
    summary: Document,
    name: str,
    titles: tuple[str, ...],
    columns: Sequence[Column[Any]],
    sum_word_at: int | None,
) -> Table:
    lines = [[column.value(row) for column in columns] for row in summary.rows]
    return Table(name, titles, columns, lines, sum_word_at)


def _sheet_name(recipient: str, number: int) -> str:
    """Return the name of a recipient's sheet; the number keeps two of one name apart."""
    plain = _NOT_IN_A_NAME.sub(" ", recipient).strip()
    return f"{number} 报{plain}"[:LONGEST_SHEET_NAME].strip()


def columns_of(summary: Document) -> Sequence[Column[Any]]:
    """Return the columns of the first sheet."""
    return tables_of(summary)[0].columns


def kinds_of(summary: Document) -> list[str]:
    """Return the kind of each column of the first sheet, for reading cells back."""
    return [column.kind for column in columns_of(summary)]


def cells_of(summary: Document) -> list[list[str | int]]:
    """Return every row of the first sheet as it must read back; amounts in fen."""
    return tables_of(summary)[0].cells


SUM_WORD_AT = 2
"""The column of our own sheet in which the last row says 合计: that of the name."""


def _title(summary: Summary) -> str:
    return f"{summary.unit.name}{summary.season.id}年生源地信用助学贷款催收情况汇总表"


def _of_when(summary: Summary) -> str:
    return (
        f"截至{words.moment(summary.cut_off)}    第{summary.version}版    "
        f"填报日期：{words.day(summary.filled_on or day_of(summary.cut_off))}    金额单位：元"
    )


def summary_xlsx(summary: Document) -> bytes:
    """Write the workbook of a summary.

    Args:
        summary: a summary of any level, or a bulletin.

    Returns:
        The .xlsx file; amounts are numbers in yuan with two decimals, sums are formulas with their
        values stored.
    """
    return _written(document.encode(summary))


@lru_cache(maxsize=1)
def _written(encoded: bytes) -> bytes:
    """Write a summary's workbook; a seal that has written it checks it, too."""
    summary = document.decode(encoded)
    return _book(summary, tables_of(summary), with_legend=True)


def form_xlsx(summary: SchoolSummary, to: RecipientRef) -> bytes | None:
    """Write a recipient's own form with a line a person, alone: no sheet of anybody else beside it.

    Args:
        summary: a school's summary, whose workbook has the form among others.
        to: the recipient, which bounds what the form shows.

    Returns:
        The .xlsx file; None where the summary has no form of this recipient.
    """
    template = next((one for one in summary.templates or () if one.recipient == to.name), None)
    if template is None:
        return None
    bounded = msgspec.structs.replace(
        template,
        with_health_reasons=template.with_health_reasons and to.with_health_reasons,
        full_id_numbers=template.full_id_numbers and to.full_id_numbers,
    )
    return _book(summary, [_form(summary, bounded, OWN_SHEET)], with_legend=False)


def _book(summary: Document, tables: Sequence[Table], *, with_legend: bool) -> bytes:
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
    for table in tables:
        sheet = book.add_worksheet(table.name)
        _lay_out(sheet, summary, table)
        _fill(sheet, table, formats)
    if with_legend:
        _legend(book.add_worksheet("说明"), summary, formats)
    book.close()
    return out.getvalue()


def _formats(book: Any) -> dict[str, Any]:
    base = {"font_name": FACE, "font_size": FACE_PT, "valign": "vcenter"}
    cell = {**base, "border": 1}
    numbers = {"text": "@", "int": "0", "fen": "#,##0.00"}
    made = {k: book.add_format({**cell, "num_format": n}) for k, n in numbers.items()}
    made["text"].set_text_wrap()
    for kind, number in numbers.items():
        made[f"sum_{kind}"] = book.add_format({**cell, "num_format": number, "bold": True})
    wrapped = {**base, "text_wrap": True}
    made["title"] = book.add_format(
        {**wrapped, "font_size": TITLE_PT, "bold": True, "align": "center"}
    )
    made["when"] = book.add_format({**wrapped, "align": "left"})
    made["head"] = book.add_format({**cell, "bold": True, "align": "center", "text_wrap": True})
    made["plain"] = book.add_format({**base, "text_wrap": True, "num_format": "@"})
    return made


def _lay_out(sheet: Any, summary: Document, table: Table) -> None:
    """A4 across, one page wide, the headings on every page, its number below."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.7)
    sheet.fit_to_pages(1, 0)
    at = table.header_rows - 1
    sheet.repeat_rows(at)
    which = "号" if isinstance(summary, Bulletin) else "版"
    sheet.set_footer(f"&L{summary.document} 第{summary.version}{which}&C第 &P 页 共 &N 页")
    names = (table.sum_word_at or 0) + 1
    sheet.freeze_panes(table.header_rows, names if names <= MOST_FROZEN else 0)
    whole = sum(column.width for column in table.columns)
    for y, title in enumerate(table.titles):
        size = 1 if y else TITLE_PT / FACE_PT
        lines = math.ceil(half_widths(title) * size * BOLD / whole)
        sheet.set_row(y, min(max(LINE_PT * size * lines, 0 if y else 30), HIGHEST_ROW_PT))
    heading = max(math.ceil(half_widths(c.title) * BOLD / (c.width - 1)) for c in table.columns)
    sheet.set_row(at, max(42, LINE_PT * heading))


def _fill(sheet: Any, table: Table, formats: Mapping[str, Any]) -> None:
    columns, lines, sums, top = table.columns, table.lines, table.sums, table.header_rows
    for y, title in enumerate(table.titles):
        form = formats["when" if y else "title"]
        if len(columns) > 1:
            sheet.merge_range(y, 0, y, len(columns) - 1, title, form)
        else:
            sheet.write_string(y, 0, title, form)
    end = top + len(lines)
    for y, line in enumerate(lines, top):
        sheet.set_row(y, LINE_PT * _height_of(line, columns))
    for x, column in enumerate(columns):
        sheet.set_column(x, x, column.width)
        sheet.write_string(top - 1, x, column.title, formats["head"])
        for y, line in enumerate(lines, top):
            _write(sheet, y, x, line[x], column.kind, formats[column.kind])
        if column.summed:
            letter = _letter(x)
            formula = f"=SUM({letter}{top + 1}:{letter}{end})" if lines else "=0"
            total = _number(int(sums[x]), column.kind)
            sheet.write_formula(end, x, formula, formats[f"sum_{column.kind}"], total)
        else:
            sheet.write_string(end, x, str(sums[x]), formats["sum_text"])
    if lines:
        sheet.autofilter(top - 1, 0, end - 1, len(columns) - 1)


def _height_of(line: Sequence[str | int], columns: Sequence[Column[Any]]) -> int:
    """Return how many lines the longest text of a row takes; a program that opens it need not."""
    return max(
        math.ceil(half_widths(cell) / column.width)
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


def _legend(sheet: Any, summary: Document, formats: Mapping[str, Any]) -> None:
    """Write where the table comes from, figures to compare with page 1, and 填表说明."""
    facts = bulletin_legend(summary) if isinstance(summary, Bulletin) else _facts(summary)
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 1, 70)
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    for y, (key, value) in enumerate(facts):
        sheet.write_string(y, 0, key, formats["plain"])
        sheet.write_string(y, 1, value, formats["plain"])


def _facts(summary: Summary) -> list[tuple[str, str]]:
    sums = summary.totals
    return [
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
        *_form_legend(summary),
    ]


def _form_legend(summary: Summary) -> list[tuple[str, str]]:
    """Return for each recipient's form which column holds which of our figures."""
    if isinstance(summary, SchoolSummary):
        templates, form = summary.templates or (), PEOPLE
    else:
        templates, form = (summary.template,) if summary.template else (), UNITS
    names = {field.code: field.zh for field in FIELDS[form]}
    found = []
    for template in templates:
        held = "；".join(
            f"{column.header}：{names.get(column.field, column.field)}"
            for column in template.columns
            if column.field
        )
        found.append((f"报{template.recipient}的表", held))
    return found
