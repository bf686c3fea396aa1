"""Unpack and measure the parts of an .xlsx (a zip of XML) that hold cells.

The spreadsheet reader gets a new zip of only these parts (`repack`), so it sees exactly what was
measured: no entry can be larger than it says, and pictures, macros and links to other files never
reach it.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from xml.parsers import expat

MAGIC = b"PK"
MOST_ENTRIES = 200
MOST_UNPACKED_BYTES = 50 * 2**20
"""The sample county's list of 9,783 rows unpacks to 11 MB.

Source: docs/sources.md#bounded-unpacking.
"""

WORKBOOK = "xl/workbook.xml"
_NEEDED = (
    "[content_types].xml",
    "_rels/",
    "xl/workbook.xml",
    "xl/_rels/",
    "xl/sharedstrings",
    "xl/styles",
    "xl/worksheets/",
)


class Broken(ValueError):
    """The zip or one of its parts cannot be read."""


class TooLarge(ValueError):
    """More entries or more unpacked bytes than the limits allow."""


class NoWorkbook(ValueError):
    """A sound zip, but not of the .xlsx kind."""


def parts(data: bytes) -> dict[str, bytes]:
    """Return the parts that cells are read from, by name.

    Args:
        data: the file.

    Raises:
        Broken: when the zip cannot be read.
        TooLarge: when it has more entries or bytes than allowed.
        NoWorkbook: when it is a sound zip of another kind.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            entries = package.infolist()
            if (
                len(entries) > MOST_ENTRIES
                or sum(e.file_size for e in entries) > MOST_UNPACKED_BYTES
            ):
                raise TooLarge
            named = ((e.filename.replace("\\", "/"), e) for e in entries)
            found = {name: package.read(e) for name, e in named if name.lower().startswith(_NEEDED)}
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        RuntimeError,
        NotImplementedError,
        ValueError,
    ) as error:
        if isinstance(error, TooLarge):
            raise
        raise Broken(str(error)) from error
    if WORKBOOK not in found:
        raise NoWorkbook
    return found


def repack(found: dict[str, bytes]) -> io.BytesIO:
    """Return the same parts as a zip again, uncompressed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as package:
        for name, part in found.items():
            package.writestr(name, part)
    buffer.seek(0)
    return buffer


def xml_parser() -> expat.XMLParserType:
    """Return a parser that refuses document types, and so entities, internal or external."""

    def refuse(*_: object) -> None:
        raise Broken("document type")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    return parser


def parse(parser: expat.XMLParserType, part: bytes) -> None:
    """Run a part through a parser's handlers.

    Args:
        parser: a parser with its handlers.
        part: the XML.

    Raises:
        Broken: when it is not XML.
    """
    try:
        parser.Parse(part, True)
    except expat.ExpatError as error:
        raise Broken(str(error)) from error
