"""Read a recipient's empty form: its titles, and its columns with the field of each heading.

Only words are read, by the machinery of the imports. What lies below the headings is not read, so
formulas may stand there, as in a row of sums.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import msgspec

from shared.problems import ProblemError, Where
from shared.recipients import (
    FIELDS,
    LONGEST_TEXT,
    MOST_COLUMNS,
    MOST_TITLES,
    PEOPLE,
    UNITS,
    TemplateColumn,
)
from sync_server.intake.choice import TableChoice, sheets_of
from sync_server.intake.columns import Header, candidates, recogniser
from sync_server.intake.headers import HEADER_ROWS, letter, normalise, shown
from sync_server.intake.layouts import CONTRACT_NAMES, ID_NAMES, PERSON_NAMES, Layout
from sync_server.intake.sheet import Row, Sheet, read_sheets

_MONEY = {
    "principal_fen": ("应还本金", "本金", "逾期本金", "本金金额"),
    "interest_fen": ("应还利息", "利息", "利息金额"),
    "total_fen": ("应还合计", "应还金额", "应还本息", "本息合计", "应还总额", "应还本息合计"),
    "repaid_fen": ("已还", "已还金额", "已还本息", "还款金额", "已收回金额", "已归还金额"),
    "unpaid_fen": ("未还", "未还金额", "欠款金额", "未还本息", "逾期金额", "尚欠金额"),
    "row": ("序号", "序"),
    "season": ("年度", "年份"),
    "contracts": ("合同数", "合同份数", "合同笔数"),
}
ALIASES: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        PEOPLE: {
            **_MONEY,
            "name": PERSON_NAMES,
            "id_number": ID_NAMES,
            "contract_no": CONTRACT_NAMES,
            "delivery": ("通知书", "送达情况", "通知书送达情况", "送达方式"),
            "delivered_on": ("送达日期", "送达时间", "通知时间"),
            "visits": ("上门次数", "走访次数"),
            "last_visit": ("末次上门", "走访日期", "走访时间", "上门时间"),
            "paid": ("是否还清", "是否还款", "是否结清", "还款情况"),
            "paid_on": ("还清日期", "还款日期", "还款时间", "结清日期"),
            "reason": ("未还原因", "未还款原因", "原因", "逾期原因"),
            "promise_date": ("承诺日期", "承诺还款日期", "承诺还款时间"),
            "teacher": ("包联教师", "走访教师", "责任人", "包联责任人"),
            "unit": ("学校", "学校名称", "包联学校", "责任学校"),
        },
        UNITS: {
            **_MONEY,
            "name": ("单位", "学校", "学校名称", "单位名称"),
            "code": ("单位代码", "学校代码"),
            "people": ("应还人数", "应还学生数", "人数", "应还笔数"),
            "signed": ("签收人数", "签收"),
            "refused": ("拒签人数", "拒签"),
            "undelivered": ("未送达人数", "未送达"),
            "repaid": ("还清人数", "已还人数", "已还清人数", "还款人数"),
            "repaid_rate": ("还清率", "人数还款率", "还款率"),
            "amount_rate": ("金额还款率", "金额回收率", "本息回收率"),
            "unpaid": ("未还清人数", "未还人数", "欠款人数"),
            "special": ("特殊情况", "特殊情况人数"),
            "unreachable": ("暂未联系上", "失联人数", "联系不上"),
            "visited": ("上门人数", "走访人数"),
            "visits": ("上门次数", "走访次数"),
            "county": ("县", "县区", "县(区)", "区县"),
            "area_code": ("行政区划代码", "区划代码"),
        },
    }
)
"""Headings that mean a field, besides its own name."""
MOST_HEADING_ROWS = 4
"""Rows that headings may take: a group, its parts, their parts (应还, 金额, 本金), one to spare."""


class TemplateFound(msgspec.Struct, frozen=True, kw_only=True):
    """A form as read: where its headings are, its titles and its columns."""

    sheet: str
    header_row: int
    titles: tuple[str, ...]
    columns: tuple[TemplateColumn, ...]
    sheets: tuple[str, ...]


def layout_of(form: str) -> Layout:
    """Return the fields of a form with the headings that mean them."""
    names = {
        field.code: tuple(dict.fromkeys((field.zh, *ALIASES[form].get(field.code, ()))))
        for field in FIELDS[form]
    }
    return Layout(names=names, needed=(), single=frozenset(names))


def read_template(path: Path, form: str, sheet: str = "", header_row: int = 0) -> TemplateFound:
    """Read a recipient's empty form.

    Args:
        path: The file, .xlsx, .xls or .csv.
        form: PEOPLE or UNITS.
        sheet: The name of the sheet; "" for the first whose headings are known best.
        header_row: The row of the headings, from 1, the lowest of several; 0 to find it.

    Returns:
        Its titles and columns, each with the field that its heading means.

    Raises:
        ProblemError: template.macros, template.formula, template.no_header, template.wide,
            template.header_twice; intake.* for a file that is not a readable table.
    """
    where = Where(file=path.name)
    if _has_macros(path):
        raise ProblemError("template.macros", where, file=path.name)
    sheets = read_sheets(path, with_accounts=True)
    choice = TableChoice(sheet=sheet, header_row=header_row)
    among = sheets_of(sheets, choice)
    among = [one for one in among if not one.hidden] or among
    found, header = _best(among, form, choice, where)
    _refuse_formulas(found, header, where)
    return TemplateFound(
        sheet=found.name,
        header_row=found.rows[header.last_index].number,
        titles=tuple(_titles(found, header)),
        columns=tuple(_columns(found, header, form, where)),
        sheets=tuple(one.name for one in sheets),
    )


def _has_macros(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as package:
            names = [name.lower() for name in package.namelist()]
    except (zipfile.BadZipFile, OSError, ValueError):
        return "_VBA_PROJECT".encode("utf-16-le") in path.read_bytes()
    return any(name.endswith("vbaproject.bin") or "/macrosheets/" in name for name in names)


def _refuse_formulas(sheet: Sheet, header: Header, where: Where) -> None:
    """Refuse a formula in what is read: the titles and the headings."""
    for row, column in sorted(sheet.formulas):
        if row > sheet.rows[header.last_index].number:
            return
        at = Where(file=where.file, row=row, column=letter(column))
        raise ProblemError("template.formula", at, sheet=sheet.name, row=row, column=letter(column))


def _best(
    sheets: Sequence[Sheet], form: str, choice: TableChoice, where: Where
) -> tuple[Sheet, Header]:
    """Return the sheet and rows whose headings are known best; the first of equal ones."""
    recognise = recogniser(layout_of(form))
    tried = [
        (sheet, header)
        for sheet in sheets
        for header in candidates(sheet, recognise, choice, MOST_HEADING_ROWS)
        if _texts(header) > 1
        and _in_line(sheet, header)
        and (choice.header_row or _is_complete(sheet, header))
    ]
    if not tried:
        raise ProblemError("template.no_header", where, sheet=sheets[0].name, rows=HEADER_ROWS)
    return max(tried, key=lambda pair: (len(pair[1].fields), _texts(pair[1]), -_height(pair[1])))


def _in_line(sheet: Sheet, header: Header) -> bool:
    """Return whether rows may be one heading: each has cells that group or reach the next row's."""
    first, last = _numbers(sheet, header)
    joined = {row for top, _, bottom, _ in sheet.merged for row in range(top, max(bottom, top + 1))}
    upper = [cell for cell in sheet.rows[header.first_index].cells if cell not in (None, "")]
    return first == last or (len(upper) > 1 and joined.issuperset(range(first, last)))


