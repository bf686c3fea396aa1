"""Scan an .xls before it is read: its extent, its formulas, whether it is encrypted.

The spreadsheet reader allocates every cell of the used range (a lone cell at IV65536 costs it a
gigabyte) and does not report formulas, so the records are scanned first.

Source: [MS-XLS] 2.3 (record numbers), 2.4.28 BoundSheet8, 2.4.53 ColInfo, 2.4.127 Formula,
2.4.221 Row.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from sync_server.intake.extent import SheetScan

_BOUND_SHEET, _FILE_PASS, _STRINGS, _END, _DIMENSIONS = 0x0085, 0x002F, 0x00FC, 0x000A, 0x0200
_FORMULAS = frozenset({0x0006, 0x0206, 0x0406})
_ONE_CELL = frozenset({0x0203, 0x0204, 0x0205, 0x00FD, 0x00D6, 0x027E}) | _FORMULAS
_MANY_CELLS = 0x00BD
_ROW, _COLUMNS = 0x0208, 0x007D
MOST_ROWS, MOST_COLUMNS = 65536, 256


class Locked(ValueError):
    """The workbook needs a password."""


class Malformed(ValueError):
    """The records do not follow each other, or claim more rows than the format has."""


def scan(stream: bytes) -> tuple[SheetScan, ...]:
    """Scan every sheet of a `Workbook` (or old `Book`) stream, in the file's order.

    Args:
        stream: the bytes of the stream.

    Returns:
        One result a sheet.

    Raises:
        Locked: when the workbook needs a password.
        Malformed: when its records are not sound.
    """
    sheets = []
    for number, body in _records(stream, 0):
        if number == _FILE_PASS:
            raise Locked
        if number == _STRINGS and (
            len(body) < 8 or struct.unpack_from("<I", body, 4)[0] > len(stream)
        ):
            raise Malformed("more strings than bytes")
        if number == _BOUND_SHEET:
            start, hidden = struct.unpack_from("<IB", body.ljust(5, b"\0"))
            sheets.append(_scan_sheet(stream, start, visible=hidden & 3 == 0))
        if number == _END:
            break
    return tuple(sheets)


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    end = len(stream)
    if at > end:
        raise Malformed("a sheet begins beyond the end")
    while at + 4 <= end:
        number, size = struct.unpack_from("<HH", stream, at)
        if at + 4 + size > end:
            raise Malformed("a record runs past the end")
        yield number, stream[at + 4 : at + 4 + size]
        at += 4 + size


def _scan_sheet(stream: bytes, start: int, *, visible: bool) -> SheetScan:
    found = SheetScan(visible=visible)
    for number, body in _records(stream, start):
        if number in _ONE_CELL and len(body) >= 4:
            row, column = struct.unpack_from("<HH", body)
            found.reach(row + 1, column)
            if number in _FORMULAS:
                found.formulas.add((row + 1, column))
        elif number == _MANY_CELLS and len(body) >= 6:
            found.reach(
                struct.unpack_from("<H", body)[0] + 1,
                struct.unpack_from("<H", body, len(body) - 2)[0],
            )
        elif number == _ROW and len(body) >= 16 and body[12] & 0x20:
            found.hidden_rows.add(struct.unpack_from("<H", body)[0] + 1)
        elif number == _COLUMNS and len(body) >= 10 and body[8] & 1:
            first, last = struct.unpack_from("<HH", body)
            found.hidden_columns.update(range(first, min(last, MOST_COLUMNS) + 1))
        elif number == _DIMENSIONS:
            _check_dimensions(body)
        elif number == _END:
            break
    return found


def _check_dimensions(body: bytes) -> None:
    """Refuse a sheet that claims more cells than the format has: the reader reserves them."""
    if len(body) not in (10, 14):
        raise Malformed("a record of dimensions has another size")
    first_row, last_row, first, last = struct.unpack_from(
        "<IIHH" if len(body) == 14 else "<HHHH", body
    )
    empty = last_row == 0 or last == 0
    if (
        last_row > MOST_ROWS
        or last > MOST_COLUMNS
        or not (empty or (first_row < last_row and first < last))
    ):
        raise Malformed("the sheet claims more cells than the format has")
