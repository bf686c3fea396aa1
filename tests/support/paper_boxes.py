"""What stands on a printed page: its characters with their boxes, and what is wrong with where they are."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from dataclasses import dataclass

import pypdfium2

MM = 72 / 25.4
CLEAR_MM = 24
"""The right margin that a straddle stamp needs."""
TOUCH_PT = 1.0
"""Boxes that share more than this in both directions collide; kerned letters may share less."""


@dataclass(frozen=True)
class Glyph:
    """A character and its tight box, in points from the lower left."""

    text: str
    left: float
    low: float
    right: float
    top: float


@dataclass(frozen=True)
class Sheet:
    """A page's size in points and what is printed on it, in the order of its content."""

    width: float
    height: float
    glyphs: tuple[Glyph, ...]

    @property
    def text(self) -> str:
        """Its characters without blanks."""
        return "".join(g.text for g in self.glyphs)


def sheets_of(pdf: bytes) -> list[Sheet]:
    """Every page of a PDF."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [_sheet(page) for page in document]
    finally:
        document.close()


def _sheet(page: pypdfium2.PdfPage) -> Sheet:
    width, height = page.get_size()
    words = page.get_textpage()
    found = []
    for index in range(words.count_chars()):
        code = words.get_text_range(index, 1)
        if code.strip() and unicodedata.category(code[0]) not in ("Mn", "Me", "Cc", "Cf"):
            found.append(Glyph(code, *words.get_charbox(index)))
    return Sheet(width, height, tuple(found))


def outside(sheet: Sheet, clear_mm: float = CLEAR_MM) -> list[str]:
    """Characters that leave the page or stand in the margin of the straddle stamp."""
    most = sheet.width - clear_mm * MM
    return [
        g.text
        for g in sheet.glyphs
        if g.left < 0 or g.low < 0 or g.top > sheet.height or g.right > most
    ]


def collisions(sheet: Sheet) -> list[tuple[str, str]]:
    """Pairs of characters printed over each other."""
    cells: dict[tuple[int, int], list[Glyph]] = defaultdict(list)
    found = []
    for glyph in sheet.glyphs:
        if glyph.right - glyph.left < TOUCH_PT or glyph.top - glyph.low < TOUCH_PT:
            continue
        near = {
            (x, y)
            for x in range(int(glyph.left // 20), int(glyph.right // 20) + 1)
            for y in range(int(glyph.low // 20), int(glyph.top // 20) + 1)
        }
        for other in {id(o): o for key in near for o in cells[key]}.values():
            across = min(glyph.right, other.right) - max(glyph.left, other.left)
            up = min(glyph.top, other.top) - max(glyph.low, other.low)
            if across > _least(glyph, other) and up > TOUCH_PT:
                found.append((other.text, glyph.text))
        for key in near:
            cells[key].append(glyph)
    return found


def _least(one: Glyph, other: Glyph) -> float:
    """So much may two boxes share sideways: strokes of bold characters reach into the next one's."""
    return max(TOUCH_PT, 0.2 * min(one.right - one.left, other.right - other.left))
