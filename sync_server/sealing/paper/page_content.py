"""What a scanned page holds beside the codes that were read: nothing, or a code not read.

The back of a sheet that was scanned on both sides is blank; it may show the front through, holes
and dark edges. Source of the limits: docs/sources.md#slips-in-a-stack.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from PIL import Image, ImageChops, ImageFilter, ImageStat

from sync_server.paperwork import qr_codes
from sync_server.sealing.paper.upright_page import Box, cut_out

LOOKED_AT_PX = 630
"""The shorter side at which a page is looked at for ink: 3 px a millimetre of A4."""
EDGE = 0.05
"""The share of the longer side along each edge that is not looked at: holes and dark edges."""
DARKER = 0.3
"""Ink reflects at least this much less than the paper around it; what shows through, less."""
BLANK = 0.0006
"""The most ink of a blank page, as a share of it: dust. A slip has ten times as much."""
CODE_PX_PER_MM = 4
"""The scale at which a code is searched: a module then has 4 px."""
CODE_MM = 15
"""A square inside a code of 20 mm, whatever its place."""
CODE_DARK, CODE_EDGES = 0.32, 0.06
"""The least share of black of such a square, and of changes to the next pixel; letters have
fewer."""
SPOT_MM = (4, 18)
"""How large the place is at which such a square lies on a code: a table's grain reaches further."""
ALL_PAPER = 0.97
"""The least share of a scan that is paper."""
OTHER_INK_MM2 = 30
"""So much ink beyond the sheets of the slips that were read is another sheet: a slip has more."""


