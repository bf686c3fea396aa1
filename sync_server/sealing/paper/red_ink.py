"""Judge whether a stamp stands in a stamp area: a thin red ring with red inside and none around.

Red is measured against the paper beside it, so that tinted paper, a warm lamp or a shadow is no
ink and a faint stamp is. Source of the limits: docs/sources.md#stamp-in-the-scan.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable, Iterable, Sequence

from PIL import Image, ImageFilter

from sync_server.sealing.ink import SOME_RED_BP, StampInk
from sync_server.sealing.paper.upright_page import A4_MM, PX_PER_MM, Box

SCALE = 2
"""Samples per millimetre."""
TILE_MM = 8
"""The paper's colour is taken once in a square of this side."""
REDDER = 0.11
"""Ink reflects at least this much more red than green and blue, relative to its paper."""
DARKEST = 0.35
"""Ink reflects at least this much red; what is darker is print or shadow."""
PINKER = 0.85
"""A tile whose green is below this share of the page's paper is ink all over, not paper."""
AROUND_MM = 14.0
"""How far around a stamp area is looked at: a stamp is rarely pressed to the millimetre."""
OFF_CENTRE_MM = 4.0
"""How far outside the stamp area its centre may lie."""
RADII_MM = (16.5, 25.0)
"""Stamps of 35 to 45 mm (docs/sources.md#stamp-size), with a photograph's distortion."""
SECTORS = 96
"""Places looked at on a circle: one about every 1.3 mm."""
ARC = 8
"""Red places beside one another that make a piece of a ring: crossing lines have few."""


def is_grey(page: Image.Image) -> bool:
    """Return whether a scan is grey or black and white: almost no sample has any colour."""
    small = page.resize((160, 226), Image.Resampling.BOX)
    data = small.tobytes()
    coloured = sum(
        1 for i in range(0, len(data), 3) if max(data[i : i + 3]) - min(data[i : i + 3]) > 4
    )
    return coloured < len(data) // 3 // 2000


def stamp_ink(page: Image.Image, area: Box) -> StampInk:
    """Measure the red in a stamp area.

    Args:
        page: the upright page.
        area: the stamp area.

    Returns:
        The measures of the best ring in the area.
    """
    around = area.grown(AROUND_MM)
    red = _red(page, around)
    near = area.grown(6.0).moved(-around.left, -around.top).in_pixels(SCALE)
    red_bp = _share_bp(red.crop(near).tobytes())
    if red_bp < SOME_RED_BP // 3:
        return StampInk(red_bp=red_bp, ring_bp=0, inside_bp=0, outside_bp=0)
    x, y, radius = _best_ring(red, area.grown(OFF_CENTRE_MM).moved(-around.left, -around.top))
    inside, outside = _shares(red, x, y, radius)
    ring = _arcs(_Grown(red, 3).places((x, y, radius), SECTORS)) * 10_000 // SECTORS
    return StampInk(red_bp=red_bp, ring_bp=ring, inside_bp=inside, outside_bp=outside)


def _red(page: Image.Image, around: Box) -> Image.Image:
    """Return a mask of the rectangle at `SCALE`: 255 where there is red ink, 0 elsewhere."""
    step = PX_PER_MM // SCALE
    part = page.crop(around.in_pixels()).reduce(step)
    paper = _paper(part, _page_paper(page))
    mask = bytearray(part.width * part.height)
    for i, ((r, g, b), (of_r, of_g, of_b)) in enumerate(
        zip(_pixels(part), _pixels(paper), strict=True)
    ):
        if r > DARKEST * of_r:
            red = r / (of_r or 1)
            if red - g / (of_g or 1) > REDDER and red - b / (of_b or 1) > REDDER:
                mask[i] = 255
    return Image.frombytes("L", part.size, bytes(mask))


