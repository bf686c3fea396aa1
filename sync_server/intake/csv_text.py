"""Read a .csv as rows of text: UTF-16 by its mark or its zeros, else strict UTF-8, else gb18030.

Source: docs/sources.md#csv-encoding.
"""

from __future__ import annotations

import csv
import io
import re

from sync_server.intake.headers import normalise
from sync_server.intake.layouts import KNOWN_HEADERS

_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_DELIMITERS = (",", "\t", ";", "|", "^", "\uff0c", "||", "|@|")
_UNIT = "\x1f"
"""What parts fields for the reader where the file does it by several characters."""
_AS_TEXT = re.compile(r'="([^"]*)"')
"""How an export keeps digits from a spreadsheet program: `="110101"` is text, and no formula."""
_LOOKED_AT_LINES = 20
LOOKED_AT_BYTES = 4000


def decode(data: bytes) -> str:
    """Return the text of a file.

    Args:
        data: its bytes.

    Raises:
        UnicodeDecodeError: at the byte that is in none of the encodings.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding)
    encoding = _without_mark(data[:LOOKED_AT_BYTES])
    if encoding:
        return data.decode(encoding)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as as_utf8:
        try:
            return data.decode("gb18030")
        except UnicodeDecodeError as as_gb:
            raise max(as_utf8, as_gb, key=lambda error: error.start) from None


def _without_mark(data: bytes) -> str:
    """Return the UTF-16 of a text without a byte order mark: every other byte of ASCII is 0."""
    zeros = data[0::2].count(0), data[1::2].count(0)
    if max(zeros) * 8 < len(data) or min(zeros) * 8 > max(zeros):
        return ""
    return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"


def rows(text: str) -> list[list[str]]:
    """Return the records in the file's order, blank ones included, so that numbers match Excel's.

    Args:
        text: the text of the file.

    Raises:
        csv.Error: when it is not a table.
    """
    delimiter = _delimiter(text)
    if len(delimiter) > 1:
        text, delimiter = text.replace(delimiter, _UNIT), _UNIT
    return [
        [_without_equals(cell) if '="' in cell else cell for cell in record]
        for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    ]


def _without_equals(cell: str) -> str:
    match = _AS_TEXT.fullmatch(cell.strip())
    return match[1] if match else cell


def _delimiter(text: str) -> str:
    """Return what parts the first lines into the most known headers, or else stands there most."""
    lines = text.split("\n", _LOOKED_AT_LINES)[:_LOOKED_AT_LINES]

    def fits(delimiter: str) -> tuple[int, int, int]:
        known = max(
            sum(normalise(field.strip(' "')) in KNOWN_HEADERS for field in line.split(delimiter))
            for line in lines
        )
        often = sum(line.count(delimiter) for line in lines)
        return known, often * len(delimiter), len(delimiter)

    return max(_DELIMITERS, key=fits)
