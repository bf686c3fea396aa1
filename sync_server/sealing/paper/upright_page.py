"""Lay a scanned page over the printed one: one upright picture at a fixed scale.

The page's own QR gives the first placing; the printed labels beside a signature line correct it
where the page was photographed at an angle. Everything is measured in millimetres of the print.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
from PIL import Image, ImageChops, ImageFilter, ImageStat

QR_X_MM, QR_Y_MM, QR_SIDE_MM = 28.0, 268.0, 20.0
"""Where common.typ places the QR on every page, from its top left corner."""
PX_PER_MM = 4
"""The scale of an upright page: about 100 dpi, so that a pen line has two pixels."""
A4_MM = (210, 297)
SEARCH_MM = 12
"""How far printed labels are searched from where the QR places them."""
FOUND = 0.72
"""Labels are found where they differ from the print by at most this share of their ink."""

Corners = Sequence[tuple[float, float]]
"""Top left, top right, bottom right, bottom left of the QR in pixels; empty without one."""


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """A rectangle on the printed page, in millimetres from its top left corner."""

    left: float
    top: float
    right: float
    bottom: float

    def moved(self, x_mm: float, y_mm: float) -> Box:
        """Return the same rectangle elsewhere."""
        return Box(
            left=self.left + x_mm,
            top=self.top + y_mm,
            right=self.right + x_mm,
            bottom=self.bottom + y_mm,
        )

    def grown(self, by_mm: float) -> Box:
        """Return the rectangle with a margin around it."""
        return Box(
            left=self.left - by_mm,
            top=self.top - by_mm,
            right=self.right + by_mm,
            bottom=self.bottom + by_mm,
        )

    def in_pixels(self, px_per_mm: float = PX_PER_MM) -> tuple[int, int, int, int]:
        """Return the rectangle in pixels of an upright page."""
        left, top, right, bottom = (
            round(v * px_per_mm) for v in (self.left, self.top, self.right, self.bottom)
        )
        return left, top, right, bottom


PAGE_QR = Box(left=QR_X_MM, top=QR_Y_MM, right=QR_X_MM + QR_SIDE_MM, bottom=QR_Y_MM + QR_SIDE_MM)
"""The QR of a printed page."""


def page_to_picture(corners: Corners, qr: Box = PAGE_QR) -> tuple[complex, complex]:
    """Fit the printed page to the picture by least squares over the QR's four corners.

    Rotation and scale only: four corners 20 mm apart give too little to know the perspective of a
    page.

    Args:
        corners: the corners of the QR in pixels.
        qr: where the QR is on the print.

    Returns:
        (turn, shift): a point in millimetres, as complex x+iy, is at `turn * point + shift` in
        pixels.
    """
    paper = [
        complex(qr.left, qr.top),
        complex(qr.right, qr.top),
        complex(qr.right, qr.bottom),
        complex(qr.left, qr.bottom),
    ]
    seen = [complex(x, y) for x, y in corners]
    paper_mid, seen_mid = sum(paper) / 4, sum(seen) / 4
    weight = sum(abs(p - paper_mid) ** 2 for p in paper)
    turn = (
        sum((s - seen_mid) * (p - paper_mid).conjugate() for p, s in zip(paper, seen, strict=True))
        / weight
    )
    return turn, seen_mid - turn * paper_mid


def upright(image: Image.Image, corners: Corners) -> Image.Image:
    """Return the page upright, A4 at `PX_PER_MM`, RGB; what lies off the picture is white.

    Args:
        image: the scanned page.
        corners: the corners of its QR in pixels.
    """
    page = Box(left=0, top=0, right=A4_MM[0], bottom=A4_MM[1])
    return cut_out(image, page_to_picture(corners), page, PX_PER_MM)


def cut_out(
    image: Image.Image, placing: tuple[complex, complex], part: Box, px_per_mm: float
) -> Image.Image:
    """Return a rectangle of the print upright, RGB; what lies off the picture is white.

    Args:
        image: the picture.
        placing: where the print is in it (`page_to_picture`).
        part: the rectangle.
        px_per_mm: the scale of the result.
    """
    turn, shift = placing
    shift += turn * complex(part.left, part.top)
    turn /= px_per_mm
    smaller = max(1, int(abs(turn)))
    if smaller > 1:  # averaged first, so that thin lines are not skipped
        image = image.reduce(smaller)
    turn, shift = turn / smaller, shift / smaller
    coefficients = (turn.real, -turn.imag, shift.real, turn.imag, turn.real, shift.imag)
    size = (
        round((part.right - part.left) * px_per_mm),
        round((part.bottom - part.top) * px_per_mm),
    )
    return image.convert("RGB").transform(
        size,
        Image.Transform.AFFINE,
        coefficients,
        Image.Resampling.BILINEAR,
        fillcolor=(255, 255, 255),
    )


def label_shift(
    page: Image.Image,
    printed: Image.Image,
    labels: Box,
    *,
    near: tuple[float, float] = (0, 0),
    search_mm: int = SEARCH_MM,
    found_at: float = FOUND,
) -> tuple[float, float] | None:
    """Find printed labels on the page near their place.

    The red channel is compared, in which a stamp over a label is as light as paper.

    Args:
        page: the upright page.
        printed: the print at the same scale.
        labels: where the labels are on the print.
        near: how far from there they are searched, in millimetres.
        search_mm: how far around that.
        found_at: the most by which they differ from the print, of their ink.

    Returns:
        How far they lie from their place, in millimetres; None when they are not found.
    """
    start = round(near[0]), round(near[1])
    coarse = _best(_ink(page, 1), _ink(printed, 1), labels, 1, start, search_mm, found_at)
    if coarse is None:
        return None
    middle = coarse[0] * 2, coarse[1] * 2
    fine = _best(_ink(page, 2), _ink(printed, 2), labels, 2, middle, 3, found_at)
    found = fine or middle
    return found[0] / 2, found[1] / 2


def _ink(page: Image.Image, px_per_mm: int) -> Image.Image:
    """Return how much darker than its surroundings each place is, at a lower scale."""
    red = page.getchannel("R").reduce(PX_PER_MM // px_per_mm)
    # 12 mm across: the paper around a letter, but not the other side of a shadow
    paper = red.reduce(4 * px_per_mm).resize(red.size, Image.Resampling.BICUBIC)
    # blurred, for half a pixel aside a letter's strokes would no longer meet
    return ImageChops.subtract(paper, red).filter(ImageFilter.GaussianBlur(0.9))


def _best(
    page: Image.Image,
    printed: Image.Image,
    labels: Box,
    px_per_mm: int,
    start: tuple[int, int],
    reach: int,
    found_at: float,
) -> tuple[int, int] | None:
    left, top, right, bottom = labels.in_pixels(px_per_mm)
    wanted = printed.crop((left, top, right, bottom))
    most = sum(wanted.histogram()[v] * v for v in range(256)) * found_at
    found = None
    for dy in range(start[1] - reach, start[1] + reach + 1):
        for dx in range(start[0] - reach, start[0] + reach + 1):
            seen = page.crop((left + dx, top + dy, right + dx, bottom + dy))
            differs = ImageStat.Stat(ImageChops.difference(seen, wanted)).sum[0]
            differs *= 1 + math.hypot(dx - start[0], dy - start[1]) / 200
            if differs < most:
                most, found = differs, (dx, dy)
    return found
