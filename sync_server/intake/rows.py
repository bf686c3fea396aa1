"""Find the rows under a header that hold data, among blanks, repeated headers, notes and totals.

A totals row (合计, 总计, 小计) is kept aside with its amounts, to be compared with the rows' sum.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from shared import money, spelling
from shared.problems import ProblemError
from sync_server.intake.cell_text import cell_text, read_day
from sync_server.intake.cells import RowReader
from sync_server.intake.columns import Table
from sync_server.intake.headers import normalise
from sync_server.intake.report import Findings
from sync_server.intake.sheet import Cell, Row

_TOTAL = re.compile(
    r"[(【\[〔]?(?:[^0-9:]{0,20}?)(?:[合总小共累]计|总[人笔]数|总额)"
    r"(?:[:)】\]〕]|\([^)]*\)|共?[0-9]+[人名笔份户条个]?|[人笔份]数|金额|应还|本息|元)*"
    r"|[(【]?[合总]?共计?[0-9]+[人名笔份户条个].{0,12}"
)
"""What names a total, as `headers.normalise` leaves it: 合计, (合计), 某校小计, 共6人."""
_COUNTED = re.compile(r"([0-9]{1,9})([人名户笔份条个])")
_PEOPLE = "人名户"
"""What is counted by person; 笔, 份, 条 and 个 are rows."""
_SIGNED = re.compile(
    r"(?:制表|填表|审核|复核|经办|负责|校对|校长|主管|领导|签字|签名|盖章|公章|日期|时间|说明|备注|注|电话|"
    r"联系电话|填报|报送|单位|打印|导出)[^:0-9]{0,8}[:(]"
    r"|.{0,8}(?:签字|签名|盖章|公章)"
)
"""What begins a signature, a date or a remark below a table."""

LONGEST_TOTAL = 40
_COUNT = re.compile(r"共?[0-9.,]+[人名笔份户条个元]?|[-—/]+")

PROGRESS_ROWS = 500
"""After so many rows a reader says how far it is."""

SHORTEST_KEY_DIGITS = 10
"""Fewer digits under an ID or contract header are a count, not a key."""


_DATA, _TOTALS, _NOTE, _NOTHING = "data", "totals", "note", "nothing"


class TotalsRow(NamedTuple):
    """A totals row; `amounts`: field -> fen, for the amounts it gives; `words`: what names it.

    `counts`: unit (人, 笔) -> how many the row says there are.
    """

    row: int
    amounts: dict[str, int]
    words: str
    counts: dict[str, int]


class Counted(NamedTuple):
    """One accepted row's amounts by field, fen, and its school where the table names one.

    `person`: what all rows of one person share, "" where a table has no people.
    """

    row: int
    amounts: dict[str, int]
    school: str = ""
    person: str = ""


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
    for done, row in enumerate(table.rows):
        if done % PROGRESS_ROWS == 0:
            findings.progress(done, len(table.rows))
        reader = RowReader(table, row, findings)
        kind = _kind(reader, table, row, keys, amounts)
        if kind == _DATA:
            findings.read += 1
            if row.number in table.sheet.hidden_rows:
                findings.note(row.number, "", "intake.hidden_rows")
            yield reader
        elif kind == _TOTALS:
            words = next(filter(None, map(_total_words, row.cells)), "")
            totals.append(TotalsRow(row.number, _amounts(table, row, amounts), words, _counts(row)))
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
    if any(map(_total_words, row.cells)) and not any(_looks_like_key(reader.raw(k)) for k in keys):
        return _TOTALS
    signed = any(
        isinstance(cell, str) and _SIGNED.match(normalise_line(cell)) for cell in row.cells
    )
    texts = [text for field in (*keys, *amounts) if (text := reader.raw(field))]
    if texts and not (signed and all(map(_is_aside, texts))):
        return _DATA
    return _NOTE if any(reader.raw(field) for field in table.columns) else _NOTHING


def warn_of_file(table: Table, findings: Findings) -> None:
    """Warn of what is unusual about the file as a whole: unread sheets, no data at all."""
    if table.sheet.hidden:
        findings.warn(None, "", "intake.hidden_sheet", sheet=table.sheet.name)
    if table.unread:
        findings.warn(None, "", "intake.other_sheets", sheets="、".join(table.unread))
    read = [column for columns in table.columns.values() for column in columns]
    hidden = "、".join(
        table.labels[c] for c in sorted(table.sheet.hidden_columns.intersection(read))
    )
    if hidden:
        findings.warn(None, "", "intake.hidden_columns", columns=hidden)
    if table.unread_columns:
        columns = "、".join(table.unread_columns)
        findings.warn(None, "", "intake.columns_unread", columns=columns)
    if not findings.read:
        findings.warn(None, "", "intake.no_rows")


def check_totals(
    table: Table, findings: Findings, totals: Iterable[TotalsRow], counted: Sequence[Counted]
) -> None:
    """Compare each totals row with the rows it may cover.

    They are all rows, those above or below it, those since the totals row before or up to the next,
    and those of the school it names.

    Args:
        table: the table.
        findings: collects the warnings, with both sums.
        totals: the totals rows.
        counted: the accepted rows.
    """
    found = list(totals)
    bounds = [0, *(total.row for total in found), max((c.row for c in counted), default=0) + 1]
    for place, total in enumerate(found, start=1):
        before, after = bounds[place - 1], bounds[place + 1]
        above = [c for c in counted if c.row < total.row]
        below = [c for c in counted if c.row > total.row]
        covers = [
            above or below,
            [c for c in above if c.row > before],
            below,
            [c for c in below if c.row < after],
            counted,
            [c for c in counted if c.school and c.school in total.words],
        ]
        covered = [rows for rows in covers if rows]
        _check_counts(findings, total, covered)
        for field, stated in total.amounts.items():
            sums = [sum(c.amounts.get(field, 0) for c in rows) for rows in covered]
            if stated not in (sums or [0]):
                findings.warn(
                    total.row,
                    table.label(field),
                    "intake.totals_differ",
                    stated=money.yuan(stated),
                    summed=money.yuan(sums[0] if sums else 0),
                )


def _check_counts(
    findings: Findings, total: TotalsRow, covers: Sequence[Sequence[Counted]]
) -> None:
    for unit, stated in total.counts.items():
        people = unit in _PEOPLE
        if people and not all(c.person for rows in covers for c in rows):
            continue
        counted = [len({c.person for c in rows}) if people else len(rows) for rows in covers]
        if stated not in (counted or [0]):
            values = {"stated": f"{stated}{unit}", "counted": f"{(counted or [0])[0]}{unit}"}
            findings.warn(total.row, "", "intake.totals_count_differs", **values)


def _counts(row: Row) -> dict[str, int]:
    """Return how many people or rows a totals row says there are: 共6人, 6笔."""
    found: dict[str, int] = {}
    for cell in row.cells:
        if isinstance(cell, str) and len(cell) <= LONGEST_TOTAL:
            words = normalise_line(cell)
            if _TOTAL.fullmatch(words) or _COUNT.fullmatch(words):
                found |= {unit: int(number) for number, unit in _COUNTED.findall(words)}
    return found


def _is_header(table: Table, row: Row) -> bool:
    """Return whether a row repeats the header, as printed pages do."""
    texts = [
        (column, normalise(cell))
        for column, cell in enumerate(row.cells)
        if isinstance(cell, str) and cell
    ]
    same = [column < len(table.header) and table.header[column] == text for column, text in texts]
    return len(same) > 2 and all(same)


def _total_words(cell: Cell) -> str:
    """Return a cell's text when it names a total, else ""."""
    if not isinstance(cell, str) or len(cell) > LONGEST_TOTAL:
        return ""
    words = normalise_line(cell)
    return words if _TOTAL.fullmatch(words) else ""


def normalise_line(text: str) -> str:
    """Return a line below a table in the form in which its words are compared."""
    return "".join(unicodedata.normalize("NFKC", spelling.clean(text)).split())


def _is_aside(text: str) -> bool:
    """Return whether a text under a key or an amount is part of a signature: words, or a day."""
    words = normalise_line(text)
    return (
        bool(_SIGNED.match(words))
        or read_day(words) is not None
        or not any(map(str.isdigit, words))
    )


def _is_key(text: str) -> bool:
    """Return whether a text is a key, and not a count such as `3917人` or the word 合计."""
    if sum(map(str.isdigit, text)) < SHORTEST_KEY_DIGITS:
        return False
    return (text.isascii() and text.isalnum()) or not _SIGNED.match(normalise_line(text))


def _looks_like_key(text: str) -> bool:
    """Return whether a text under a key names something, be it short: no total and no count."""
    words = normalise_line(text)
    return bool(words) and not _TOTAL.fullmatch(words) and not _COUNT.fullmatch(words)


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
