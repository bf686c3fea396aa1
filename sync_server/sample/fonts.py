"""Find our own fonts and load them for drawing."""

from __future__ import annotations

from pathlib import Path

from PIL import ImageFont

from shared.assets import FONTS

PAPER_FONT = "NotoSerifSC-subset.otf"
PAPER_FONT_BOLD = "NotoSerifSC-Bold-subset.otf"


def font_path(name: str) -> Path:
    """Return a font of `assets/fonts`.

    Args:
        name: the file's name.

    Raises:
        FileNotFoundError: when it is not there.
    """
    path = FONTS / name
    if not path.is_file():
        raise FileNotFoundError(path)
    return path


def paper_font(size_px: float, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Load the serif face of everything printed, `size_px` pixels high."""
    return ImageFont.truetype(font_path(PAPER_FONT_BOLD if bold else PAPER_FONT), size_px)
