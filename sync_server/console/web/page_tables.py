"""Every table of a page as a workbook: the rows that the page shows, as it shows and masks them.

The page is rendered as always; a link beside each table asks for the same page with the table's
name, and the table is read from what was rendered. So no column can say more than the page, and no
page has to describe its tables twice (docs/decisions/0030). A table with the attribute `data-plain`
has no link: it is to be filled in, or has a workbook of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import unescape

import msgspec

from shared.digest import sha256_hex
from shared.problems import ProblemError
from sync_server.console.web.formatting import Words
from sync_server.paperwork.table_book import Cell, Fen, Percent

ASKED = "export"
"""The name of the address's part that asks for a table."""
EVERY_ROW = 1_000_000
"""Rows of a page that is asked for a table: all of them. Excel has 1,048,576."""
_TABLE = re.compile(r'(?:<div class="scroll"[^>]*>)?\s*<table\b(?P<options>[^>]*)>')
_HEADER = re.compile(r"<thead\b.*?</thead>", re.DOTALL)
_NAMED = re.compile(r'data-export="([a-z_]+)"')
_HEADING = re.compile(r"<h1>(.*?)</h1>", re.DOTALL)
_TOKEN = re.compile(r"<(?P<end>/?)(?P<tag>[a-z][a-z0-9]*)(?P<options>[^>]*)>|[^<]+")
_CLASS = re.compile(r'\bclass="([^"]*)"')
_SPAN = re.compile(r'\bcolspan="([0-9]+)"')
_TAG = re.compile(r"<[^>]+>")
_NUMBER = re.compile(r"-?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?P<cents>\.[0-9]{2})?")
_PERCENT = re.compile(r"([0-9]+)\.([0-9])%")
NOTHING = "–"
"""What pages show where there is nothing."""
CONTROLS = frozenset({"button", "select", "input", "textarea"})
_BLOCKS = frozenset({"div", "p", "br", "li", "dt", "dd", "tr", "h2", "h3"})
_EMPTY = frozenset({"input", "br", "img", "hr", "wbr"})


class Named(msgspec.Struct, frozen=True):
    """Where a table stands in a page, and the name by which its export is asked for."""

    name: str
    start: int
    end: int


class Table(msgspec.Struct, frozen=True):
    """A table as its workbook has it."""

    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def tables(html: str) -> Iterator[Named]:
    """Yield the tables of a page that can be exported, in order.

    A name is that of the attribute `data-export`, else made of the words of the header.
    """
    known: dict[str, int] = {}
    for found in _TABLE.finditer(html):
        if "data-plain" in found["options"]:
            continue
        end = html.index("</table>", found.end()) + len("</table>")
        given = _NAMED.search(found["options"])
        head = _HEADER.search(html, found.end(), end)
        words = _TAG.sub("|", head[0]) if head else "table"
        name = given[1] if given else sha256_hex(words.encode())[:8]
        known[name] = known.get(name, 0) + 1
        numbered = name if known[name] == 1 else f"{name}-{known[name]}"
        yield Named(numbered, found.start(), end)


def with_links(html: str, address: str, words: str) -> str:
    """Put a link before each table that can be exported.

    Args:
        html: The page.
        address: The page's address, to which the table's name is added.
        words: What the link says.
    """
    made, at = [], 0
    for one in tables(html):
        link = f'<a class="button tiny" href="{address}{one.name}">{words}</a>'
        made += [html[at : one.start], f'<div class="export">{link}</div>']
        at = one.start
    return "".join([*made, html[at:]])


def read(html: str, name: str, words: Words) -> Table:
    """Read a table of a page.

    Args:
        html: The page.
        name: The table's name.
        words: The page's language, for columns that the page has not.

    Raises:
        ProblemError: table.unknown.
    """
    found = next((one for one in tables(html) if one.name == name), None)
    if found is None:
        raise ProblemError("table.unknown")
    reader = _Reader()
    reader.feed(html, found.start, found.end)
    return _table(reader.header, reader.rows, words)


def heading(html: str) -> str:
    """Return the page's first heading, without its marks."""
    found = _HEADING.search(html)
    return " ".join(unescape(_TAG.sub("", found[1])).split()) if found else ""


class _Read:
    """A cell while it is read.

    Attributes:
        parts: Its texts, one for each element.
        is_number: Whether its column is set as numbers.
        span: How many columns it takes.
        has_control: Whether somebody can press or choose something in it.
        is_link: Whether all its text is of links.
    """

    def __init__(self, *, is_number: bool, span: int) -> None:
        self.parts: list[str] = []
        self.is_number, self.span = is_number, span
        self.has_control, self.is_link = False, True

    @property
    def text(self) -> str:
        return " ".join("".join(self.parts).split())

    @property
    def words(self) -> list[str]:
        return [word for part in self.parts if (word := " ".join(part.split()))]


