"""Judge whether somebody signed on a printed line: pen strokes, which are more than the line.

A printed line, a fold, a shadow's edge or a ruler's line has no short upright strokes beside one
another; handwriting has many. The red channel is looked at, in which a stamp is as light as paper.
Source of the limits: docs/sources.md#signature-in-the-scan.
"""

from __future__ import annotations

from PIL import Image, ImageChops

from sync_server.sealing.ink import PenInk
from sync_server.sealing.paper.upright_page import PX_PER_MM, Box

ABOVE_MM, BELOW_MM = 9.5, 2.5
"""How far a signature on a line is looked for above and below it."""
BESIDE_MM = (3.0, 10.0)
"""Where a signature begins after the line's left end, and how far it may pass the right one."""
DARKER = 0.3
"""Ink reflects at least this much less red than the paper beside it."""
REDDER = 70
"""Levels of red above green: a stamp over the line, not a pen."""
SHORTEST_MM, LONGEST_MM = 1.2, 11.0
"""An upright piece of a stroke; longer ones run through, as a fold or an edge does."""
WIDEST_GAP_MM = 9.0
"""Columns with strokes that are nearer than this belong together."""


def room(line: Box) -> Box:
    """Return where a signature on a line is looked for.

    Args:
        line: the printed line; its height is 0 mm.
    """
    return Box(
        left=line.left + BESIDE_MM[0],
        top=line.top - ABOVE_MM,
        right=line.right + BESIDE_MM[1],
        bottom=line.top + BELOW_MM,
    )


def pen_ink(page: Image.Image, line: Box) -> PenInk:
    """Measure the strokes on a signature line.

    Args:
        page: the upright page.
        line: where the line is on it.
    """
    ink, width, height = _ink(page, room(line))
    columns = [
        x
        for x in range(width)
        if any(
            SHORTEST_MM * PX_PER_MM <= length <= LONGEST_MM * PX_PER_MM
            for length in _runs([ink[y * width + x] for y in range(height)])
        )
    ]
    together = _together(columns)
    wide = together[-1] - together[0] + 1 if together else 0
    return PenInk(strokes=len(together), width_dmm=wide * 10 // PX_PER_MM)


def _ink(page: Image.Image, box: Box) -> tuple[list[bool], int, int]:
    """Return for each sample of a rectangle whether it is darker than the paper beside it."""
    colour = page.crop(box.in_pixels())
    part = colour.getchannel("R")
    stamp = ImageChops.subtract(part, colour.getchannel("G"))
    side = 4 * PX_PER_MM
    columns, rows = max(1, part.width // side), max(1, part.height // side)
    papers = bytearray()
    for row in range(rows):
        for column in range(columns):
            square = part.crop(
                (
                    column * part.width // columns,
                    row * part.height // rows,
                    (column + 1) * part.width // columns,
                    (row + 1) * part.height // rows,
                )
            )
            values = sorted(square.tobytes())
            papers.append(values[len(values) * 17 // 20])
    paper = Image.frombytes("L", (columns, rows), bytes(papers)).resize(
        part.size, Image.Resampling.BILINEAR
    )
    dark = [
        value < under * (1 - DARKER) and redder < REDDER
        for value, under, redder in zip(
            part.tobytes(), paper.tobytes(), stamp.tobytes(), strict=True
        )
    ]
    return dark, part.width, part.height


def _runs(column: list[bool]) -> list[int]:
    """Return the lengths of the runs of ink in a column."""
    runs, length = [], 0
    for dark in [*column, False]:
        if dark:
            length += 1
        elif length:
            runs.append(length)
            length = 0
    return runs


def _together(columns: list[int]) -> list[int]:
    """Return the largest group of columns without a wide gap."""
    groups: list[list[int]] = []
    for x in columns:
        if groups and x - groups[-1][-1] <= WIDEST_GAP_MM * PX_PER_MM:
            groups[-1].append(x)
        else:
            groups.append([x])
    return max(groups, key=len, default=[])
