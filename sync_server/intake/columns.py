"""Find the header row and name every known column: sheets in, one `Table` out.

A header may take two rows (`应还金额` over `本金 | 利息 | 合计`). A column that is missing or
appears twice is refused by name, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from shared.problems import ProblemError, Where
from sync_server.intake.headers import HEADER_ROWS, is_account, letter, normalise, shown
from sync_server.intake.layouts import Layout
from sync_server.intake.sheet import Cell, Row, Sheet

IGNORE = ""
"""The field of a mapping for a column that is not read."""

_OTHER_UNIT = re.compile(r"单位[:：]?\s*(?:人民币)?\s*((?:百|千|万|十万|百万|千万|亿)元)")


class Table(NamedTuple):
    """A table found in a file.

    `columns`: field -> column indices from 0, the likeliest first. `labels`: index -> header as
    people see it. `rows`: what follows the header, `titles`: the texts above it. `filled`: (row,
    index) -> value of the merged cell that covers it. `unread`: other sheets of the file that are
    not empty. `unread_columns`: headers of columns that hold something and that no field knows.
    `calculated`: columns in which a formula has a stored result other than 0.
    """

    sheet: Sheet
    header_row: int
    header: tuple[str, ...]
    columns: dict[str, tuple[int, ...]]
    labels: dict[int, str]
    rows: tuple[Row, ...]
    titles: tuple[str, ...]
    filled: dict[tuple[int, int], Cell]
    unread: tuple[str, ...] = ()
    unread_columns: tuple[str, ...] = ()
    calculated: frozenset[int] = frozenset()

    def label(self, field: str) -> str:
        """Return the header people see over a field, "" when the file has no such column."""
        return self.labels[self.columns[field][0]] if self.columns.get(field) else ""


class _Header(NamedTuple):
    first_index: int
    last_index: int
    texts: tuple[str, ...]
    found: tuple[tuple[int, str, int], ...]

    @property
    def fields(self) -> set[str]:
        return {field for _, field, _ in self.found}


Recognise = Callable[[Sequence[tuple[str, ...]]], Iterable[tuple[int, str, int]]]
"""From the texts of one or two header rows, upper first: (column, field, rank) of known columns."""


def find_table(
    sheets: Sequence[Sheet], layout: Layout, mapping: Mapping[str, str] | None = None
) -> Table:
    """Find the one sheet that has all needed columns.

    Args:
        sheets: the sheets of the file.
        layout: the fields and their headers.
        mapping: header -> field, before the alias table.

    Returns:
        The table.

    Raises:
        ProblemError: intake.no_header, intake.columns_missing, intake.column_twice,
            intake.several_sheets, intake.mapping_field, intake.unit_not_yuan.
    """
    aliases = _aliases(layout, mapping or {})

    def by_name(levels: Sequence[tuple[str, ...]]) -> Iterator[tuple[int, str, int]]:
        for column, text in enumerate(lowest_texts(levels)):
            field, rank = aliases.get(normalise(text), (IGNORE, 0))
            if field != IGNORE and not is_account(text):
                yield column, field, rank

    left_out = {normalise(h) for h, field in (mapping or {}).items() if field == IGNORE}
    return locate(sheets, layout, by_name, left_out)


def locate(
    sheets: Sequence[Sheet],
    layout: Layout,
    recognise: Recognise,
    left_out: Collection[str] = frozenset(),
) -> Table:
    """Find the table where a header's meaning depends on more than its words.

    Args:
        sheets: the sheets of the file.
        layout: the fields and their headers.
        recognise: names the columns of a header.
        left_out: normalised headers of columns that are left unread on purpose.

    Returns:
        The table.

    Raises:
        ProblemError: as `find_table`, except for the mapping.
    """
    headers = [(sheet, header) for sheet in sheets if (header := _find(sheet, layout, recognise))]
    headers = [pair for pair in headers if not pair[0].hidden] or headers
    if len(headers) > 1:
        names = "、".join(sheet.name for sheet, _ in headers)
        raise ProblemError("intake.several_sheets", Where(file=sheets[0].file), sheets=names)
    if not headers:
        raise _no_header(sheets, layout, recognise)
    sheet, header = headers[0]
    table = _table(sheet, header, layout, left_out)
    _refuse_other_units(table)
    others = [other for other in sheets if other is not sheet]
    return table._replace(unread=tuple(o.name + ("(隐藏)" if o.hidden else "") for o in others))


def lowest_texts(levels: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Return one header text a column: that of the lowest level that has one there."""
    texts = [""] * max(map(len, levels))
    for level in levels:
        for column, text in enumerate(level):
            texts[column] = text or texts[column]
    return tuple(texts)


def _aliases(layout: Layout, mapping: Mapping[str, str]) -> dict[str, tuple[str, int]]:
    aliases = layout.aliases()
    for header, field in mapping.items():
        if field != IGNORE and field not in layout.names:
            raise ProblemError("intake.mapping_field", field=field, fields="、".join(layout.names))
        aliases[normalise(header)] = (field, -1)
    return aliases


