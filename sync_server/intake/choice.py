"""Where somebody says that a table is: its sheet, its header row, and which column is which."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from shared.problems import ProblemError, Where
from sync_server.intake.headers import column_index, is_account, letter
from sync_server.intake.layouts import Layout
from sync_server.intake.sheet import Sheet

_BETWEEN = re.compile(r"[\s,,、+;;]+")
Found = tuple[int, str, int]
"""A known column: its index from 0, its field, and the rank of its name within the field."""


class TableChoice(NamedTuple):
    """What somebody said of a file; what is left out is searched for.

    `sheet`: its name. `header_row`: from 1, the lower one of two. `mapping`: field -> letters of
    its columns (`F`, or `J,K` where a field may have several); "" leaves the field unread.
    """

    sheet: str = ""
    header_row: int = 0
    mapping: Mapping[str, str] = MappingProxyType({})

    @property
    def columns(self) -> dict[str, tuple[int, ...]]:
        """Field -> indices of its columns from 0; letters that are none are left out."""
        return {field: tuple(_indices(letters)) for field, letters in self.mapping.items()}


AUTOMATIC = TableChoice()


def _indices(letters: str) -> Iterator[int]:
    for part in _BETWEEN.split(letters.strip()):
        index = column_index(part)
        if index is not None:
            yield index


def sheets_of(sheets: Sequence[Sheet], choice: TableChoice) -> list[Sheet]:
    """Return the sheets that the table may be on.

    Raises:
        ProblemError: intake.sheet_unknown.
    """
    if not choice.sheet:
        return list(sheets)
    named = [sheet for sheet in sheets if sheet.name.strip() == choice.sheet.strip()]
    if not named:
        names = "、".join(sheet.name for sheet in sheets)
        where = Where(file=sheets[0].file)
        raise ProblemError("intake.sheet_unknown", where, sheet=choice.sheet, sheets=names)
    return named[:1]


def check_mapping(sheets: Sequence[Sheet], layout: Layout, choice: TableChoice) -> None:
    """Refuse columns that are not there, and two fields on one column.

    Args:
        sheets: the sheets that the table may be on.
        layout: the fields.
        choice: what somebody said.

    Raises:
        ProblemError: intake.mapping_field, intake.mapping_column, intake.mapping_twice,
            intake.column_twice.
    """
    where = Where(file=sheets[0].file)
    width = max(len(row.cells) for sheet in sheets for row in sheet.rows)
    fields: dict[int, list[str]] = {}
    for field, letters in choice.mapping.items():
        title = layout.title(layout.field_of(field))
        parts = [part for part in _BETWEEN.split(letters.strip()) if part]
        for part in parts:
            index = column_index(part)
            if index is None or index >= width:
                last = letter(width - 1)
                raise ProblemError(
                    "intake.mapping_column", where, field=title, column=part[:20], last=last
                )
            fields.setdefault(index, []).append(field)
        if len(parts) > 1 and field in layout.alone:
            columns = "、".join(parts)
            raise ProblemError("intake.column_twice", where, field=title, columns=columns)
    for index, both in fields.items():
        if len(both) > 1 and not layout.alone.isdisjoint(both):
            titles = "、".join(map(layout.title, both))
            raise ProblemError("intake.mapping_twice", where, column=letter(index), fields=titles)


def refuse_accounts(texts: Sequence[str], choice: TableChoice, layout: Layout, file: str) -> None:
    """Refuse a field on a column whose header names an account, which is never read.

    Raises:
        ProblemError: intake.mapping_account.
    """
    for field, indices in choice.columns.items():
        for index in indices:
            if index < len(texts) and is_account(texts[index]):
                where = Where(file=file)
                title = layout.title(field)
                raise ProblemError(
                    "intake.mapping_account", where, field=title, column=letter(index)
                )


def overridden(found: Iterable[Found], choice: TableChoice) -> tuple[Found, ...]:
    """Return the known columns with those that somebody chose in place of what headers say."""
    if not choice.mapping:
        return tuple(found)
    columns = choice.columns
    taken = {index for indices in columns.values() for index in indices}
    kept = [hit for hit in found if hit[1] not in columns and hit[0] not in taken]
    chosen = [
        (index, field, rank)
        for field, indices in columns.items()
        for rank, index in enumerate(dict.fromkeys(indices))
    ]
    return (*kept, *chosen)
