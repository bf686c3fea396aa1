"""Describe a file for the person who says which sheet, header row and columns are meant.

Everything shown is masked where it may name somebody: the description is for choosing a column, not
for reading the list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from shared import identity
from sync_server.intake.cell_text import cell_text
from sync_server.intake.choice import AUTOMATIC, TableChoice
from sync_server.intake.columns import (
    Header,
    Recognise,
    best_header,
    candidates,
    find_header,
    find_headers,
    recogniser,
)
from sync_server.intake.contacts import recognise_contacts
from sync_server.intake.headers import HEADER_ROWS, is_account, letter, shown
from sync_server.intake.layouts import AREAS, CONTACTS, DUE_LIST, REPAYMENTS, Layout
from sync_server.intake.sheet import Row, Sheet

LAYOUTS: dict[str, tuple[Layout, Recognise]] = {
    "due-list": (DUE_LIST, recogniser(DUE_LIST)),
    "contacts": (CONTACTS, recognise_contacts),
    "areas": (AREAS, recogniser(AREAS)),
    "repayments": (REPAYMENTS, recogniser(REPAYMENTS)),
}
"""Each kind of file with its fields and what names its columns."""

EXAMPLES = 5
LOOKED_AT_ROWS = 60
"""Examples are taken from so many rows below the header."""
MOST_COLUMNS = 80
LONGEST_EXAMPLE = 12
_NAME_FIELDS = ("_name", "officer")
_LONG_NUMBER = re.compile(r"[0-9]{6,}")


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """What was chosen for an earlier file: `sheet`, where several had its columns; `mapping`."""

    sheet: str = ""
    mapping: dict[str, str] = {}


class SheetFound(msgspec.Struct, frozen=True, kw_only=True):
    """A sheet of the file; `hidden_rows`, `hidden_columns`: how many of each."""

    name: str
    hidden: bool
    rows: int
    columns: int
    hidden_rows: int
    hidden_columns: int


class RowFound(msgspec.Struct, frozen=True, kw_only=True):
    """A row that may be the header, with its first texts."""

    row: int
    texts: tuple[str, ...]


class ColumnFound(msgspec.Struct, frozen=True, kw_only=True):
    """A column under the header; `account`: its header names an account, which is never read."""

    letter: str
    header: str
    examples: tuple[str, ...]
    hidden: bool
    account: bool


class FieldFound(msgspec.Struct, frozen=True, kw_only=True):
    """A field with the letters of its columns, "" for none.

    `why`: header (by the header's name), chosen (somebody said so), "" without a column.
    """

    name: str
    title: str
    needed: bool
    letters: str
    why: str


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """What a file holds, for choosing.

    `sheet`, `header_row`: where the table is or may be, "" and 0 where that is open. `likely`:
    another kind of file whose columns are all there, while those of this kind are not.
    `signature`: what files of this shape share.
    """

    sheets: tuple[SheetFound, ...]
    sheet: str = ""
    header_row: int = 0
    header_rows: tuple[RowFound, ...] = ()
    columns: tuple[ColumnFound, ...] = ()
    fields: tuple[FieldFound, ...] = ()
    likely: str = ""
    signature: str = ""


def describe(kind: str, sheets: Sequence[Sheet], choice: TableChoice = AUTOMATIC) -> Description:
    """Describe a file of one kind.

    Args:
        kind: one of `LAYOUTS`.
        sheets: the sheets of the file.
        choice: what somebody said of it so far.

    Returns:
        The description; a choice that cannot be right is passed over.
    """
    layout, recognise = LAYOUTS[kind]
    among = [s for s in sheets if s.name.strip() == choice.sheet.strip()] if choice.sheet else []
    place = _place(among or list(sheets), layout, recognise, choice)
    listed = tuple(map(_sheet_found, sheets))
    likely = "" if place and place[1].fields.issuperset(layout.needed) else _likely(kind, sheets)
    if likely and choice == AUTOMATIC:
        place = None
    sheet = place[0] if place else among[0] if among else None
    rows = tuple(_header_rows(sheet or sheets[0]))
    if place is None:
        name = sheet.name if sheet else ""
        return Description(sheets=listed, sheet=name, header_rows=rows, likely=likely)
    sheet, header = place
    return Description(
        sheets=listed,
        sheet=sheet.name,
        header_row=sheet.rows[header.last_index].number,
        header_rows=rows,
        columns=tuple(_columns(sheet, header)),
        fields=tuple(_fields(layout, header, choice)),
        likely=likely,
        signature=header.signature,
    )


def remembered(
    kind: str, sheets: Sequence[Sheet], shapes: Mapping[str, Shape]
) -> TableChoice | None:
    """Return the columns that were chosen for an earlier file of this shape.

    Args:
        kind: one of `LAYOUTS`.
        sheets: the sheets of the file.
        shapes: by signature, what was chosen for earlier files of this kind.

    Returns:
        Where its table is and its mapping; None when no header is known, or on several sheets.
    """
    recognise = LAYOUTS[kind][1]
    hits: list[tuple[Sheet, Header]] = []
    for sheet in sheets if shapes else ():
        known = (h for h in candidates(sheet, recognise) if h.signature in shapes)
        hits += [(sheet, header) for header in [next(known, None)] if header]
    named = [hit for hit in hits if hit[0].name == shapes[hit[1].signature].sheet]
    hits = named or [hit for hit in hits if not hit[0].hidden] or hits
    if len(hits) != 1:
        return None
    sheet, header = hits[0]
    row = sheet.rows[header.last_index].number
    return TableChoice(sheet.name, row, shapes[header.signature].mapping)


def _place(
    sheets: list[Sheet], layout: Layout, recognise: Recognise, choice: TableChoice
) -> tuple[Sheet, Header] | None:
    """The sheet and header that are meant; the likeliest row where some needed columns lack."""
    found = find_headers(sheets, layout, recognise, choice)
    if found:
        return found[0] if len(found) == 1 else None
    best = best_header(sheets, recognise, choice)
    if best and (choice.header_row or len(best[1].fields) > 1):
        return best
    return _wordiest(sheets, recognise, choice)


def _wordiest(
    sheets: Sequence[Sheet], recognise: Recognise, choice: TableChoice
) -> tuple[Sheet, Header] | None:
    """The row that may be a header with the most texts: somebody may know its columns."""
    visible = [sheet for sheet in sheets if not sheet.hidden] or sheets
    tried = [
        (sheet, header)
        for sheet in visible
        for listed in [{row.row for row in _header_rows(sheet)}]
        for header in candidates(sheet, recognise, choice, 1)
        if sheet.rows[header.last_index].number in listed
    ]
    return max(tried, key=lambda pair: sum(map(bool, pair[1].texts)), default=None)


def _likely(kind: str, sheets: Sequence[Sheet]) -> str:
    """The first other kind of which every needed column is there."""
    for other, (layout, recognise) in LAYOUTS.items():
        if other != kind and any(find_header(sheet, layout, recognise) for sheet in sheets):
            return other
    return ""


def _sheet_found(sheet: Sheet) -> SheetFound:
    return SheetFound(
        name=sheet.name,
        hidden=sheet.hidden,
        rows=len(sheet.rows),
        columns=max(len(row.cells) for row in sheet.rows),
        hidden_rows=len(sheet.hidden_rows),
        hidden_columns=len(sheet.hidden_columns),
    )


def _header_rows(sheet: Sheet) -> Iterator[RowFound]:
    """The first rows with two texts or more and without a long number, which data have."""
    for row in sheet.rows[:HEADER_ROWS]:
        texts = [shown(cell) for cell in row.cells if isinstance(cell, str) and cell.strip()]
        if len(texts) > 1 and not any(map(_LONG_NUMBER.search, texts)):
            yield RowFound(row=row.number, texts=tuple(t[:LONGEST_EXAMPLE] for t in texts[:8]))


def _columns(sheet: Sheet, header: Header) -> Iterator[ColumnFound]:
    fields = {column: field for column, field, _ in header.found}
    below = sheet.rows[header.last_index + 1 : header.last_index + 1 + LOOKED_AT_ROWS]
    width = max(len(header.texts), *(len(row.cells) for row in below), 1) if below else 0
    for column in range(width or len(header.texts)):
        if column >= MOST_COLUMNS and column not in fields:
            continue
        text = header.texts[column] if column < len(header.texts) else ""
        account = is_account(text)
        examples = () if account else tuple(_examples(below, column, fields.get(column, "")))
        if text or examples:
            yield ColumnFound(
                letter=letter(column),
                header=shown(text),
                examples=examples,
                hidden=column in sheet.hidden_columns,
                account=account,
            )


def _examples(rows: Sequence[Row], column: int, field: str) -> list[str]:
    texts = (cell_text(row.cells[column]) for row in rows if column < len(row.cells))
    found = list(dict.fromkeys(filter(None, texts)))[:EXAMPLES]
    return [_masked(text, field) for text in found]


def _masked(text: str, field: str) -> str:
    """A cell without what names somebody: of an unknown column, whatever may be a name."""
    if field.endswith(_NAME_FIELDS) or (not field and _may_be_a_name(text)):
        return identity.mask_name(text)
    if field in ("id_number", "co_borrower_id"):
        return identity.mask_id(text)
    if "phone" in field:
        return identity.mask_phone(text) or identity.mask_id(text)
    if field == "home_address":
        return identity.mask_address(text)
    if field != "contract_no" and _LONG_NUMBER.search(text):
        return _LONG_NUMBER.sub(lambda m: "*" * (len(m[0]) - 4) + m[0][-4:], text)
    return text if len(text) <= LONGEST_EXAMPLE * 2 else text[:LONGEST_EXAMPLE] + "…"


def _may_be_a_name(text: str) -> bool:
    """Return whether a text of an unknown column has the length and letters of a Han name."""
    letters = text.replace("·", "")
    return letters.isalpha() and not letters.isascii() and (len(text) < 5 or "·" in text)


def _fields(layout: Layout, header: Header, choice: TableChoice) -> Iterator[FieldFound]:
    columns: dict[str, list[tuple[int, int]]] = {}
    for column, field, rank in header.found:
        columns.setdefault(field, []).append((rank, column))
    for name in layout.names:
        hits = [column for _, column in sorted(columns.get(name, []))]
        letters = ",".join(map(letter, hits[:1] if name in layout.alone else hits))
        why = "chosen" if name in choice.mapping else "header"
        yield FieldFound(
            name=name,
            title=layout.title(name),
            needed=name in layout.needed,
            letters=letters,
            why=why if letters else "",
        )