def _is_complete(sheet: Sheet, header: Header) -> bool:
    """Return whether every cell that begins in a heading ends in it."""
    first, last = _numbers(sheet, header)
    return all(bottom <= last for top, _, bottom, _ in sheet.merged if first <= top <= last)


def _numbers(sheet: Sheet, header: Header) -> tuple[int, int]:
    """Return the first and the last row of a heading, from 1."""
    return sheet.rows[header.first_index].number, sheet.rows[header.last_index].number


def _height(header: Header) -> int:
    return header.last_index - header.first_index + 1


def _texts(header: Header) -> int:
    return sum(map(bool, header.texts))


def _titles(sheet: Sheet, header: Header) -> Iterator[str]:
    rows = sheet.rows[: header.first_index]
    lines = ["    ".join(shown(c) for c in row.cells if isinstance(c, str) and c) for row in rows]
    yield from [line[:LONGEST_TEXT] for line in lines if line][:MOST_TITLES]


def _columns(sheet: Sheet, header: Header, form: str, where: Where) -> Iterator[TemplateColumn]:
    row = sheet.rows[header.last_index].number
    texts = [_heading(sheet, header, column) for column in range(len(header.texts))]
    while texts and not texts[-1]:
        texts.pop()
    if len(texts) > MOST_COLUMNS:
        raise ProblemError(
            "template.wide",
            Where(file=where.file, row=row, column=letter(MOST_COLUMNS)),
            sheet=sheet.name,
            row=row,
            count=len(texts),
            limit=MOST_COLUMNS,
            column=letter(MOST_COLUMNS - 1),
        )
    meant = layout_of(form).aliases()
    seen: dict[str, int] = {}
    taken: set[str] = set()
    for at, text in enumerate(texts):
        if text and seen.setdefault(text, at) != at:
            raise ProblemError(
                "template.header_twice",
                Where(file=where.file, row=row, column=letter(at)),
                sheet=sheet.name,
                row=row,
                column=letter(at),
                first=letter(seen[text]),
                header=text,
            )
        field = meant.get(normalise(text), ("", 0))[0]
        yield TemplateColumn(header=text, field="" if field in taken else field)
        taken.add(field)


def _heading(sheet: Sheet, header: Header, column: int) -> str:
    """Return the heading of a column with those of its groups: 应还 over 人数 is 应还人数."""
    rows = sheet.rows[header.first_index : header.last_index + 1]
    return "".join(shown(_text(sheet, row, column)) for row in rows)


def _text(sheet: Sheet, row: Row, column: int) -> str:
    """Return the text of a cell, or of the group in this row that covers it."""
    for top, left, _, right in sheet.merged:
        if top == row.number and left <= column <= right:
            column = left
    cell = row.cells[column] if column < len(row.cells) else ""
    return cell if isinstance(cell, str) else ""
