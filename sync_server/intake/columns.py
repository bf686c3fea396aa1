"""Find the header row and name every known column: sheets in, one `Table` out.

A header may take two rows (`应还金额` over `本金 | 利息 | 合计`). A column that is missing or
appears twice is refused by name, never guessed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from shared.problems import ProblemError, Where
from sync_server.intake.choice import (
    AUTOMATIC,
    Found,
    TableChoice,
    check_mapping,
    overridden,
    refuse_accounts,
    sheets_of,
)
from sync_server.intake.headers import HEADER_ROWS, is_account, letter, normalise, shown
from sync_server.intake.layouts import Layout
from sync_server.intake.sheet import Cell, Row, Sheet

_OTHER_UNIT = re.compile(r"单位[:：]?\s*(?:人民币)?\s*((?:百|千|万|十万|百万|千万|亿)元)")


class Table(NamedTuple):
    """A table found in a file.

    `columns`: field -> column indices from 0, the likeliest first. `labels`: index -> header as
    people see it. `rows`: what follows the header, `titles`: the texts above it. `filled`: (row,
    index) -> value of the merged cell that covers it. `unread`: other sheets of the file that are
    not empty. `unread_columns`: headers of columns that hold something and that no field knows.
    `calculated`: columns in which a formula has a stored result other than 0. `signature`: what
    headers of this shape share.
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
    signature: str = ""

    def label(self, field: str) -> str:
        """Return the header people see over a field, "" when the file has no such column."""
        return self.labels[self.columns[field][0]] if self.columns.get(field) else ""


class Header(NamedTuple):
    """Rows that may be a header; `found` are its known columns."""

    first_index: int
    last_index: int
    texts: tuple[str, ...]
    found: tuple[Found, ...]

    @property
    def fields(self) -> set[str]:
        """The fields that have a column."""
        return {field for _, field, _ in self.found}

    @property
    def signature(self) -> str:
        """What headers of one shape share: their texts, in their order; "" for fewer than two."""
        texts = [normalise(text) for text in self.texts]
        if sum(map(bool, texts)) < 2:
            return ""
        return hashlib.sha256("\n".join(texts).rstrip("\n").encode()).hexdigest()[:32]


Recognise = Callable[[Sequence[tuple[str, ...]]], Iterable[Found]]
"""From the texts of the header rows, upper first: the known columns."""


def recogniser(layout: Layout) -> Recognise:
    """Return what knows the columns of a layout by their names alone; accounts are never read."""
    aliases = layout.aliases()

    def by_name(levels: Sequence[tuple[str, ...]]) -> Iterator[Found]:
        for column, text in enumerate(lowest_texts(levels)):
            field, rank = aliases.get(normalise(text), ("", 0))
            if field and not is_account(text):
                yield column, field, rank

    return by_name


def find_table(sheets: Sequence[Sheet], layout: Layout, choice: TableChoice | None = None) -> Table:
    """Find the one sheet that has all needed columns.

    Args:
        sheets: the sheets of the file.
        layout: the fields and their headers.
        choice: what somebody said of the file.

    Returns:
        The table.

    Raises:
        ProblemError: intake.no_header, intake.columns_missing, intake.column_twice,
            intake.several_sheets, intake.sheet_unknown, intake.header_row_empty,
            intake.mapping_*, intake.unit_not_yuan.
    """
    return locate(sheets, layout, recogniser(layout), choice)


def locate(
    sheets: Sequence[Sheet],
    layout: Layout,
    recognise: Recognise,
    choice: TableChoice | None = None,
) -> Table:
    """Find the table where a header's meaning depends on more than its words.

    Args:
        sheets: the sheets of the file.
        layout: the fields and their headers.
        recognise: names the columns of a header.
        choice: what somebody said of the file.

    Returns:
        The table.

    Raises:
        ProblemError: as `find_table`.
    """
    chosen = choice or AUTOMATIC
    among = sheets_of(sheets, chosen)
    check_mapping(among, layout, chosen)
    headers = find_headers(among, layout, recognise, chosen)
    if len(headers) > 1:
        names = "、".join(sheet.name for sheet, _ in headers)
        raise ProblemError("intake.several_sheets", Where(file=sheets[0].file), sheets=names)
    if not headers:
        raise _no_header(among, layout, recognise, chosen)
    sheet, header = headers[0]
    refuse_accounts(header.texts, chosen, layout, sheet.file)
    table = _table(sheet, header, layout, _left_out(header, layout, chosen))
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


def _left_out(header: Header, layout: Layout, choice: TableChoice) -> set[str]:
    """The normalised headers of columns whose field is left unread on purpose."""
    unread = {field for field, indices in choice.columns.items() if not indices}
    aliases = layout.aliases()
    return {t for t in map(normalise, header.texts) if aliases.get(t, ("", 0))[0] in unread}


