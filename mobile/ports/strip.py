"""The caption strip: a white band *below* a photo, written in the app's own font.

It carries case code, time and school. Never on the picture: that stays as the camera saw it. A
strip no font can write is left out, not half written.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from shared.assets import FONTS

FONT = FONTS / "NotoSansSC-subset.otf"
NARROWEST_PX = 320
"""Below that no line of a caption could be read."""
SEPARATOR = " · "
_PAPER, _LINE, _INK = (255, 255, 255), (190, 186, 178), (34, 32, 28)
_OF_SHORT_SIDE = 30
"""The letters' size is the picture's shorter side over this: 40 px on 1200, 3.3 mm where that is
printed 10 cm wide.
"""


def with_strip(picture: Image.Image, caption: str, font_file: Path) -> Image.Image:
    """`picture` with `caption` below, broken at its separators where it is too long.

    Unchanged when it cannot be.
    """
    font = _font(font_file, round(min(picture.size) / _OF_SHORT_SIDE))
    if not caption.strip() or font is None or picture.width < NARROWEST_PX:
        return picture
    pad = round(font.size * 0.55)
    lines = _lines(caption, font, picture.width - 2 * pad)
    step = round(font.size * 1.4)
    strip = Image.new("RGB", (picture.width, 2 * pad + step * len(lines)), _PAPER)
    draw = ImageDraw.Draw(strip)
    draw.line((0, 0, picture.width, 0), fill=_LINE, width=2)
    for number, line in enumerate(lines):
        middle = pad + step * number + step // 2
        draw.text((pad, middle), line, font=font, fill=_INK, anchor="lm")
    whole = Image.new(picture.mode, (picture.width, picture.height + strip.height))
    whole.paste(picture, (0, 0))
    whole.paste(strip.convert(picture.mode), (0, picture.height))
    return whole


def _font(file: Path, size_px: int) -> ImageFont.FreeTypeFont | None:
    """The font; None where the file is missing or Pillow lacks FreeType (ImportError)."""
    try:
        return ImageFont.truetype(str(file), max(12, size_px), layout_engine=ImageFont.Layout.BASIC)
    except (OSError, ImportError):
        return None


def _lines(caption: str, font: ImageFont.FreeTypeFont, width_px: int) -> list[str]:
    """The caption in lines of at most `width_px`.

    A part that is longer by itself loses its end to a "…".
    """
    lines: list[str] = []
    for part in caption.split(SEPARATOR):
        longer = SEPARATOR.join((lines[-1], part)) if lines else part
        if lines and font.getlength(longer) <= width_px:
            lines[-1] = longer
        else:
            lines.append(_cut(part, font, width_px))
    return lines


def _cut(words: str, font: ImageFont.FreeTypeFont, width_px: int) -> str:
    if font.getlength(words) <= width_px:
        return words
    while words and font.getlength(words + "…") > width_px:
        words = words[:-1]
    return words + "…"
