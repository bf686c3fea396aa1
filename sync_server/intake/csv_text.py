"""Read a .csv as rows of text. Encoding: byte order mark, else strict UTF-8, else gb18030.

Source: docs/sources.md#csv-encoding.
"""

from __future__ import annotations

import csv
import io

_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_DELIMITERS = ",\t;"
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
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)))


def _delimiter(text: str) -> str:
    """Return the most frequent of comma, tab and semicolon in the first lines."""
    front = "\n".join(text.split("\n", _LOOKED_AT_LINES)[:_LOOKED_AT_LINES])
    return max(_DELIMITERS, key=front.count)
