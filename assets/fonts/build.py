"""Rebuild the fonts in this folder: subsets of two families in two weights, for one county's texts.

Reads Noto Sans/Serif CJK SC and the Unihan database, as Debian packages them (fonts-noto-cjk,
unicode-data). Writes four OTFs of at most 3 MB and charset.txt beside this file. The same packages
give the same bytes.
"""

from __future__ import annotations

import argparse
import bz2
import math
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from fontTools import subset
from fontTools.misc.transform import Identity, Transform
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont

HERE = Path(__file__).resolve().parent
SOURCES = Path("/usr/share/fonts/opentype/noto")
UNIHAN = Path("/usr/share/unicode/Unihan_OtherMappings.txt.bz2")

MAX_SIZE_BYTES = 3_000_000
FACE_IN_COLLECTION = 2  # both Noto collections: 0 JP, 1 KR, 2 SC
CHARSET_LINE = 64

# 通用规范汉字表 (2013): a name in the bank's list may hold any of its characters, so an incomplete
# list is an error.
TGH_LENGTH = 8105
RARE_NAMES = "㛃䶮𬱖𬭼堃喆"
SYMBOLS = "·—…“”‘’《》〈〉「」『』【】〔〕①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳✂→✓✗○●□■☑☐℃‰〓￥¥×"
# Printable ASCII and Latin-1, CJK punctuation, full-width forms. Code points without a character
# are left out later.
REQUIRED_RANGES = ((0x20, 0x7E), (0xA0, 0xFF), (0x3000, 0x303F), (0xFF00, 0xFFEF))
# Kept where all four faces have them: dashes and spaces, currency, letter-like signs, arrows,
# units.
WELCOME_RANGES = (
    (0x2000, 0x205E),
    (0x20A0, 0x20BF),
    (0x2100, 0x214F),
    (0x2190, 0x2199),
    (0x3380, 0x33DF),
)

# Characters Noto CJK lacks. Two are made of glyphs it has: (glyph, how it is placed); ✗ is drawn by
# `cross`. Units: 1/1000 em.
DRAWN: dict[str, tuple[tuple[str, Transform], ...]] = {
    "☐": (("□", Identity),),
    "☑": (("□", Identity), ("✓", Transform(0.74, 0, 0, 0.74, 250, 90))),
    "✗": (),
}
DRAWN_WIDTH = 1000
CROSS_STROKES = (((190, 10), (830, 760)), ((170, 680), (800, 40)))
CROSS_THICKNESS = {"Regular": 88, "Bold": 120}


class Face(NamedTuple):
    """One source font and the file made from it."""

    source: str
    target: str
    family: str
    weight: str


FACES = (
    Face("NotoSansCJK-Regular.ttc", "NotoSansSC-subset.otf", "Doorstep Sans SC", "Regular"),
    Face("NotoSansCJK-Bold.ttc", "NotoSansSC-Bold-subset.otf", "Doorstep Sans SC", "Bold"),
    Face("NotoSerifCJK-Regular.ttc", "NotoSerifSC-subset.otf", "Doorstep Serif SC", "Regular"),
    Face("NotoSerifCJK-Bold.ttc", "NotoSerifSC-Bold-subset.otf", "Doorstep Serif SC", "Bold"),
)


def tgh(unihan: Path) -> set[str]:
    """Return the 8105 characters of 通用规范汉字表, from Unihan's property kTGH.

    Raises:
        SystemExit: when the list is incomplete.
    """
    with bz2.open(unihan, "rt", encoding="utf-8") as lines:
        rows = (line.split("\t") for line in lines if line.startswith("U+"))
        found = {chr(int(row[0][2:], 16)) for row in rows if row[1] == "kTGH"}
    if len(found) != TGH_LENGTH:
        raise SystemExit(f"{unihan}: {len(found)} characters carry kTGH, {TGH_LENGTH} expected")
    return found


def gb2312() -> Iterator[str]:
    """Yield every character of GB 2312-1980, signs and both levels of Han, from Python's codec."""
    for row in range(0xA1, 0xF8):
        for cell in range(0xA1, 0xFF):
            try:
                yield bytes((row, cell)).decode("gb2312")
            except UnicodeDecodeError:
                continue  # an empty cell of the table


def in_ranges(ranges: Iterable[tuple[int, int]]) -> set[str]:
    """Return the assigned characters of inclusive code point ranges."""
    everything = (chr(code) for first, last in ranges for code in range(first, last + 1))
    return {char for char in everything if unicodedata.category(char) != "Cn"}


def required(unihan: Path) -> set[str]:
    """Return what every face must have."""
    return tgh(unihan) | set(gb2312()) | set(RARE_NAMES) | set(SYMBOLS) | in_ranges(REQUIRED_RANGES)


def open_source(folder: Path, face: Face) -> TTFont:
    """Open the Simplified Chinese face of a Noto collection, with its dates: builds repeat."""
    return TTFont(
        folder / face.source, fontNumber=FACE_IN_COLLECTION, recalcTimestamp=False, lazy=True
    )


def cut(font: TTFont, chars: set[str]) -> None:
    """Keep `chars` only. Lines are horizontal here: no vertical metrics, and no hints.

    Of the layout features only `ccmp` stays: it closes the gap in the Chinese dash (——).
    """
    options = subset.Options(
        hinting=False,
        layout_features=["ccmp"],
        notdef_outline=True,
        bidi_closure=False,
        name_IDs=["*"],
    )
    options.drop_tables += ["BASE", "GDEF", "GPOS", "VORG", "vhea", "vmtx"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[ord(char) for char in chars])
    subsetter.subset(font)


