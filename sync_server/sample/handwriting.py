"""Draw meaningless handwriting: like a hurried signature, digits or a tick, never a font's letters.

A stroke is a list of control points in a square of side 1 (y down); it becomes a smooth line, thick
where the pen begins and thin where it ends.
"""

from __future__ import annotations

import math
from itertools import pairwise
from random import Random

from PIL import ImageDraw

Point = tuple[float, float]
Stroke = list[Point]

# The basic strokes of a Chinese hand: 横 竖 撇 捺 点 横折 竖钩 提.
_VOCABULARY: tuple[Stroke, ...] = (
    [(0.08, 0.30), (0.50, 0.24), (0.92, 0.20)],
    [(0.50, 0.04), (0.49, 0.50), (0.48, 0.96)],
    [(0.62, 0.06), (0.50, 0.48), (0.10, 0.94)],
    [(0.32, 0.22), (0.58, 0.62), (0.96, 0.92)],
    [(0.40, 0.10), (0.50, 0.20), (0.56, 0.32)],
    [(0.12, 0.22), (0.60, 0.18), (0.84, 0.16), (0.82, 0.50), (0.70, 0.88)],
    [(0.55, 0.05), (0.57, 0.60), (0.54, 0.92), (0.40, 0.80)],
    [(0.10, 0.78), (0.45, 0.66), (0.88, 0.44)],
    [(0.10, 0.60), (0.50, 0.54), (0.90, 0.52)],
)
_DIGITS: tuple[Stroke, ...] = (
    [
        (0.62, 0.10),
        (0.30, 0.28),
        (0.26, 0.76),
        (0.52, 0.94),
        (0.74, 0.66),
        (0.66, 0.20),
        (0.52, 0.10),
    ],
    [(0.52, 0.06), (0.48, 0.50), (0.44, 0.95)],
    [(0.25, 0.28), (0.50, 0.08), (0.74, 0.28), (0.48, 0.64), (0.22, 0.92), (0.82, 0.86)],
    [(0.26, 0.14), (0.66, 0.14), (0.44, 0.44), (0.74, 0.64), (0.58, 0.92), (0.22, 0.88)],
    [(0.44, 0.06), (0.20, 0.60), (0.84, 0.58), (0.60, 0.30), (0.58, 0.96)],
    [
        (0.76, 0.10),
        (0.36, 0.12),
        (0.30, 0.44),
        (0.66, 0.48),
        (0.68, 0.80),
        (0.42, 0.95),
        (0.22, 0.86),
    ],
    [(0.66, 0.06), (0.34, 0.48), (0.34, 0.88), (0.66, 0.86), (0.66, 0.56), (0.36, 0.60)],
    [(0.20, 0.14), (0.50, 0.13), (0.78, 0.12), (0.54, 0.52), (0.40, 0.95)],
    [
        (0.70, 0.14),
        (0.32, 0.16),
        (0.66, 0.62),
        (0.48, 0.94),
        (0.30, 0.74),
        (0.70, 0.30),
        (0.68, 0.12),
    ],
    [
        (0.68, 0.20),
        (0.36, 0.14),
        (0.32, 0.44),
        (0.66, 0.36),
        (0.70, 0.18),
        (0.66, 0.60),
        (0.54, 0.96),
    ],
)
# Parts of a character: (x, y, width, height) of each, side by side, one above the other, whole.
_LAYOUTS: tuple[tuple[tuple[float, float, float, float], ...], ...] = (
    ((0.0, 0.05, 0.42, 0.9), (0.46, 0.0, 0.54, 1.0)),
    ((0.0, 0.1, 0.36, 0.8), (0.42, 0.0, 0.58, 1.0)),
    ((0.05, 0.0, 0.9, 0.44), (0.0, 0.46, 1.0, 0.54)),
    ((0.0, 0.0, 1.0, 1.0),),
)


