"""Where our own fonts are, and how to draw with them."""

from __future__ import annotations

from pathlib import Path

from PIL import ImageFont

PAPER_FONT = "NotoSerifSC-subset.otf"
PAPER_FONT_BOLD = "NotoSerifSC-Bold-subset.otf"


def font_path(name: str) -> Path:
    """A font of `assets/fonts`, which stands beside this package. Raises: FileNotFoundError when it is not there."""
    path = Path(__file__).resolve().parents[2] / "assets" / "fonts" / name
    if not path.is_file():
        raise FileNotFoundError(path)
    return path


def paper_font(size_px: float, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """The serif face of everything printed, `size_px` pixels high."""
    return ImageFont.truetype(font_path(PAPER_FONT_BOLD if bold else PAPER_FONT), size_px)