def cross(pen: T2CharStringPen, thickness: int) -> None:
    """Draw two strokes, thick where the pen begins, thin where it ends, like the font's own ✓."""
    for (x0, y0), (x1, y1) in CROSS_STROKES:
        length = math.hypot(x1 - x0, y1 - y0)
        across, up = -(y1 - y0) / length * thickness / 2, (x1 - x0) / length * thickness / 2
        corners = ((x0, y0, 1), (x0, y0, -1), (x1, y1, -0.6), (x1, y1, 0.6))
        outline = [(round(x + across * side), round(y + up * side)) for x, y, side in corners]
        pen.moveTo(outline[0])
        for point in outline[1:]:
            pen.lineTo(point)
        pen.closePath()


def draw_missing(font: TTFont, weight: str) -> None:
    """Add the glyphs of DRAWN at the end of the font, in the font dict of their box."""
    top = font["CFF "].cff.topDictIndex[0]
    glyphs, cmap = font.getGlyphSet(), font.getBestCmap()
    group = top.FDSelect[font.getGlyphID(cmap[ord("□")])]
    private = top.FDArray[group].Private
    width = None if private.defaultWidthX == DRAWN_WIDTH else DRAWN_WIDTH - private.nominalWidthX
    order = list(font.getGlyphOrder())
    for char, parts in DRAWN.items():
        pen = T2CharStringPen(width, glyphs)
        for part, place in parts:
            glyphs[cmap[ord(part)]].draw(TransformPen(pen, place))
        if not parts:
            cross(pen, CROSS_THICKNESS[weight])
        charstring = pen.getCharString(private=private, globalSubrs=top.GlobalSubrs)
        name = f"cid{int(order[-1][3:]) + 1:05d}"
        append_glyph(top, name, charstring, group)
        order.append(name)
        font["hmtx"][name] = (DRAWN_WIDTH, round(charstring.calcBounds(glyphs)[0]))
        for table in font["cmap"].tables:
            if table.isUnicode() and table.format != 14:
                table.cmap[ord(char)] = name
    font.setGlyphOrder(order)


def append_glyph(top: Any, name: str, charstring: Any, group: int) -> None:
    """Add one outline to a CID-keyed CFF table; `group` is its index in the font dict array."""
    outlines = top.CharStrings
    outlines.charStrings[name] = len(outlines.charStringsIndex)
    outlines.charStringsIndex.append(charstring)
    if top.charset[-1] != name:
        top.charset.append(name)
    top.FDSelect.append(group)


def rename(font: TTFont, face: Face) -> None:
    """Give the subset a family name of its own, not to be mistaken for an installed Noto."""
    postscript = f"{face.family.replace(' ', '')}-{face.weight}"
    names = font["name"]
    version = names.getDebugName(5).split(";")[0]
    full = face.family if face.weight == "Regular" else f"{face.family} {face.weight}"
    names.names = [record for record in names.names if record.langID == 0x409]
    own = {
        1: face.family,
        2: face.weight,
        3: f"{version};{postscript}",
        4: full,
        5: f"{version};subset",
        6: postscript,
    }
    for name_id, text in own.items():
        names.setName(text, name_id, 3, 1, 0x409)
    cff = font["CFF "].cff
    top = cff.topDictIndex[0]
    before, cff.fontNames = cff.fontNames[0], [postscript]
    top.FullName, top.FamilyName = full, face.family
    for group in top.FDArray:
        group.FontName = group.FontName.replace(before, postscript)


def build(face: Face, chars: set[str], sources: Path, out: Path) -> int:
    """Write one subset; returns its size in bytes."""
    with open_source(sources, face) as font:
        cut(font, chars)
        draw_missing(font, face.weight)
        rename(font, face)
        font.save(out / face.target)
    return (out / face.target).stat().st_size


def shared_characters(sources: Path) -> set[str]:
    """Return what all four faces have, the drawn ones included."""
    covered: list[set[str]] = []
    for face in FACES:
        with open_source(sources, face) as font:
            covered.append({chr(code) for code in font.getBestCmap()})
    return set.intersection(*covered) | set(DRAWN)


def main(argv: list[str] | None = None) -> int:
    """Build all; exit 1 when a required character is missing or a file is too large."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--sources", type=Path, default=SOURCES, help="folder of the Noto CJK collections"
    )
    parser.add_argument("--unihan", type=Path, default=UNIHAN, help="Unihan_OtherMappings.txt.bz2")
    parser.add_argument("--out", type=Path, default=HERE, help="where the fonts go")
    args = parser.parse_args(argv)
    wanted, available = required(args.unihan), shared_characters(args.sources)
    kept = (wanted | in_ranges(WELCOME_RANGES)) & available
    failed = False
    for face in FACES:
        size_bytes = build(face, kept, args.sources, args.out)
        failed |= size_bytes > MAX_SIZE_BYTES
        sys.stdout.write(f"{face.target:<30}{size_bytes:>10,} bytes  {face.family} {face.weight}\n")
    text = "".join(sorted(kept))
    rows = (text[start : start + CHARSET_LINE] for start in range(0, len(text), CHARSET_LINE))
    (args.out / "charset.txt").write_text(
        "".join(f"{row}\n" for row in rows), encoding="utf-8", newline="\n"
    )
    missing = sorted(wanted - available)
    named = " ".join(f"{char} U+{ord(char):04X}" for char in missing) or "none"
    sys.stdout.write(f"{len(kept)} characters kept; missing: {named}\n")
    return int(failed or bool(missing))


if __name__ == "__main__":
    sys.exit(main())
