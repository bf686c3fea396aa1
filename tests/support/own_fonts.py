"""Font files as a county would put them into fonts/: ours under another name, without some characters."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pikepdf
from fontTools.ttLib import TTFont

from shared.assets import FONTS

BODY, TITLE = "仿宋_GB2312", "方正小标宋简体"
SOURCES = {BODY: "NotoSansSC-subset.otf", TITLE: "NotoSansSC-Bold-subset.otf"}
"""Sans for what is serif otherwise, so that a difference shows."""
POSTSCRIPT = {BODY: "InventedFangSong", TITLE: "InventedXiaoBiaoSong"}


def put(
    folder: Path,
    family: str,
    name: str = "",
    *,
    lacks: str = "㛃",
    fs_type: int = 0,
    edit: Callable[[TTFont], None] = lambda font: None,
) -> Path:
    """Write a font of this family.

    Args:
        folder: Where.
        family: Its family.
        name: The file's name; by default the family's.
        lacks: Characters it has not.
        fs_type: What its licence allows (OS/2).
        edit: Changes anything else of it.
    """
    folder.mkdir(exist_ok=True, parents=True)
    path = folder / (name or f"{family}.otf")
    with TTFont(FONTS / SOURCES.get(family, SOURCES[BODY]), lazy=True, recalcBBoxes=False) as font:
        for table in font["cmap"].tables:
            for character in lacks:
                table.cmap.pop(ord(character), None)
        names = font["name"]
        names.names = []
        names.setName(family, 1, 3, 1, 0x804)
        names.setName("Regular", 2, 3, 1, 0x409)
        names.setName(POSTSCRIPT.get(family, "Invented"), 6, 3, 1, 0x409)
        font["OS/2"].fsType = fs_type
        edit(font)
        font.save(path)
    return path


def families_of(pdf: bytes) -> set[str]:
    """PostScript names of the fonts a PDF embeds, without their tags."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return {
            str(font["/BaseFont"]).split("+")[-1].removesuffix("-Identity-H")
            for page in document.pages
            for font in page.resources.get("/Font", pikepdf.Dictionary()).values()
        }