class _Reader:
    """Reads the cells of one table; what is to be pressed or filled in is passed over.

    Our own templates wrote it, with every value escaped: a tag ends at its first `>`. Python's
    HTML parser takes four times as long, and 4,000 people are two seconds of it.
    """

    def __init__(self) -> None:
        self.header: list[_Read] = []
        self.rows: list[list[_Read]] = []
        self._in_head, self._skipped, self._links = False, 0, 0
        self._cell: _Read | None = None

    def feed(self, html: str, start: int, end: int) -> None:
        """Read a part of a page."""
        for found in _TOKEN.finditer(html, start, end):
            tag = found["tag"]
            if tag is None:
                self._text(found[0])
            elif found["end"]:
                self._end(tag)
            else:
                self._start(tag, found["options"])

    def _start(self, tag: str, options: str) -> None:
        if self._skipped:
            self._skipped += tag not in _EMPTY and not options.endswith("/")
            return
        if tag in ("thead", "tbody", "tfoot"):
            self._in_head = tag == "thead"
        elif tag == "tr" and not self._in_head:
            self.rows.append([])
        elif tag in ("td", "th"):
            span = _SPAN.search(options)
            is_number = "n" in _classes(options)
            self._cell = _Read(is_number=is_number, span=int(span[1]) if span else 1)
            (self.header if self._in_head else self.rows[-1]).append(self._cell)
        elif self._cell is not None:
            self._inside(self._cell, tag, options)

    def _inside(self, cell: _Read, tag: str, options: str) -> None:
        is_menu = tag == "details" and "menu" in _classes(options)
        if tag in CONTROLS or tag in ("form", "svg") or is_menu:
            cell.has_control |= tag != "svg"
            self._skipped = tag not in _EMPTY
        elif tag == "a":
            self._links += 1
        cell.parts.append(" " if tag in _BLOCKS else "")

    def _end(self, tag: str) -> None:
        if self._skipped:
            self._skipped -= 1
        elif tag in ("td", "th"):
            self._cell = None
        elif self._cell is not None:
            self._links -= tag == "a"
            self._cell.parts.append(" " if tag in _BLOCKS else "")

    def _text(self, written: str) -> None:
        if self._cell is None or self._skipped:
            return
        data = unescape(written)
        if data.strip():
            self._cell.is_link &= bool(self._links)
        if self._cell.parts:
            self._cell.parts[-1] += data
        else:
            self._cell.parts.append(data)


def _classes(options: str) -> list[str]:
    found = _CLASS.search(options)
    return found[1].split() if found else []


def _table(header: list[_Read], rows: list[list[_Read]], words: Words) -> Table:
    width = max([sum(cell.span for cell in row) for row in (header, *rows)], default=0)
    titles = _padded(header, width)
    lines = [_padded(row, width) for row in rows]
    made: list[tuple[str, list[Cell]]] = []
    for at in range(width):
        title = titles[at].text if titles[at] else ""
        column = [line[at] for line in lines]
        if not _is_of_the_page(title, column):
            made += _columns(title, column, words)
    return Table(
        [title for title, _ in made],
        [list(row) for row in zip(*(cells for _, cells in made), strict=True)],
    )


def _padded(row: list[_Read], width: int) -> list[_Read]:
    cells: list[_Read] = []
    for cell in row:
        cells.append(cell)
        cells += [_Read(is_number=cell.is_number, span=1) for _ in range(cell.span - 1)]
    return cells + [_Read(is_number=False, span=1) for _ in range(width - len(cells))]


def _is_of_the_page(title: str, column: list[_Read]) -> bool:
    """Whether a column is for the page alone: ticks, buttons, links without a title."""
    if not any(cell.text for cell in column):
        return not title or any(cell.has_control for cell in column)
    return not title and all(cell.is_link for cell in column)


def _columns(title: str, column: list[_Read], words: Words) -> list[tuple[str, list[Cell]]]:
    """Return the columns of a workbook for a column of the page.

    One of numbers that are shown with a share or a remark becomes two or three.
    """
    if not any(cell.is_number for cell in column):
        return [(title, [cell.text for cell in column])]
    numbers, shares, remarks = zip(*map(_sorted_out, column), strict=True)
    has_numbers = any(number is not None for number in numbers)
    has_shares = any(share is not None for share in shares)
    if not has_numbers and not has_shares:
        return [(title, [cell.text for cell in column])]
    first = numbers if has_numbers else shares
    rest = list(remarks)
    main: list[Cell] = [
        value if value is not None else NOTHING if remark == NOTHING else ""
        for value, remark in zip(first, rest, strict=True)
    ]
    made = [(title, main)]
    if has_numbers and has_shares:
        made.append(
            (
                title + words("(比例)", " (share)"),
                ["" if share is None else share for share in shares],
            )
        )
    rest = ["" if remark == NOTHING else remark for remark in rest]
    if any(rest):
        made.append((title + words("(备注)", " (remark)"), list(rest)))
    return made


def _sorted_out(cell: _Read) -> tuple[Cell | None, Cell | None, str]:
    """Return the number of a cell, its share, and all its other words."""
    number: Cell | None = None
    share: Cell | None = None
    rest = []
    for word in cell.words:
        if number is None and (found := _NUMBER.fullmatch(word)):
            digits = word.replace(",", "")
            number = Fen(int(digits.replace(".", ""))) if found["cents"] else int(digits)
        elif share is None and (part := _PERCENT.fullmatch(word)):
            share = Percent(int(part[1]) * 10 + int(part[2]))
        else:
            rest.append(word)
    return number, share, " ".join(rest)