def find_headers(
    sheets: Sequence[Sheet], layout: Layout, recognise: Recognise, choice: TableChoice
) -> list[tuple[Sheet, Header]]:
    """Return each sheet with all needed fields and its header; hidden ones only without others."""
    found = [(s, h) for s in sheets if (h := find_header(s, layout, recognise, choice))]
    found = [pair for pair in found if _headed(pair[1], choice)] or found
    return [pair for pair in found if not pair[0].hidden] or found


def _headed(header: Header, choice: TableChoice) -> bool:
    """Return whether every column that somebody chose has a text in this header."""
    chosen = (index for indices in choice.columns.values() for index in indices)
    return all(index < len(header.texts) and header.texts[index] for index in chosen)


def find_header(
    sheet: Sheet, layout: Layout, recognise: Recognise, choice: TableChoice = AUTOMATIC
) -> Header | None:
    """Return the first row with all needed fields, else the first two that together have them.

    Where somebody chose the columns but no row, it is the row that looks most like a header.
    """
    found = [h for h in candidates(sheet, recognise, choice) if h.fields.issuperset(layout.needed)]
    if not choice.mapping or choice.header_row:
        return next(iter(found), None)
    return max(found, key=lambda header: _headlike(header, recognise, choice), default=None)


def _headlike(header: Header, recognise: Recognise, choice: TableChoice) -> tuple[bool, int, int]:
    known = len(tuple(recognise([header.texts])))
    words = sum(bool(text) and not re.search("[0-9]{6}", text) for text in header.texts)
    return _headed(header, choice), known, words


def candidates(
    sheet: Sheet, recognise: Recognise, choice: TableChoice = AUTOMATIC, heights: int = 2
) -> Iterator[Header]:
    """Yield the rows that may be a header: each alone, then each with those below it.

    A row that somebody chose is the only one, alone and then as the lowest of several.
    """
    for height in range(1, heights + 1):
        most = min(HEADER_ROWS, len(sheet.rows))
        starts = [choice.header_row - height] if choice.header_row else range(most)
        for index in starts:
            end = index + height if choice.header_row else min(index + height, HEADER_ROWS)
            rows = sheet.rows[index:end] if index >= 0 else ()
            if rows:
                yield _header(index, rows, recognise, choice)


def _header(index: int, rows: Sequence[Row], recognise: Recognise, choice: TableChoice) -> Header:
    levels = [tuple(cell if isinstance(cell, str) else "" for cell in row.cells) for row in rows]
    found = overridden(recognise(levels), choice)
    return Header(index, index + len(rows) - 1, lowest_texts(levels), found)


def best_header(
    sheets: Sequence[Sheet], recognise: Recognise, choice: TableChoice = AUTOMATIC
) -> tuple[Sheet, Header] | None:
    """Return the sheet and row with most of the fields, needed ones or not."""
    heights = 2 if choice.header_row else 1
    tried = [(sheet, h) for sheet in sheets for h in candidates(sheet, recognise, choice, heights)]
    return max(tried, key=lambda pair: len(pair[1].fields), default=None)


def _no_header(
    sheets: Sequence[Sheet], layout: Layout, recognise: Recognise, choice: TableChoice
) -> ProblemError:
    """Name what the best row lacks, or say that no row looks like a header."""
    best = best_header(sheets, recognise, choice)
    if best is None or not any(best[1].texts):
        where = Where(file=sheets[0].file, row=choice.header_row)
        return ProblemError("intake.header_row_empty", where, row=choice.header_row)
    sheet, header = best
    where = Where(file=sheet.file, row=sheet.rows[header.last_index].number)
    missing = "、".join(layout.title(f) for f in layout.needed if f not in header.fields)
    if len(header.fields) < 2 and not choice.header_row:
        return ProblemError(
            "intake.no_header", Where(file=sheet.file), rows=HEADER_ROWS, columns=missing
        )
    return ProblemError("intake.columns_missing", where, columns=missing)


def _table(sheet: Sheet, header: Header, layout: Layout, left_out: Collection[str]) -> Table:
    width = max(len(header.texts), *(column + 1 for column, _, _ in header.found))
    texts = header.texts + ("",) * (width - len(header.texts))
    labels = {column: shown(text) or letter(column) for column, text in enumerate(texts)}
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
        signature=header.signature,
    )


_NUMBERING = frozenset({"序号", "编号", "行号", "序", "no", "项次"})


def _is_unread(text: str, left_out: Collection[str]) -> bool:
    header = normalise(text)
    known = header in _NUMBERING or header in left_out or is_account(text)
    return bool(header) and not known


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
