"""Draw what is pressed on paper: a thumb print in red paste, and a round stamp that says 样章.

Each is a mask ("L", 255 where ink is); `press` puts ink on paper as ink does, darkening what is
under it.
"""

from __future__ import annotations

import math
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from sync_server.sample.fonts import paper_font

RED = (200, 24, 30)
_AROUND = "仅供演示"


def press(
    paper: Image.Image, mask: Image.Image, colour: tuple[int, int, int], xy: tuple[int, int]
) -> None:
    """Press ink of a colour on RGB paper, in place.

    Args:
        paper: the page.
        mask: where ink is.
        colour: RGB.
        xy: the mask's top left corner on the page, in pixels.
    """
    box = (*xy, xy[0] + mask.width, xy[1] + mask.height)
    under = paper.crop(box)
    inked = ImageChops.multiply(under, Image.new("RGB", mask.size, colour))
    paper.paste(Image.composite(inked, under, mask), box)


def speckle(size: tuple[int, int], grain_px: int, low: int, rng: Random) -> Image.Image:
    """Make uneven ink as a mask: 255 with soft spots down to `low`, `grain_px` pixels across."""
    small = (max(2, size[0] // grain_px), max(2, size[1] // grain_px))
    noise = Image.frombytes("L", small, rng.randbytes(small[0] * small[1])).resize(
        size, Image.Resampling.BICUBIC
    )
    return noise.point(
        [min(255, max(low, round(low + (level - 30) * 2.6))) for level in range(256)]
    )


def thumb_print(width_px: int, rng: Random) -> Image.Image:
    """Draw a thumb's ridges: bent rings in an oval, worn in places."""
    height = round(width_px * 1.32)
    mask = Image.new("L", (width_px, height), 0)
    draw = ImageDraw.Draw(mask)
    pitch = max(4.0, width_px / 26)
    cx, cy = width_px * rng.uniform(0.44, 0.56), height * rng.uniform(0.50, 0.62)
    bend = rng.uniform(0, math.tau)
    for ring in range(1, round(height / pitch)):
        points = []
        for step in range(73):
            angle = step * math.tau / 72
            radius = (
                ring
                * pitch
                * (
                    1
                    + 0.12 * math.sin(2 * angle + bend)
                    + 0.07 * math.sin(3 * angle - bend + ring / 5)
                )
            )
            points.append(
                (cx + radius * 0.80 * math.cos(angle), cy + radius * 1.05 * math.sin(angle))
            )
        draw.line(points, fill=255, width=max(2, round(pitch * 0.55)), joint="curve")
    oval = Image.new("L", mask.size, 0)
    ImageDraw.Draw(oval).ellipse((2, 2, width_px - 3, height - 3), fill=235)
    oval = oval.filter(ImageFilter.GaussianBlur(width_px / 40))
    smear = Image.new("L", mask.size, 105)
    worn = ImageChops.multiply(
        ImageChops.lighter(mask, smear), speckle(mask.size, max(2, width_px // 14), 40, rng)
    )
    return ImageChops.multiply(worn, oval)


def specimen_stamp(
    px_per_mm: float, words: str, rng: Random, *, diameter_mm: float = 42.0
) -> Image.Image:
    """Draw a round stamp without a star: 样章 large, 仅供演示 three times around it.

    No argument leaves 样章 or 仅供演示 out: this can never pass for a school's stamp
    (docs/sources.md#no-likeness-of-a-real-stamp).

    Args:
        px_per_mm: the resolution of the page.
        words: the small text below 样章.
        rng: the source of everything random.
        diameter_mm: the stamp's diameter.

    Returns:
        The mask.
    """
    zoom = 2  # drawn at twice the size for clean edges
    unit = px_per_mm * zoom
    side = round(diameter_mm * unit)
    mask = Image.new("L", (side, side), 0)
    draw = ImageDraw.Draw(mask)
    draw.ellipse((1, 1, side - 2, side - 2), outline=255, width=round(1.1 * unit))
    _words_around(mask, unit, side)
    draw.text(
        (side / 2, side * 0.46),
        "样章",
        font=paper_font(12.4 * unit, bold=True),
        fill=255,
        anchor="mm",
    )
    draw.text(
        (side / 2, side * 0.68),
        words,
        font=_fitting(words, 20 * unit, 2.7 * unit),
        fill=255,
        anchor="mm",
    )
    mask = mask.resize((side // zoom, side // zoom), Image.Resampling.LANCZOS)
    worn = ImageChops.multiply(mask, speckle(mask.size, max(3, round(px_per_mm * 1.2)), 105, rng))
    turned = worn.rotate(rng.uniform(-7, 7), Image.Resampling.BICUBIC)
    return turned.filter(ImageFilter.GaussianBlur(0.5))


def _fitting(words: str, width_px: float, size_px: float) -> ImageFont.FreeTypeFont:
    font = paper_font(size_px, bold=True)
    return (
        font
        if font.getlength(words) <= width_px
        else paper_font(size_px * width_px / font.getlength(words), bold=True)
    )


def _words_around(mask: Image.Image, unit: float, side: int) -> None:
    """Draw 仅供演示 · three times in the ring, feet to the centre."""
    text = f"{_AROUND}·" * 3
    font = paper_font(4.6 * unit, bold=True)
    cell = round(6.4 * unit)
    radius = side / 2 - 4.7 * unit
    for index, character in enumerate(text):
        angle = index * math.tau / len(text) - math.tau / 6
        tile = Image.new("L", (cell, cell), 0)
        ImageDraw.Draw(tile).text((cell / 2, cell / 2), character, font=font, fill=255, anchor="mm")
        tile = tile.rotate(-math.degrees(angle), Image.Resampling.BICUBIC)
        x, y = side / 2 + radius * math.sin(angle), side / 2 - radius * math.cos(angle)
        mask.paste(255, (round(x - cell / 2), round(y - cell / 2)), tile)