def _find(sheet: Sheet, layout: Layout, recognise: Recognise) -> _Header | None:
    """Return the first row with all needed fields, else the first two that together have them."""
    candidates = (header for height in (1, 2) for header in _candidates(sheet, recognise, height))
    return next((header for header in candidates if header.fields.issuperset(layout.needed)), None)


def _candidates(sheet: Sheet, recognise: Recognise, height: int) -> Iterator[_Header]:
    for index in range(min(HEADER_ROWS, len(sheet.rows))):
        rows = sheet.rows[index : min(index + height, HEADER_ROWS)]
        levels = [
            tuple(cell if isinstance(cell, str) else "" for cell in row.cells) for row in rows
        ]
        yield _Header(index, index + len(rows) - 1, lowest_texts(levels), tuple(recognise(levels)))


def _no_header(sheets: Sequence[Sheet], layout: Layout, recognise: Recognise) -> ProblemError:
    """Name what the best row lacks, or say that no row looks like a header."""
    tried = [(sheet, header) for sheet in sheets for header in _candidates(sheet, recognise, 1)]
    sheet, best = max(tried, key=lambda pair: len(pair[1].fields))
    where = Where(file=sheet.file, row=sheet.rows[best.last_index].number)
    missing = "、".join(layout.title(field) for field in layout.needed if field not in best.fields)
    if len(best.fields) < 2:
        return ProblemError(
            "intake.no_header", Where(file=sheet.file), rows=HEADER_ROWS, columns=missing
        )
    return ProblemError("intake.columns_missing", where, columns=missing)


def _table(sheet: Sheet, header: _Header, layout: Layout, left_out: Collection[str]) -> Table:
    labels = {column: shown(text) or letter(column) for column, text in enumerate(header.texts)}
    columns: dict[str, list[tuple[int, int]]] = {}
    for column, field, rank in header.found:
        columns.setdefault(field, []).append((rank, column))
    number = sheet.rows[header.last_index].number
    for field, hits in columns.items():
        alone = field in layout.needed or field in layout.single
        if len(hits) > 1 and (alone or len({rank for rank, _ in hits}) < len(hits)):
            twice = "、".join(f"{letter(column)}({labels[column]})" for _, column in sorted(hits))
            raise ProblemError(
                "intake.column_twice",
                Where(file=sheet.file, row=number),
                columns=twice,
                field=layout.title(field),
            )
    single = {column for column, field, _ in header.found if field in layout.single}
    return Table(
        sheet=sheet,
        header_row=number,
        header=tuple(normalise(text) for text in header.texts),
        columns={
            field: tuple(column for _, column in sorted(hits)) for field, hits in columns.items()
        },
        labels=labels,
        rows=sheet.rows[header.last_index + 1 :],
        titles=_titles(sheet, header.first_index),
        filled=_fill_down(sheet, number, single),
        unread_columns=tuple(
            labels[column]
            for column, text in enumerate(header.texts)
            if _is_unread(text, left_out)
            and column not in {found for found, _, _ in header.found}
            and any(map(_holds(column), sheet.rows[header.last_index + 1 :]))
        ),
        calculated=_calculated(sheet, header.last_index),
    )


_NUMBERING = frozenset({"序号", "编号", "行号", "序", "no", "项次"})


def _is_unread(text: str, left_out: Collection[str]) -> bool:
    header = normalise(text)
    return bool(header) and header not in _NUMBERING and header not in left_out


def _holds(column: int) -> Callable[[Row], bool]:
    return lambda row: column < len(row.cells) and row.cells[column] not in (None, "")


def _calculated(sheet: Sheet, last_index: int) -> frozenset[int]:
    found = set()
    for number, column in sheet.formulas:
        cells = sheet.rows[number - 1].cells if last_index + 1 < number <= len(sheet.rows) else ()
        cell = cells[column] if column < len(cells) else None
        if cell not in (None, "", 0) and not (isinstance(cell, str) and cell.startswith("#")):
            found.add(column)
    return frozenset(found)


def _titles(sheet: Sheet, before: int) -> tuple[str, ...]:
    return tuple(
        cell
        for row in sheet.rows[:before]
        for cell in row.cells
        if isinstance(cell, str) and cell.strip()
    )


def _fill_down(sheet: Sheet, header_row: int, single: set[int]) -> dict[tuple[int, int], Cell]:
    """Copy a merged name to the rows it covers; an amount or contract number is not copied."""
    by_number = {row.number: row for row in sheet.rows} if sheet.merged else {}
    filled: dict[tuple[int, int], Cell] = {}
    for top, left, bottom, right in sheet.merged:
        if top > header_row and left == right and left not in single and top in by_number:
            cells = by_number[top].cells
            value = cells[left] if left < len(cells) else None
            filled.update(
                {(row, left): value for row in range(top + 1, min(bottom, len(sheet.rows)) + 1)}
            )
    return filled


def _refuse_other_units(table: Table) -> None:
    """Refuse amounts under `单位:万元`, which are not yuan.

    Raises:
        ProblemError: intake.unit_not_yuan.
    """
    for title in table.titles:
        unit = _OTHER_UNIT.search(title)
        if unit:
            raise ProblemError("intake.unit_not_yuan", Where(file=table.sheet.file), unit=unit[1])
