"""Find the rows under a header that hold data, among blanks, repeated headers, notes and totals.

A totals row (合计, 总计, 小计) is kept aside with its amounts, to be compared with the rows' sum.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from shared import money
from shared.problems import ProblemError
from sync_server.intake.cells import RowReader, cell_text
from sync_server.intake.columns import Table
from sync_server.intake.headers import normalise
from sync_server.intake.report import Findings
from sync_server.intake.sheet import Cell, Row

_TOTAL = re.compile(r"^(?:本页|本表|全县|全校|以上)?(?:合|总|小|共|累)计")

SHORTEST_KEY_DIGITS = 10
"""Fewer digits under an ID or contract header are a count, not a key."""


_DATA, _TOTALS, _NOTE, _NOTHING = "data", "totals", "note", "nothing"


class TotalsRow(NamedTuple):
    """A totals row; `amounts`: field -> fen, for the amounts it gives."""

    row: int
    amounts: dict[str, int]


class Counted(NamedTuple):
    """One accepted row's amounts by field, fen."""

    row: int
    amounts: dict[str, int]


def data_rows(
    table: Table,
    findings: Findings,
    *,
    keys: Sequence[str],
    amounts: Sequence[str],
    totals: list[TotalsRow],
) -> Iterator[RowReader]:
    """Yield readers of the rows that hold data, counted in `findings.read`.

    A row with neither key nor amount is a note and is warned of.

    Args:
        table: the table.
        findings: collects the problems.
        keys: fields of which a data row has at least one.
        amounts: the amount fields.
        totals: totals rows are appended to it.

    Yields:
        A reader of each row.
    """
    for row in table.rows:
        reader = RowReader(table, row, findings)
        kind = _kind(reader, table, row, keys, amounts)
        if kind == _DATA:
            findings.read += 1
            yield reader
        elif kind == _TOTALS:
            totals.append(TotalsRow(row.number, _amounts(table, row, amounts)))
        elif kind == _NOTE:
            noted = next(field for field in table.columns if reader.raw(field))
            findings.warn(row.number, table.label(noted), "intake.note_row")


def _kind(
    reader: RowReader, table: Table, row: Row, keys: Sequence[str], amounts: Sequence[str]
) -> str:
    if any(_is_key(reader.raw(key)) for key in keys):
        return _DATA
    if _is_header(table, row):
        return _NOTHING
    if _is_totals(row):
        return _TOTALS
    if any(reader.raw(field) for field in (*keys, *amounts)):
        return _DATA
    return _NOTE if any(reader.raw(field) for field in table.columns) else _NOTHING


def warn_of_file(table: Table, findings: Findings) -> None:
    """Warn of what is unusual about the file as a whole: unread sheets, no data at all."""
    if table.unread:
        findings.warn(None, "", "intake.other_sheets", sheets="、".join(table.unread))
    if table.unread_columns:
        columns = "、".join(table.unread_columns)
        findings.warn(None, "", "intake.columns_unread", columns=columns)
    if not findings.read:
        findings.warn(None, "", "intake.no_rows")


def check_totals(
    table: Table, findings: Findings, totals: Iterable[TotalsRow], counted: Sequence[Counted]
) -> None:
    """Compare each totals row with all rows above it, or with those since the totals row before.

    Args:
        table: the table.
        findings: collects the warnings, with both sums.
        totals: the totals rows.
        counted: the accepted rows.
    """
    since = 0
    for total in totals:
        above = [c for c in counted if c.row < total.row]
        latest = [c for c in above if c.row > since]
        for field, stated in total.amounts.items():
            sums = [sum(c.amounts.get(field, 0) for c in rows) for rows in (above, latest)]
            if stated not in sums:
                findings.warn(
                    total.row,
                    table.label(field),
                    "intake.totals_differ",
                    stated=money.yuan(stated),
                    summed=money.yuan(sums[0]),
                )
        since = total.row


def _is_header(table: Table, row: Row) -> bool:
    """Return whether a row repeats the header, as printed pages do."""
    texts = [
        (column, normalise(cell))
        for column, cell in enumerate(row.cells)
        if isinstance(cell, str) and cell
    ]
    same = [column < len(table.header) and table.header[column] == text for column, text in texts]
    return len(same) > 2 and all(same)


def _is_totals(row: Row) -> bool:
    """Return whether the first cell with a letter names a total; numbers may come before it."""
    words = (
        normalise(cell)
        for cell in row.cells
        if isinstance(cell, str) and any(map(str.isalpha, cell))
    )
    return _TOTAL.match(next(words, "")) is not None


def _is_key(text: str) -> bool:
    """Return whether a text is a key, and not a count such as `3917人` or the word 合计."""
    return sum(map(str.isdigit, text)) >= SHORTEST_KEY_DIGITS


def _amounts(table: Table, row: Row, fields: Iterable[str]) -> dict[str, int]:
    """Return the amounts of a totals row; a formula that was never calculated counts as nothing."""
    found: dict[str, int] = {}
    for field in fields:
        for column in table.columns.get(field, ()):
            cell = row.cells[column] if column < len(row.cells) else None
            fen = _fen(cell)
            uncalculated = not fen and (row.number, column) in table.sheet.formulas
            if fen is not None and not uncalculated:
                found[field] = fen
    return found


def _fen(cell: Cell) -> int | None:
    try:
        return (
            money.from_float(cell) if isinstance(cell, float) else money.parse_fen(cell_text(cell))
        )
    except ProblemError:
        return None
