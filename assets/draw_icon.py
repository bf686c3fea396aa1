"""Draw Doorstep's icon: an open door with a lit room behind it, a step, a cinnabar handle plate.

Written beside this file: icon.png (opaque, inside every launcher's mask), splash.png and
favicon.png (with a transparent border). Everything is drawn four times too large and reduced, so
that slanted edges are smooth.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image, ImageDraw

HERE = Path(__file__).resolve().parent
OVERSAMPLE = 4
GRID_PX = 512  # the mark's own coordinates

GROUND = "#1F5C57"  # deep teal-green
FRAME = "#174844"
PAPER = "#FBF6EC"  # the door and the step's top
EDGE = "#D9C9A8"  # paper in the shade
ROOM = "#EBC98C"  # lamplight
FLOOR = "#F4DDB0"
SHADE = "#D9B878"
CINNABAR = "#C8452D"

Point = tuple[float, float]


class Canvas:
    """Draws in grid coordinates on a picture of another size."""

    def __init__(self, size_px: int, zoom: float, ground: str | None) -> None:
        """Make an empty picture.

        Args:
            size_px: the side of the final picture.
            zoom: enlarges the icon about its middle.
            ground: the background colour; None leaves it transparent.
        """
        side = size_px * OVERSAMPLE
        self.image = Image.new("RGBA", (side, side), ground or "#1F5C5700")
        self._draw = ImageDraw.Draw(self.image)
        self._size_px = size_px
        self._scale = side / GRID_PX * zoom
        self._shift = side / 2 - GRID_PX / 2 * self._scale

    def _at(self, point: Point) -> Point:
        return point[0] * self._scale + self._shift, point[1] * self._scale + self._shift

    def shape(self, colour: str, *corners: Point) -> None:
        """Fill a polygon."""
        self._draw.polygon([self._at(corner) for corner in corners], fill=colour)

    def block(self, colour: str, first: Point, last: Point, radius: float = 0) -> None:
        """Fill an upright rectangle with rounded corners."""
        self._draw.rounded_rectangle(
            (*self._at(first), *self._at(last)), radius * self._scale, fill=colour
        )

    def reduced(self) -> Image.Image:
        """Return the picture at its final size."""
        return self.image.resize((self._size_px, self._size_px), Image.Resampling.BOX)


def draw_mark(canvas: Canvas) -> None:
    """Draw the doorway, from the back to the front."""
    canvas.block(FRAME, (148, 96), (364, 340), 12)
    canvas.block(FRAME, (148, 300), (364, 386))
    canvas.block(ROOM, (168, 116), (344, 386))
    canvas.shape(FLOOR, (168, 350), (344, 350), (344, 386), (168, 386))
    canvas.shape(SHADE, (274, 350), (292, 350), (216, 386), (168, 386))
    canvas.shape(PAPER, (168, 116), (274, 144), (274, 362), (168, 386))
    canvas.block(CINNABAR, (232, 240), (259, 267), 4)
    canvas.block(EDGE, (130, 386), (382, 418), 6)
    canvas.block(PAPER, (130, 386), (382, 406), 6)


def main() -> int:
    """Write the three pictures."""
    icon = Canvas(512, 1.0, GROUND)
    draw_mark(icon)
    icon.reduced().convert("RGB").save(HERE / "icon.png", optimize=True)

    splash = Canvas(1152, 0.62, None)
    splash.block(GROUND, (46, 46), (466, 466), 92)
    draw_mark(splash)
    splash.reduced().save(HERE / "splash.png", optimize=True)

    favicon = Canvas(64, 1.34, None)
    favicon.block(GROUND, (68, 66), (444, 446), 70)
    draw_mark(favicon)
    favicon.reduced().save(HERE / "favicon.png", optimize=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
