"""Read the sheets of a file: rows of plain cells, numbered as people see them, and their formulas.

The only module that loads the spreadsheet reader, and only inside a function. Account numbers are
dropped here: a column whose header names one is emptied before anything is passed on
(`clear_account_columns`).
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from shared.problems import ProblemError, Where
from shared.records.shapes import shown
from sync_server.disk_errors import raise_if_system
from sync_server.intake import (
    biff,
    csv_text,
    default_password,
    detect,
    ole,
    package,
    xlsx_scan,
)
from sync_server.intake.extent import MOST_CELLS, SheetScan
from sync_server.intake.headers import HEADER_ROWS, is_account, normalise
from sync_server.intake.layouts import KNOWN_HEADERS

Cell = str | int | float | bool | date | datetime | time | timedelta | None
Merged = tuple[int, int, int, int]


class Row(NamedTuple):
    """One row of a sheet.

    `number` counts from 1 as the spreadsheet program shows it; `cells` begin at column A and may be
    fewer than in other rows.
    """

    number: int
    cells: tuple[Cell, ...]


class Sheet(NamedTuple):
    """One sheet of a file.

    `formulas`: (row number, column index from 0). `merged`: first row, first column, last row, last
    column, counted the same way. `hidden`, `hidden_rows`, `hidden_columns`: what the
    office does not see in its spreadsheet program and is read all the same.
    """

    file: str
    name: str
    rows: tuple[Row, ...]
    formulas: frozenset[tuple[int, int]] = frozenset()
    merged: tuple[Merged, ...] = ()
    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()


def read_sheets(path: Path, *, with_accounts: bool = False) -> tuple[Sheet, ...]:
    """Read every sheet that is not empty, hidden ones too, at least one.

    Args:
        path: the file.
        with_accounts: whether columns of accounts stay, as in an empty form, for their headings.

    Returns:
        The sheets in the file's order.

    Raises:
        ProblemError: intake.* when the file is not a table we can read; each says what to do.
    """
    data, where = detect.read_bytes(path), Where(file=path.name)
    kind = detect.kind_of(data, where)
    read = {"xlsx": _read_xlsx, "xls": _read_xls, "csv": _read_csv}[kind]
    sheets = tuple(
        s if with_accounts else clear_account_columns(s)
        for s in read(data, where)
        if any(map(_has_value, s.rows))
    )
    if not sheets:
        raise ProblemError("intake.empty", where)
    return sheets


def sheets_in(source: Path | Sequence[Sheet]) -> Sequence[Sheet]:
    """Return the sheets of a file, which may have been read already.

    Raises:
        ProblemError: as `read_sheets`.
    """
    return read_sheets(source) if isinstance(source, Path) else source


def clear_account_columns(sheet: Sheet) -> Sheet:
    """Empty every column that a header row names as an account, from that row on.

    A header row has two known headers besides; a payment's channel may well read 支付宝账户 and is
    not a header.
    """
    first: dict[int, int] = {}
    for row in sheet.rows[:HEADER_ROWS]:
        texts = [(column, cell) for column, cell in enumerate(row.cells) if isinstance(cell, str)]
        if sum(normalise(text) in KNOWN_HEADERS for _, text in texts) >= 2:
            for column, text in texts:
                if is_account(text):
                    first.setdefault(column, row.number)
    if not first:
        return sheet
    rows = tuple(
        Row(
            r.number,
            tuple(
                None if first.get(c, r.number) < r.number else cell
                for c, cell in enumerate(r.cells)
            ),
        )
        for r in sheet.rows
    )
    return sheet._replace(
        rows=rows, formulas=frozenset(f for f in sheet.formulas if f[1] not in first)
    )


def _has_value(row: Row) -> bool:
    return any(cell is not None and cell != "" for cell in row.cells)


def _read_csv(data: bytes, where: Where) -> list[Sheet]:
    try:
        text = csv_text.decode(data)
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        raise ProblemError("intake.encoding", Where(file=where.file, row=row), row=row) from error
    detect.refuse_markup(text, where)
    if "\0" in text:
        raise ProblemError("intake.not_a_table", where)
    try:
        records = csv_text.rows(text)
    except csv.Error as error:
        raise ProblemError("intake.broken", where) from error
    if sum(map(len, records)) > MOST_CELLS:
        raise ProblemError("intake.too_large", where, limit=f"{MOST_CELLS:,}")
    return [Sheet(where.file, "", _numbered(records))]


def _read_xlsx(data: bytes, where: Where) -> list[Sheet]:
    try:
        parts = package.parts(data)
        scans = xlsx_scan.scan(parts)
    except package.TooLarge as error:
        raise ProblemError(
            "intake.too_large", where, limit=f"{package.MOST_UNPACKED_BYTES >> 20} MB"
        ) from error
    except package.NoWorkbook as error:
        raise ProblemError("intake.not_a_table", where) from error
    except (package.Broken, zipfile.BadZipFile) as error:
        raise ProblemError("intake.broken", where) from error
    return _calamine(package.repack(parts), scans, where)


def _read_xls(data: bytes, where: Where) -> list[Sheet]:
    try:
        file = ole.CompoundFile(data)
        if "EncryptedPackage" in file.names:
            return _read_xlsx(default_password.decrypt_package(data), where)
        named = {name.lower(): name for name in sorted(file.names)}
        stream = next((named[n] for n in ("workbook", "book") if n in named), None)
        if stream is None:
            raise ProblemError("intake.not_a_table", where)
        content = _unlocked_records(file.read(stream))
        scans = biff.scan(content)
        packed = ole.pack(stream.capitalize(), content)
    except default_password.OwnPassword as error:
        raise ProblemError("intake.password", where) from error
    except (ole.OleError, biff.Malformed) as error:
        raise ProblemError("intake.broken", where) from error
    return _calamine(io.BytesIO(packed), dict(enumerate(scans)), where)


def _unlocked_records(stream: bytes) -> bytes:
    try:
        biff.scan(stream)
    except biff.Locked:
        return default_password.decrypt_records(stream)
    return stream


def _calamine(file: io.BytesIO, scans: dict[Any, SheetScan], where: Where) -> list[Sheet]:
    """Read the sheets; `scans` are by name (xlsx) or by position in the workbook (xls)."""
    import python_calamine

    if any(scan.too_large for scan in scans.values()):
        raise ProblemError("intake.too_large", where, limit=f"{MOST_CELLS:,}")
    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(file)
        found = []
        for place, name in enumerate(workbook.sheet_names):
            scan = scans.get(name, scans.get(place))
            if scan is not None and scan.rows:
                found.append(_sheet(workbook.get_sheet_by_index(place), scan, where))
    except python_calamine.PasswordError as error:
        raise ProblemError("intake.password", where) from error
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise_if_system(error)
        raise ProblemError("intake.broken", where) from error
    except BaseException as error:
        if type(error).__module__ != "pyo3_runtime":  # a panic of the reader is not an Exception
            raise
        raise ProblemError("intake.broken", where) from error
    return found


def _sheet(source: Any, scan: SheetScan, where: Where) -> Sheet:
    merged = tuple((a[0] + 1, a[1], b[0] + 1, b[1]) for a, b in source.merged_cell_ranges or ())
    rows = _numbered(source.to_python(skip_empty_area=False))
    return Sheet(
        file=where.file,
        name=_storable(source.name),
        rows=rows,
        formulas=frozenset(scan.formulas),
        merged=merged,
        hidden=not scan.visible,
        hidden_rows=frozenset(scan.hidden_rows),
        hidden_columns=frozenset(scan.hidden_columns),
    )


def _numbered(records: Iterable[Sequence[Any]]) -> tuple[Row, ...]:
    return tuple(
        Row(number, tuple(map(_storable, cells))) for number, cells in enumerate(records, start=1)
    )


def _storable(cell: Any) -> Any:
    """The cell without control characters: a workbook can write them as `_x0000_`."""
    return cell if not isinstance(cell, str) or cell.isprintable() else shown(cell)
