"""The fonts in assets/fonts can show every name and form, stay small, and carry their own names and licence."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pytest
import typst
from fontTools.ttLib import TTFont

from shared.assets import FONTS

MAX_SIZE_BYTES = 3_000_000
REGULAR, BOLD = 400, 700
FACES = {
    "NotoSansSC-subset.otf": ("Doorstep Sans SC", REGULAR),
    "NotoSansSC-Bold-subset.otf": ("Doorstep Sans SC", BOLD),
    "NotoSerifSC-subset.otf": ("Doorstep Serif SC", REGULAR),
    "NotoSerifSC-Bold-subset.otf": ("Doorstep Serif SC", BOLD),
}
LICENCES = {"Doorstep Sans SC": "OFL-NotoSansSC.txt", "Doorstep Serif SC": "OFL-NotoSerifSC.txt"}
RARE_NAMES = "㛃䶮𬱖𬭼堃喆"
SYMBOLS = "·—…“”‘’《》〈〉「」『』【】〔〕①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳✂→✓✗○●□■☑☐℃‰〓￥¥×"


@pytest.fixture(params=sorted(FACES), ids=lambda name: name.removesuffix("-subset.otf"))
def face_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def face(face_name: str) -> Iterator[TTFont]:
    with TTFont(FONTS / face_name, lazy=True) as font:
        yield font


@pytest.fixture(scope="session")
def charset() -> str:
    return (FONTS / "charset.txt").read_text(encoding="utf-8").replace("\n", "")


def gb2312_rows(first: int, last: int) -> set[str]:
    """Characters of GB 2312 by row number (区): signs 1 to 9, level 1 Han 16 to 55, level 2 Han 56 to 87."""
    cells = (
        bytes((row + 0xA0, cell)) for row in range(first, last + 1) for cell in range(0xA1, 0xFF)
    )
    return {cell.decode("gb2312", errors="ignore") for cell in cells} - {""}


def assigned(first: int, last: int) -> set[str]:
    """Characters of a code point range that have a name."""
    return {chr(code) for code in range(first, last + 1) if unicodedata.name(chr(code), "")}


def shown_by(font: TTFont) -> set[str]:
    """Characters of a font that lead to a glyph other than the empty box."""
    return {chr(code) for code, glyph in font.getBestCmap().items() if glyph != ".notdef"}


def without(font: TTFont, wanted: set[str]) -> list[str]:
    """The wanted characters a font cannot show, by code point for a readable failure."""
    return [f"U+{ord(char):04X}" for char in sorted(wanted - shown_by(font))]


def test_a_face_shows_every_character_of_the_list(face: TTFont, charset: str) -> None:
    assert without(face, set(charset)) == []


def test_a_face_shows_nothing_that_the_list_does_not_name(face: TTFont, charset: str) -> None:
    assert sorted(shown_by(face) - set(charset)) == []


def test_the_list_names_each_character_once_in_order(charset: str) -> None:
    assert list(charset) == sorted(set(charset))


def test_the_list_holds_as_many_han_as_the_standard_table_and_gb2312_together(charset: str) -> None:
    """The standard table (8105, 196 of them beyond U+FFFF) comes from Unihan; GB 2312 has 125 more."""
    han = {char for char in charset if unicodedata.name(char, "").startswith("CJK UNIFIED")}
    assert len(han) == 8105 + 125
    assert len(han - gb2312_rows(16, 87)) == 8105 + 125 - 6763
    assert sum(ord(char) > 0xFFFF for char in han) == 196


def test_a_face_shows_both_levels_of_gb2312(face: TTFont) -> None:
    levels = gb2312_rows(16, 55), gb2312_rows(56, 87)
    assert (len(levels[0]), len(levels[1])) == (3755, 3008)
    assert without(face, levels[0] | levels[1]) == []


def test_a_face_shows_the_signs_of_gb2312(face: TTFont) -> None:
    assert without(face, gb2312_rows(1, 9)) == []


def test_a_face_shows_rare_characters_from_names(face: TTFont) -> None:
    assert without(face, set(RARE_NAMES)) == []


def test_a_face_shows_the_signs_printed_on_our_forms(face: TTFont) -> None:
    assert without(face, set(SYMBOLS)) == []


@pytest.mark.parametrize(
    "block",
    [(0x20, 0x7E), (0xA0, 0xFF), (0x3000, 0x303F), (0xFF00, 0xFFEF)],
    ids=["ASCII", "Latin-1", "CJK punctuation", "full-width forms"],
)
def test_a_face_shows_a_whole_block(face: TTFont, block: tuple[int, int]) -> None:
    assert without(face, assigned(*block)) == []


@pytest.mark.parametrize("char", list("☐☑✗"))
def test_a_sign_we_added_has_an_outline_within_its_em(face: TTFont, char: str) -> None:
    glyph = face.getGlyphSet()[face.getBestCmap()[ord(char)]]
    left, bottom, right, top = (
        face["CFF "].cff.topDictIndex[0].CharStrings[glyph.name].calcBounds(face.getGlyphSet())
    )
    assert glyph.width == 1000
    assert 0 < left < right < 1000
    assert -120 <= bottom < top <= 880


def test_a_face_fits_in_three_megabytes(face_name: str) -> None:
    assert (FONTS / face_name).stat().st_size <= MAX_SIZE_BYTES


def test_a_face_has_our_family_name_and_its_weight(face_name: str, face: TTFont) -> None:
    family, weight = FACES[face_name]
    style = {REGULAR: "Regular", BOLD: "Bold"}[weight]
    names = face["name"]
    assert (names.getDebugName(1), names.getDebugName(2), face["OS/2"].usWeightClass) == (
        family,
        style,
        weight,
    )
    assert names.getDebugName(6) == f"{family.replace(' ', '')}-{style}"


def test_no_record_of_a_face_still_calls_itself_noto(face: TTFont) -> None:
    claims = {
        record.nameID: record.toUnicode()
        for record in face["name"].names
        if record.nameID in (1, 3, 4, 6, 16)
    }
    top = face["CFF "].cff.topDictIndex[0]
    spoken = [*claims.values(), *face["CFF "].cff.fontNames, top.FullName, top.FamilyName]
    assert [name for name in spoken if "Noto" in name] == []


def test_a_face_keeps_the_date_of_its_source_so_that_builds_repeat(face: TTFont) -> None:
    assert face["head"].created == face["head"].modified


def test_the_licence_beside_a_face_carries_its_copyright_line(face_name: str, face: TTFont) -> None:
    licence = (FONTS / LICENCES[FACES[face_name][0]]).read_text(encoding="utf-8")
    assert face["name"].getDebugName(0).removeprefix("© ") in licence.splitlines()[0]
    assert face["name"].getDebugName(7) in licence
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    assert face_name in licence


def test_typst_sets_every_character_in_both_weights_of_both_families(
    tmp_path: Path, charset: str
) -> None:
    """An archive PDF (A-3b) refuses a missing glyph, and `fallback: false` keeps other fonts out."""
    (tmp_path / "all.txt").write_text(charset, encoding="utf-8")
    (tmp_path / "page.typ").write_text(
        """#for family in ("Doorstep Sans SC", "Doorstep Serif SC") {
          for weight in ("regular", "bold") { text(font: family, weight: weight, fallback: false, read("all.txt")) }
        }""",
        encoding="utf-8",
    )
    fonts = typst.Fonts(include_system_fonts=False, font_paths=[FONTS])
    compiler = typst.Compiler(root=tmp_path, font_paths=fonts)
    compiler.compile(
        input=tmp_path / "page.typ",
        output=tmp_path / "page.pdf",
        format="pdf",
        pdf_standards=["a-3b"],
        timestamp=0,
    )
    assert fonts_of(tmp_path / "page.pdf") == {
        "DoorstepSansSC-Regular",
        "DoorstepSansSC-Bold",
        "DoorstepSerifSC-Regular",
        "DoorstepSerifSC-Bold",
    }


def fonts_of(pdf: Path) -> set[str]:
    """PostScript names of the fonts a PDF embeds, without the subset tag before + and the encoding behind."""
    with pikepdf.open(pdf) as document:
        named = (
            str(font["/BaseFont"])
            for page in document.pages
            for font in page.resources.get("/Font", pikepdf.Dictionary()).values()
        )
        return {name.split("+")[-1].removesuffix("-Identity-H") for name in named}
