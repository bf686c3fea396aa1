"""Scan an .xlsx before it is read: how far its cells reach and which are formulas.

The spreadsheet reader gives a formula's last value without saying that it is a formula, and it
allocates every cell of the used range, so the XML is scanned first (see `package.py`).

Source: ECMA-376 part 1, 18.3.1.4 (c), 18.3.1.40 (f), 18.3.1.73 (row), 18.2.19 (sheet).
"""

from __future__ import annotations

import re

from sync_server.intake.extent import MOST_CELLS, SheetScan
from sync_server.intake.package import (
    RELATIONS,
    WORKBOOK,
    Broken,
    parse,
    relations,
    xml_parser,
)

_DIGITS = "0123456789"
MOST_COLUMNS = 16384


def scan(parts: dict[str, bytes]) -> dict[str, SheetScan]:
    """Scan every worksheet, in the workbook's order.

    Args:
        parts: the parts of the package.

    Returns:
        Sheet name -> its extent.

    Raises:
        Broken: when a part is not sound.
    """
    targets = {identifier: target for identifier, _, target in relations(parts[RELATIONS], "xl")}
    found: dict[str, SheetScan] = {}
    for name, visible, relation in _sheets(parts[WORKBOOK]):
        part = targets.get(relation, "")
        if part in parts:
            found[name] = scan_part(parts[part], visible=visible, part=part)
    return found


def scan_part(xml: bytes, *, visible: bool = True, part: str = "") -> SheetScan:
    """Scan one worksheet.

    Raises:
        Broken: when it is not sound.
    """
    plain = _plain_scan(xml, visible=visible, part=part)
    return plain or _Scanner(visible=visible, part=part).run(xml)


def _plain_scan(xml: bytes, *, visible: bool, part: str) -> SheetScan | None:
    """Scan a sheet as programs usually write it, in a tenth of the time; None for any other.

    Usual is: no prefixes, comments or formulas, every row and cell with its reference.
    """
    if b"<sheetData" not in xml or b"<!" in xml or _FORMULA.search(xml):
        return None
    parse(xml_parser(), xml)
    cells, rows = _CELL.findall(xml), list(map(_attributes, _ROW.findall(xml)))
    if len(cells) != len(_ANY_CELL.findall(xml)) or not all("r" in row for row in rows):
        return None
    found = SheetScan(visible=visible, part=part)
    filled = [(a, n) for a, n, more, end in cells if not end and not more.endswith(b"/")]
    for letters in {letters for letters, _ in filled}:
        found.reach(1, _column_index(letters.decode()))
    found.rows = max((int(digits) for digits in {digits for _, digits in filled}), default=0)
    found.hidden_rows.update(_number(row["r"], 0) for row in rows if _is_hidden(row, "ht"))
    for column in map(_attributes, _COLUMN.findall(xml)):
        _hide_columns(found, column)
    return found


_FORMULA = re.compile(rb"<f[\s/>]")
_ANY_CELL = re.compile(rb"<c[\s/>]")
_CELL = re.compile(rb'<c (?:[^>]*? )?r="([A-Za-z]{1,3})([0-9]{1,8})"([^>]*)>(</c>)?')
_ROW = re.compile(rb"<row([^>]*)>")
_COLUMN = re.compile(rb"<col\s([^>]*)>")
_ATTRIBUTE = re.compile(rb"""([A-Za-z]+)=["']([^"']*)["']""")


def _attributes(text: bytes) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in _ATTRIBUTE.findall(text)}


def _hide_columns(found: SheetScan, attributes: dict[str, str]) -> None:
    if _is_hidden(attributes, "width"):
        first, last = (_number(attributes.get(k, ""), 0) for k in ("min", "max"))
        found.hidden_columns.update(range(max(first - 1, 0), min(last, MOST_COLUMNS)))


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _sheets(workbook: bytes) -> list[tuple[str, bool, str]]:
    sheets: list[tuple[str, bool, str]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if _local(name) == "sheet":
            relation = next((v for k, v in attributes.items() if _local(k) == "id"), "")
            sheets.append(
                (
                    attributes.get("name", ""),
                    attributes.get("state", "visible") == "visible",
                    relation,
                )
            )

    parser = xml_parser()
    parser.StartElementHandler = start
    parse(parser, workbook)
    return sheets


class _Scanner:
    """Scans one sheet's XML; a row or cell without its reference follows the one before it."""

    def __init__(self, *, visible: bool, part: str) -> None:
        self._found = SheetScan(visible=visible, part=part)
        self._row, self._column, self._reference = 0, -1, ""
        self._columns: dict[str, int] = {}

    def run(self, part: bytes) -> SheetScan:
        parser = xml_parser()
        parser.StartElementHandler = self._start
        parse(parser, part)
        return self._found

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name if ":" not in name else _local(name)
        if tag == "c":
            self._cell(attributes.get("r", ""))
        elif tag in ("v", "is"):
            self._found.reach(self._row, self._column)
        elif tag == "f":
            self._formula(attributes)
        elif tag == "row":
            self._row, self._column = _number(attributes.get("r", ""), self._row + 1), -1
            if _is_hidden(attributes, "ht"):
                self._found.hidden_rows.add(self._row)
        elif tag == "col":
            _hide_columns(self._found, attributes)

    def _cell(self, reference: str) -> None:
        if not reference:
            self._column += 1
            return
        self._row, self._column = self._position(reference)

    def _position(self, reference: str) -> tuple[int, int]:
        letters = reference.rstrip(_DIGITS)
        if letters not in self._columns:
            self._columns[letters] = _column_index(letters)
        return _number(reference[len(letters) :], 0), self._columns[letters]

    def _formula(self, attributes: dict[str, str]) -> None:
        """Note a formula's cell, or every cell of an array formula's range.

        Only the first cell of the range has the formula in the file.
        """
        self._found.reach(self._row, self._column)
        self._found.formulas.add((self._row, self._column))
        first, colon, last = attributes.get("ref", "").partition(":")
        if attributes.get("t") != "array" or not colon:
            return
        (top, left), (bottom, right) = self._position(first), self._position(last)
        if (bottom - top + 1) * (right - left + 1) > MOST_CELLS:
            raise Broken("an array formula over too many cells")
        self._found.formulas.update(
            (r, c) for r in range(top, bottom + 1) for c in range(left, right + 1)
        )


def _is_hidden(attributes: dict[str, str], size: str) -> bool:
    return attributes.get("hidden") in ("1", "true") or attributes.get(size) in ("0", "0.0")


def _number(digits: str, otherwise: int) -> int:
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 9 else otherwise


def _column_index(letters: str) -> int:
    if not (letters.isascii() and letters.isalpha() and len(letters) <= 3):
        raise Broken(f"no such column: {letters[:10]}")
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1
