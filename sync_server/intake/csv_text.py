"""Read a .csv as rows of text. Encoding: byte order mark, else strict UTF-8, else gb18030.

Source: docs/sources.md#csv-encoding.
"""

from __future__ import annotations

import csv
import io
import re

from sync_server.intake.headers import normalise
from sync_server.intake.layouts import KNOWN_HEADERS

_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_DELIMITERS = (",", "\t", ";", "|", "|@|")
_UNIT = "\x1f"
"""What parts fields for the reader where the file does it by several characters."""
_AS_TEXT = re.compile(r'="([^"]*)"')
"""How an export keeps digits from a spreadsheet program: `="110101"` is text, and no formula."""
_LOOKED_AT_LINES = 20


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
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as as_utf8:
        try:
            return data.decode("gb18030")
        except UnicodeDecodeError as as_gb:
            raise max(as_utf8, as_gb, key=lambda error: error.start) from None


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
        [match[1] if (match := _AS_TEXT.fullmatch(cell.strip())) else cell for cell in record]
        for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    ]


def _delimiter(text: str) -> str:
    """Return what parts the first lines into the most known headers, or else stands there most."""
    lines = text.split("\n", _LOOKED_AT_LINES)[:_LOOKED_AT_LINES]

    def fits(delimiter: str) -> tuple[int, int, int]:
        known = max(
            sum(normalise(field.strip(' "')) in KNOWN_HEADERS for field in line.split(delimiter))
            for line in lines
        )
        often = sum(line.count(delimiter) for line in lines)
        return known, len(delimiter) if often else 0, often

    return max(_DELIMITERS, key=fits)
