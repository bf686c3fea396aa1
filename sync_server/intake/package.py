"""Unpack and measure the parts of an .xlsx (a zip of XML) that hold cells.

The spreadsheet reader gets a new zip of only these parts (`repack`), so it sees exactly what was
measured: no entry can be larger than it says, and pictures, macros and links to other files never
reach it.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from html import escape
from xml.parsers import expat

MAGIC = b"PK"
MOST_ENTRIES = 200
MOST_UNPACKED_BYTES = 50 * 2**20
"""The sample county's list of 9,783 rows unpacks to 11 MB.

Source: docs/sources.md#bounded-unpacking.
"""

WORKBOOK = "xl/workbook.xml"
RELATIONS = "xl/_rels/workbook.xml.rels"
_PACKAGE_RELATIONS = "_rels/.rels"
_KINDS = {"worksheet": "xl/worksheets/sheet{}.xml", "sharedStrings": "xl/sharedStrings.xml"}
_KINDS["styles"] = "xl/styles.xml"
"""Where the reader looks for the parts of a workbook, by the kind its relations give them."""

_ENCODING = re.compile(rb"""(<\?xml[^>]*?encoding=["'])([A-Za-z0-9_.-]{1,40})""")
_SHEET_ENTRY = re.compile(rb"<(?:\w+:)?sheet\s[^>]*?(?:/>|>\s*</(?:\w+:)?sheet>)")
_RELATION_ID = re.compile(rb""":id\s*=\s*["']([^"']*)["']""")
_CDATA = re.compile(rb"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_NO_RELATIONS = b"<none/>"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


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
            found = {
                name.lstrip("/"): _as_utf8(package.read(e))
                for name, e in named
                if name.lower().endswith((".xml", ".rels"))
            }
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        RuntimeError,
        NotImplementedError,
        ValueError,
    ) as error:
        if isinstance(error, TooLarge | Broken):
            raise
        raise Broken(str(error)) from error
    return _as_expected(found)


def _as_expected(found: dict[str, bytes]) -> dict[str, bytes]:
    """Return the parts of a workbook under the names that the reader knows.

    Programs may name parts as they like; the relations say which is which. Text in CDATA sections,
    which the reader passes over, becomes plain text.
    """
    lower = {name.lower(): name for name in found}

    def part(name: str) -> bytes | None:
        return found.get(name, found.get(lower.get(name.lower(), "")))

    package = relations(part(_PACKAGE_RELATIONS) or _NO_RELATIONS, "")
    workbook = next((t for _, kind, t in package if kind == "officeDocument"), WORKBOOK)
    content = part(workbook)
    if content is None or b"sheets" not in content:
        raise NoWorkbook
    folder, _, name = workbook.rpartition("/")
    listed = relations(part(f"{folder}/_rels/{name}.rels".lstrip("/")) or _NO_RELATIONS, folder)
    kept, links = {WORKBOOK: content}, []
    for number, (identifier, kind, target) in enumerate(listed, start=1):
        data, place = part(target), _KINDS.get(kind, "").format(number)
        if data is not None and place:
            kept[place] = data
            links.append((identifier, kind, place.removeprefix("xl/")))
    kept[WORKBOOK] = _without_charts(content, {identifier for identifier, _, _ in links})
    kept[RELATIONS] = _relations_part(links)
    kept[_PACKAGE_RELATIONS] = _relations_part([("rId1", "officeDocument", WORKBOOK)])
    return {name: _CDATA.sub(_plain_text, data) for name, data in kept.items()}


def _without_charts(workbook: bytes, kept: set[str]) -> bytes:
    """Return a workbook's part without the sheets that hold no cells: charts, dialogs, macros."""

    def keep(match: re.Match[bytes]) -> bytes:
        relation = _RELATION_ID.search(match[0])
        return match[0] if relation and relation[1].decode("utf-8", "replace") in kept else b""

    return _SHEET_ENTRY.sub(keep, workbook)


def _as_utf8(part: bytes) -> bytes:
    """Return XML of another encoding as UTF-8, which the patterns here and the reader expect."""
    marked = part.startswith((b"\xff\xfe", b"\xfe\xff"))
    declared = _ENCODING.match(part)
    name = "utf-16" if marked else declared[2].decode("ascii").lower() if declared else "utf-8"
    if name in ("utf-8", "us-ascii"):
        return part
    try:
        text = part.decode(name)
    except (LookupError, UnicodeError) as error:
        raise Broken(f"encoding {name[:20]}") from error
    return _ENCODING.sub(rb"\1utf-8", text.encode(), count=1)


def _plain_text(match: re.Match[bytes]) -> bytes:
    return match[1].replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")


def relations(part: bytes, folder: str) -> list[tuple[str, str, str]]:
    """Return the id, kind and target of each relation of a part.

    Args:
        part: the XML of the relations.
        folder: where the part lies that they belong to.

    Raises:
        Broken: when it is not XML.
    """
    found: list[tuple[str, str, str]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2] == "Relationship":
            target = posixpath.join("/", folder, attributes.get("Target", "").replace("\\", "/"))
            kind = attributes.get("Type", "").rpartition("/")[2]
            target = posixpath.normpath(target).lstrip("/")
            found.append((attributes.get("Id", ""), kind, target))

    parser = xml_parser()
    parser.StartElementHandler = start
    parse(parser, part)
    return found


def _relations_part(links: list[tuple[str, str, str]]) -> bytes:
    lines = "".join(
        f'<Relationship Id="{escape(identifier)}" Type="{escape(_OFFICE + kind)}"'
        f' Target="{escape(target)}"/>'
        for identifier, kind, target in links
    )
    return (
        f'<?xml version="1.0"?><Relationships xmlns="{_PACKAGE}">{lines}</Relationships>'.encode()
    )


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
    except (expat.ExpatError, LookupError, ValueError) as error:
        if isinstance(error, Broken):
            raise
        raise Broken(str(error)) from error  # an encoding that is none is a LookupError
