"""A column headed only 学校: the school that visits, or the college? What is in it decides."""

from __future__ import annotations

import re
from collections.abc import Collection

from shared import spelling
from sync_server.intake.cell_text import cell_text
from sync_server.intake.columns import Table
from sync_server.intake.report import Findings

_PLAIN = frozenset({"学校", "学校名称", "单位", "单位名称", "所在学校", "所在单位"})
_SCHOOL = re.compile("小学|中学|初中|中心校|完小|教学点|学区|九年|幼儿园")
_COLLEGE = re.compile("大学|学院|高等|职业|技师")
LOOKED_AT = 500
"""So many rows are looked at."""


def with_school_column(table: Table, known: Collection[str], findings: Findings) -> Table:
    """Return the table with its plain 学校 column read as the responsible school, if it is that.

    Args:
        table: a due list's table; one that has a column for it is returned as it is.
        known: names of the county's schools.
        findings: takes a warning that names the column.
    """
    if table.columns.get("assigned_school"):
        return table
    read = {column for columns in table.columns.values() for column in columns}
    keys = {spelling.school_key(name) for name in known}
    for column, header in enumerate(table.header):
        if header in _PLAIN and column not in read and _names_schools(table, column, keys):
            label = table.labels[column]
            findings.warn(None, label, "intake.school_column_taken", header=label)
            return table._replace(
                columns={**table.columns, "assigned_school": (column,)},
                unread_columns=tuple(name for name in table.unread_columns if name != label),
            )
    return table


def _names_schools(table: Table, column: int, keys: Collection[str]) -> bool:
    cells = (row.cells[column] for row in table.rows[:LOOKED_AT] if column < len(row.cells))
    names = {text for cell in cells if (text := cell_text(cell))}
    found = [n for n in names if spelling.school_key(n) in keys or _is_school(n)]
    return bool(found) and 2 * len(found) >= len(names)


def _is_school(name: str) -> bool:
    return bool(_SCHOOL.search(name)) and not _COLLEGE.search(name)
