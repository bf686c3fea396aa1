"""The difference that a newer due list makes, as a workbook: a sheet a group."""

from __future__ import annotations

from collections.abc import Iterator

from sync_server.intake.report import joined
from sync_server.office.importing.difference import (
    FIELDS,
    GROUPS,
    STAYS,
    Difference,
    DifferenceLine,
)
from sync_server.paperwork.table_book import Cell, Fen, Sheet, table_book

WHO = ("编号", "姓名", "学校")
SUMS = (*WHO, "合同份数", "应还合计(元)", "是否还清", "文件里的行")
CHANGES = (*WHO, "项目", "合同编号", "原来", "现在", "说明", "文件里的行")
CHANGING = ("changed", "corrected", "moved", "back")
"""The groups whose lines say what differs."""


def difference_book(difference: Difference) -> bytes:
    """Write a difference as .xlsx."""
    return table_book(difference_sheets(difference))


def difference_sheets(difference: Difference) -> list[Sheet]:
    """Return a difference as tables: counts first, then each group that has people."""
    counted: list[tuple[Cell, ...]] = [
        (label.zh, difference.counts.get(name, 0)) for name, label in GROUPS.items()
    ]
    counted.append(("没有变化", difference.counts.get("same", 0)))
    sheets = [Sheet("合计", ("分类", "人数"), counted)]
    for name, label in GROUPS.items():
        lines = difference.group(name)
        if not lines:
            continue
        if name in CHANGING:
            rows = [row for line in lines for row in _change_rows(line)]
            sheets.append(Sheet(label.zh, CHANGES, rows))
        else:
            sheets.append(Sheet(label.zh, SUMS, [_sums(line) for line in lines]))
    return sheets


def _who(line: DifferenceLine) -> tuple[Cell, ...]:
    return line.code, line.name, line.school


def _sums(line: DifferenceLine) -> tuple[Cell, ...]:
    paid = "已还清" if line.paid else ""
    return *_who(line), line.contracts, Fen(line.total_fen), paid, joined(line.rows)


def _change_rows(line: DifferenceLine) -> Iterator[tuple[Cell, ...]]:
    note = STAYS[line.stays].zh if line.stays else "确认后才写入" if line.waits else ""
    if not line.changes:
        yield *_who(line), "", "", "", "", note, joined(line.rows)
    for change in line.changes:
        field = FIELDS[change.field].zh
        what = (field, change.contract, change.was, change.now)
        yield *_who(line), *what, note, joined(line.rows)