def signature(
    ink: ImageDraw.ImageDraw, xy: Point, size: float, count: int, pen: float, rng: Random
) -> None:
    """Draw `count` invented characters.

    Args:
        ink: draws on a mask.
        xy: the top left corner, in pixels.
        size: the height of a character, in pixels.
        count: how many characters.
        pen: the thickness of the pen, in pixels.
        rng: the source of everything random.
    """
    x, y = xy
    slope = rng.uniform(-0.10, 0.03)
    for _ in range(count):
        layout = rng.choice(_LAYOUTS)
        for left, top, width, height in layout:
            place = (x + left * size, y + top * size, width * size, height * size)
            _part(ink, place, 3 if len(layout) > 1 else 5, pen, rng)
        x += size * rng.uniform(0.86, 1.02)
        y += size * slope


def digits(
    ink: ImageDraw.ImageDraw, xy: Point, size: float, number: str, pen: float, rng: Random
) -> None:
    """Draw the digits of a number by hand, `size` px high and half as wide."""
    for index, digit in enumerate(number):
        box = (
            xy[0] + index * size * 0.55,
            xy[1] + rng.uniform(-0.05, 0.05) * size,
            size * 0.6,
            size,
        )
        _draw(ink, _placed(_DIGITS[int(digit)], box, 0.035, rng), pen, rng)


def tick(ink: ImageDraw.ImageDraw, xy: Point, size: float, pen: float, rng: Random) -> None:
    """Draw a tick over a box of `size` px, reaching out of it as ticks do."""
    shape: Stroke = [(0.05, 0.45), (0.38, 0.92), (0.70, 0.30), (1.25, -0.35)]
    _draw(ink, _placed(shape, (*xy, size, size), 0.07, rng), pen, rng)


def _part(
    ink: ImageDraw.ImageDraw,
    box: tuple[float, float, float, float],
    about: int,
    pen: float,
    rng: Random,
) -> None:
    """Draw some strokes in a box; sometimes two are joined, as in running script."""
    last: Point | None = None
    for shape in rng.sample(_VOCABULARY, about + rng.randrange(-1, 2)):
        points = _placed(shape, box, 0.09, rng)
        if last and rng.random() < 0.35:
            _draw(ink, [last, _between(last, points[0], rng), points[0]], pen * 0.55, rng)
        _draw(ink, points, pen, rng)
        last = points[-1]


def _between(a: Point, b: Point, rng: Random) -> Point:
    return (a[0] + b[0]) / 2 + rng.uniform(-6, 6), (a[1] + b[1]) / 2 + rng.uniform(-6, 6)


def _placed(
    shape: Stroke, box: tuple[float, float, float, float], jitter: float, rng: Random
) -> Stroke:
    x, y, width, height = box
    return [
        (x + (px + rng.gauss(0, jitter)) * width, y + (py + rng.gauss(0, jitter)) * height)
        for px, py in shape
    ]


def _draw(ink: ImageDraw.ImageDraw, points: Stroke, pen: float, rng: Random) -> None:
    """Draw a smooth line as dots closer than the pen is thick; its end thins to a third."""
    length = sum(math.dist(a, b) for a, b in pairwise(points))
    steps = max(2, round(length / max(1.0, pen * 0.22)))
    press = rng.uniform(0.85, 1.12)
    for step in range(steps + 1):
        along = step / steps
        x, y = _on_curve(points, along)
        radius = pen / 2 * press * (1.15 - 0.2 * along - 0.6 * max(0.0, along - 0.7) / 0.3)
        ink.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)


def _on_curve(points: Stroke, along: float) -> Point:
    """Return the point at 0..1 of a Catmull-Rom curve through the points."""
    spans = len(points) - 1
    span = min(int(along * spans), spans - 1)
    t = along * spans - span
    p0, p1 = points[max(0, span - 1)], points[span]
    p2, p3 = points[span + 1], points[min(spans, span + 2)]
    x, y = (
        0.5
        * (
            2 * b
            + (c - a) * t
            + (2 * a - 5 * b + 4 * c - d) * t * t
            + (3 * b - a - 3 * c + d) * t * t * t
        )
        for a, b, c, d in zip(p0, p1, p2, p3, strict=True)
    )
    return x, y