def _page_paper(page: Image.Image) -> tuple[float, float, float]:
    """Return the colour of the page's paper: the median of its lighter half."""
    small = page.resize((A4_MM[0] // 5, A4_MM[1] // 5), Image.Resampling.BOX)
    pixels = sorted(_pixels(small), key=sum)
    r, g, b = pixels[len(pixels) * 3 // 4]
    return float(r), float(g), float(b)


def _paper(part: Image.Image, page: tuple[float, float, float]) -> Image.Image:
    """Return the paper's colour at every place of a part, from squares of `TILE_MM`."""
    side = TILE_MM * SCALE
    columns, rows = (math.ceil(v / side) for v in part.size)
    tiles = bytearray()
    for row in range(rows):
        for column in range(columns):
            box = (column * side, row * side, (column + 1) * side, (row + 1) * side)
            square = part.crop((*box[:2], min(box[2], part.width), min(box[3], part.height)))
            pixels = sorted(_pixels(square), key=sum)
            r, g, b = pixels[len(pixels) * 17 // 20]
            if g * page[0] < PINKER * page[1] * r:  # all ink: take the page's paper, as bright
                g, b = round(r * page[1] / page[0]), round(r * page[2] / page[0])
            tiles += bytes(min(255, v) for v in (r, g, b))
    small = Image.frombytes("RGB", (columns, rows), bytes(tiles))
    whole = small.resize((columns * side, rows * side), Image.Resampling.BILINEAR)
    return whole.crop((0, 0, *part.size))


def _pixels(image: Image.Image) -> Iterable[tuple[int, int, int]]:
    data = image.tobytes()
    return zip(data[::3], data[1::3], data[2::3], strict=True)


Circle = tuple[int, int, float]
"""Centre and radius in samples."""


def _best_ring(red: Image.Image, centres: Box) -> Circle:
    """Return the circle most of whose places show red."""
    left, top, right, bottom = centres.in_pixels(SCALE)
    near = _Grown(red, 5)
    radii = range(round(RADII_MM[0] * SCALE), round(RADII_MM[1] * SCALE) + 1, 2)
    step = 3 * SCALE
    best = max(
        (near.lone_ring((x, y, float(radius)), SECTORS // 3), (x, y, float(radius)))
        for y in range(top, bottom + 1, step)
        for x in range(left, right + 1, step)
        for radius in radii
    )[1]
    near = _Grown(red, 3)
    steps = range(-2, 3)
    for reach in (2, 1):
        x, y, radius = best
        best = max(
            (near.lone_ring(circle, SECTORS), circle)
            for dx in steps
            for dy in steps
            for dr in steps
            for circle in [(x + dx * reach, y + dy * reach, radius + dr * reach / 1.5)]
        )[1]
    return best


class _Grown:
    """A mask with every red sample grown to a square, to be read along circles.

    It has a margin as wide as the largest circle, so that no place lies outside.
    """

    def __init__(self, red: Image.Image, size: int) -> None:
        margin = round((RADII_MM[1] + OFF_CENTRE_MM + 12) * SCALE)
        grown = red.filter(ImageFilter.MaxFilter(size)).point([0] * 255 + [1])
        wide = Image.new("L", (red.width + 2 * margin, red.height + 2 * margin), 0)
        wide.paste(grown, (margin, margin))
        self._bytes, self._width, self._margin = wide.tobytes(), wide.width, margin

    def places(self, circle: Circle, count: int) -> tuple[int, ...]:
        """Return 1 or 0 for each of `count` places of a circle: red or not."""
        x, y, radius = circle
        reach = round(radius) + 1
        get = _circle(radius, count, self._width)
        start = (y + self._margin - reach) * self._width + x + self._margin - reach
        return get(memoryview(self._bytes)[start:])

    def lone_ring(self, circle: Circle, count: int) -> float:
        """Return how much of a circle is red, less what is red on the circle 4 mm around it.

        So the outer ring of a stamp is preferred to the letters within it.
        """
        on = sum(self.places(circle, count))
        if not on:
            return 0
        x, y, radius = circle
        return on - 0.8 * sum(self.places((x, y, radius + 4 * SCALE), count))


@functools.cache
def _circle(radius: float, count: int, width: int) -> Callable[[memoryview], tuple[int, ...]]:
    """Return what reads the places of a circle from the rows of its square."""
    reach = round(radius) + 1
    turns = (i * math.tau / count for i in range(count))
    places = [
        (reach + round(radius * math.sin(turn))) * width + reach + round(radius * math.cos(turn))
        for turn in turns
    ]
    return operator.itemgetter(*places)


def _arcs(places: Sequence[int]) -> int:
    """Count the places that belong to arcs: single gaps are closed, short pieces left out."""
    count = len(places)
    closed = [here or (places[i - 1] and places[(i + 1) % count]) for i, here in enumerate(places)]
    if all(closed):
        return count
    start = closed.index(False)
    total = length = 0
    for i in range(1, count + 1):
        if closed[(start + i) % count]:
            length += 1
        else:
            total += length if length >= ARC else 0
            length = 0
    return total


def _shares(red: Image.Image, x: float, y: float, radius: float) -> tuple[int, int]:
    """Return the share of red within the ring and in a band around it, in basis points."""
    inner, near, far = (radius + mm * SCALE for mm in (-3, 3, 7))
    data, width = red.tobytes(), red.width
    inside, outside = bytearray(), bytearray()
    for row in range(red.height):
        down = (row - y) ** 2
        for column in range(width):
            away = down + (column - x) ** 2
            if away < inner**2:
                inside.append(data[row * width + column])
            elif near**2 < away < far**2:
                outside.append(data[row * width + column])
    return _share_bp(inside), _share_bp(outside)


def _share_bp(mask: bytes | bytearray) -> int:
    return mask.count(255) * 10_000 // len(mask) if mask else 0