def is_blank(image: Image.Image) -> bool:
    """Return whether a page bears nothing but dust.

    Args:
        image: the page.
    """
    light = _lightness(image)
    smaller = max(1, min(light.size) // LOOKED_AT_PX)
    dark = _dark(light.reduce(smaller) if smaller > 1 else light, min(light.size) // smaller // 18)
    margin = min(round(max(dark.size) * EDGE), (min(dark.size) - 1) // 2)  # a strip has a middle
    inner = dark.crop((margin, margin, dark.width - margin, dark.height - margin))
    return ImageStat.Stat(inner).mean[0] / 255 <= BLANK


def around(places: Iterable[complex]) -> Box:
    """Return the smallest rectangle around places."""
    found = list(places)
    return Box(
        left=min(place.real for place in found),
        top=min(place.imag for place in found),
        right=max(place.real for place in found),
        bottom=max(place.imag for place in found),
    )


def reach(image: Image.Image, placing: tuple[complex, complex]) -> Box:
    """Return how far a picture reaches, in millimetres of a print in it.

    Args:
        image: the picture.
        placing: where the print is in it (`page_to_picture`).
    """
    turn, shift = placing
    return around(
        (complex(x, y) - shift) / turn for x in (0, image.width) for y in (0, image.height)
    )


def shows_through(
    grey: Image.Image, placing: tuple[complex, complex], code: Box, text: str
) -> bool:
    """Return whether a code is mirrored: the reader reads that, too, from the back of a sheet.

    Its dots are compared with those of the same code as we print it, and with their mirror image.

    Args:
        grey: the picture.
        placing: where the print is in it.
        code: where the code is on the print.
        text: what it says.
    """
    modules = qr_codes.make(text)
    matrix = [bytes(row) for row in modules.matrix]
    side = len(matrix)
    seen = cut_out(grey, placing, code, side * 4 / (code.right - code.left)).convert("L")
    dots = seen.resize((side, side), Image.Resampling.BOX).tobytes()
    middle = (min(dots) + max(dots)) / 2
    dark = [[dots[y * side + x] < middle for x in range(side)] for y in range(side)]
    every = [(x, y) for x in range(side) for y in range(side)]
    straight = sum(dark[y][x] == bool(matrix[y][x]) for x, y in every)
    mirrored = sum(dark[y][x] == bool(matrix[x][y]) for x, y in every)
    return mirrored > straight


def has_other_print(
    image: Image.Image,
    placing: tuple[complex, complex],
    code: Box,
    read: Sequence[Box],
    reach: Box,
    *,
    above_mm: float = 0,
) -> bool:
    """Return whether a picture shows a code that was not read, or print of another sheet.

    All in millimetres of one print in the picture.

    Args:
        image: the picture.
        placing: where that print is in it.
        code: where its own code is: how dark its black is, and how light its paper.
        read: the slips or pages that were read; on them a thumb print may look like a code.
        reach: how far the picture reaches.
        above_mm: how far the sheet of each reaches above it.
    """
    page = _lightness(cut_out(image, placing, reach, CODE_PX_PER_MM)).filter(ImageFilter.BoxBlur(1))
    here = sorted(
        page.crop(code.moved(-reach.left, -reach.top).in_pixels(CODE_PX_PER_MM)).tobytes()
    )
    black, white = here[len(here) // 10], here[len(here) * 9 // 10]
    dark, paper = _ink_like(page, black, white)
    for part in read:
        dark.paste(0, part.grown(2).moved(-reach.left, -reach.top).in_pixels(CODE_PX_PER_MM))
    if _code_like(dark):
        return True
    if ImageStat.Stat(paper).mean[0] / 255 < ALL_PAPER:
        return False  # a photograph: what lies around is no paper
    for part in read:
        sheet = Box(left=part.left, top=part.top - above_mm, right=part.right, bottom=part.bottom)
        dark.paste(0, sheet.grown(8).moved(-reach.left, -reach.top).in_pixels(CODE_PX_PER_MM))
    ink_mm2 = ImageStat.Stat(dark).sum[0] / 255 / CODE_PX_PER_MM**2
    return ink_mm2 >= OTHER_INK_MM2


def _ink_like(page: Image.Image, black: int, white: int) -> tuple[Image.Image, Image.Image]:
    """Return 255 where a page is as dark as a code's black on paper, and where there is paper."""
    coarse = page.reduce(CODE_PX_PER_MM * 2)
    around = coarse.filter(ImageFilter.MaxFilter(7)).filter(ImageFilter.BoxBlur(1))
    paper = around.resize(page.size, Image.Resampling.BILINEAR)
    span = white - black
    at_least = white - span * 0.4
    is_paper = paper.point([255 if level >= at_least else 0 for level in range(256)])
    under = paper.point([max(0, round(level - span / 2)) for level in range(256)])
    dark = ImageChops.subtract(under, page).point([0] + [255] * 255)
    return ImageChops.darker(dark, is_paper), is_paper


def _code_like(dark: Image.Image) -> bool:
    """Return whether a mask holds a square with the texture of a QR code, and paper around it."""
    aside = ImageChops.difference(dark, ImageChops.offset(dark, 1, 0))
    below = ImageChops.difference(dark, ImageChops.offset(dark, 0, 1))
    found = _dense(dark, CODE_DARK)
    for edges in (aside, below):
        found = ImageChops.darker(found, _dense(edges, CODE_EDGES))
    return any(SPOT_MM[0] <= max(width, height) <= SPOT_MM[1] for width, height in _spots(found))


def _spots(mask: Image.Image) -> Iterator[tuple[int, int]]:
    """Yield width and height of each group of neighbouring pixels."""
    width = mask.width
    left = {n for n, level in enumerate(mask.tobytes()) if level}
    while left:
        waiting, xs, ys = [left.pop()], [], []
        while waiting:
            here = waiting.pop()
            xs.append(here % width)
            ys.append(here // width)
            for step in (-1, 1, -width, width):
                if here + step in left:
                    left.remove(here + step)
                    waiting.append(here + step)
        yield max(xs) - min(xs) + 1, max(ys) - min(ys) + 1


def _lightness(image: Image.Image) -> Image.Image:
    """Return the lightest channel: a red stamp and a thumb print are as light as paper in it."""
    if image.mode != "RGB":
        return image.convert("L")
    red, green, blue = image.split()
    return ImageChops.lighter(red, ImageChops.lighter(green, blue))


def _dark(light: Image.Image, around_px: int) -> Image.Image:
    """Return 255 where a pixel is ink: darker than the paper around it.

    Args:
        light: the picture.
        around_px: how far around.
    """
    step = max(2, around_px // 3)
    coarse = light.reduce(step)
    paper = coarse.filter(ImageFilter.MaxFilter(3)).filter(ImageFilter.BoxBlur(1))
    under = paper.resize(light.size, Image.Resampling.BILINEAR)
    wanted = under.point([round(level * (1 - DARKER)) for level in range(256)])
    return ImageChops.subtract(wanted, light).point([0] + [255] * 255)


def _dense(mask: Image.Image, share: float) -> Image.Image:
    """Return 255 at each millimetre around which a square has at least this share of a mask."""
    density = mask.reduce(CODE_PX_PER_MM).filter(ImageFilter.BoxBlur(CODE_MM // 2))
    least = round(share * 255)
    return density.point([255 if level >= least else 0 for level in range(256)])
