"""Read one page of a stack of slips: which slips it shows, upright cut-outs, ink of the signer.

Nothing is guessed: a part is filed by its own QR code alone, and only where no other code lies on
it. Imported in short-lived workers only: an upload may be anything.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

import msgspec
from PIL import Image, ImageChops, ImageFilter, ImageOps, ImageStat

from shared.paper import SlipMark, parse_slip
from shared.problems import ProblemError
from sync_server.sealing.paper import page_content, pictures
from sync_server.sealing.paper.pictures import FoundCode
from sync_server.sealing.paper.slip_layout import (
    CUT_LINE_MM,
    PRINTED,
    SIGNER_LABEL,
    SIGNER_LINE,
    SLIP,
    SLIP_QR,
)
from sync_server.sealing.paper.upright_page import (
    PX_PER_MM,
    Box,
    cut_out,
    label_shift,
    page_to_picture,
)
from sync_server.sealing.slip_part import SlipPart
from sync_server.store.slip_stacks import Ink

CUT_OUT_MARGIN_MM = 8.0
"""Around a slip in its cut-out: a photograph at an angle places it a little aside."""
CUT_OUT_PX_PER_MM = 6.5
"""The scale of a cut-out, 165 dpi: small handwriting is still read."""
WHOLE_PX = 1754
"""The longer edge of a page that is kept whole: A4 at 150 dpi."""
CUT_OUT_BYTES = 200_000
"""What a cut-out is to take at most; its quality goes down to QUALITIES[-1]."""
QUALITIES = (80, 70, 60, 50)
LARGEST_PX = 12_000_000
"""Pages are read at this size at most: A3 at 250 dpi, or a phone's picture."""
SAME_MM = 12.0
"""Two readings of one code whose middles are nearer than this are the same symbol."""
OVERLAP_MM = 6.0
"""Slips that lie side by side are placed so well that they overlap by less than this."""
GRID = 12
"""So many steps across a slip its places are compared with another's."""
MOST_SHEET_MM2 = 700 * 700
"""What a picture shows at most where other codes are searched on it: A3, turned by any angle."""
ABOVE_MM, BELOW_MM = 6.2, 0.9
"""Where the signer's ink is measured: above the line as far as the row above, and not the line."""
SIGNED, EMPTY = 0.060, 0.012
"""The least share of ink where somebody signed, and the most where nobody did.

Source: docs/sources.md#slips-in-a-stack.
"""
ROUGHLY, STRIP_MM, NEAR_MM = 0.97, 6, 2
"""What is printed is found strip by strip, whatever was written between; then the label near it."""
DARKER = 0.22
"""The signer's ink reflects at least this much less than the paper beside it, in some colour."""
RULED = 0.55
"""A row of pixels with so much ink is a printed line, not handwriting."""


class _Placed(msgspec.Struct, frozen=True):
    """A slip's code, and where the slip is in the picture."""

    mark: SlipMark
    placing: tuple[complex, complex]

    @property
    def middle(self) -> complex:
        """The middle of its code in the picture."""
        return self.at((SLIP_QR.left + SLIP_QR.right) / 2, (SLIP_QR.top + SLIP_QR.bottom) / 2)

    def at(self, x_mm: float, y_mm: float) -> complex:
        """Return where a place of the slip is in the picture."""
        turn, shift = self.placing
        return turn * complex(x_mm, y_mm) + shift

    def place_of(self, point: complex) -> complex:
        """Return which place of the slip is at a point of the picture."""
        turn, shift = self.placing
        return (point - shift) / turn

    def covers(self, point: complex, inset_mm: float) -> bool:
        """Return whether a point of the picture lies on the slip, this far inside its edges."""
        place = self.place_of(point)
        return (
            inset_mm <= place.real <= SLIP.right - inset_mm
            and inset_mm <= place.imag <= SLIP.bottom - inset_mm
        )


def read_page(image: Image.Image, template: Image.Image | None = None) -> list[SlipPart]:
    """Return the parts of one page; a blank one has one part, which says so.

    Args:
        image: the page, RGB or grey, any way round.
        template: an empty printed slip at PX_PER_MM, to find the signer's line by its label;
            without it the code's placing must do.
    """
    image = _bounded(image)
    found = _slips(image)
    if not found:
        if page_content.is_blank(image):
            return [SlipPart(why="blank")]
        return [SlipPart(why="no_code", jpeg=_whole(image))]
    parts = [_part(image, one, found, template) for one in found]
    if _another(image, found):
        parts.append(SlipPart(why="other_code", jpeg=_whole(image)))
    return parts


def _bounded(image: Image.Image) -> Image.Image:
    if image.mode not in ("L", "RGB"):
        image = pictures.flat(image)
    smaller = 1
    while image.width * image.height / smaller**2 > LARGEST_PX:
        smaller += 1
    return image.reduce(smaller) if smaller > 1 else image


def _slips(image: Image.Image) -> list[_Placed]:
    """Return the slips whose codes are read, each once; harder ways where one is not read yet."""
    found: list[_Placed] = []
    grey = image.convert("L")
    for codes in _ways_to_read(grey):
        for code in codes:
            _add(found, code, grey)
        if found and not _another(image, found):
            return found
        if not found and page_content.is_blank(image):
            return []
    return found


def _ways_to_read(grey: Image.Image) -> Iterator[list[FoundCode]]:
    """Yield what is read from the page as it is, evened out, and at other scales."""
    yield pictures.read_codes(grey)
    yield pictures.read_codes(_evened(grey))
    half = grey.reduce(2)
    yield pictures.read_codes(half, 0.5)
    yield pictures.read_codes(ImageOps.autocontrast(half.filter(ImageFilter.MedianFilter(3))), 0.5)
    if grey.width * grey.height * 4 <= pictures.MOST_PIXELS:
        size = (grey.width * 2, grey.height * 2)
        large = grey.resize(size, Image.Resampling.BICUBIC)
        yield pictures.read_codes(large, 2.0)
        yield pictures.read_codes(_evened(large.filter(ImageFilter.GaussianBlur(1.2))), 2.0)


def _evened(grey: Image.Image) -> Image.Image:
    """Return a picture without its shadows: each pixel against the paper around it."""
    coarse = grey.reduce(16)
    around = (
        coarse.filter(ImageFilter.MaxFilter(5))
        .filter(ImageFilter.BoxBlur(2))
        .resize(grey.size, Image.Resampling.BILINEAR)
    )
    return ImageOps.autocontrast(ImageOps.invert(ImageChops.subtract(around, grey)), cutoff=0.1)


def _add(found: list[_Placed], code: FoundCode, grey: Image.Image) -> None:
    """Add a slip's code that was not found before; codes of other papers are passed over."""
    try:
        mark = parse_slip(code.text)
    except ProblemError:
        return
    placed = _Placed(mark, page_to_picture(code.corners, SLIP_QR))
    scale = abs(placed.placing[0])
    new = scale and all(
        one.mark != mark or abs(one.middle - placed.middle) > SAME_MM * scale for one in found
    )
    if new and not page_content.shows_through(grey, placed.placing, SLIP_QR, code.text):
        found.append(placed)


def _part(
    image: Image.Image, one: _Placed, found: Sequence[_Placed], template: Image.Image | None
) -> SlipPart:
    """Return one slip; nobody's where another code lies on it, or another slip over it."""
    others = [other for other in found if other is not one]
    around = SLIP.grown(CUT_OUT_MARGIN_MM)
    jpeg = _small(cut_out(image, one.placing, _on_picture(image, one, around), CUT_OUT_PX_PER_MM))
    if any(_lie_together(one, other) for other in others):
        return SlipPart(why="two_codes", jpeg=jpeg)
    slip = cut_out(image, one.placing, SLIP, PX_PER_MM)
    return SlipPart(
        code=one.mark.code, season=one.mark.season, ink=signer_ink(slip, template), jpeg=jpeg
    )


def _lie_together(one: _Placed, other: _Placed) -> bool:
    """Return whether two slips cover each other, as far as their codes place them."""
    inner = SLIP.grown(-OVERLAP_MM)
    steps = [n / GRID for n in range(GRID + 1)]
    places = [
        (inner.left + (inner.right - inner.left) * x, inner.top + (inner.bottom - inner.top) * y)
        for x in steps
        for y in steps
    ]
    return any(
        a.covers(b.at(*place), OVERLAP_MM)
        for a, b in ((one, other), (other, one))
        for place in places
    )


def _on_picture(image: Image.Image, one: _Placed, box: Box) -> Box:
    """Return the part of a rectangle that the picture reaches."""
    reach = _reach(image, one)
    left, top = max(box.left, reach.left), max(box.top, reach.top)
    return Box(
        left=left,
        top=top,
        right=max(left + 1, min(box.right, reach.right)),
        bottom=max(top + 1, min(box.bottom, reach.bottom)),
    )


def _reach(image: Image.Image, one: _Placed) -> Box:
    """Return how far the picture reaches, in a slip's own millimetres."""
    return page_content.reach(image, one.placing)


def _another(image: Image.Image, found: Sequence[_Placed]) -> bool:
    """Return whether the picture shows a slip beside those found."""
    first = found[0]
    reach = _reach(image, first)
    if (reach.right - reach.left) * (reach.bottom - reach.top) > MOST_SHEET_MM2:
        return False
    edges = [(x, y) for x in (SLIP.left, SLIP.right) for y in (SLIP.top, SLIP.bottom)]
    slips = [page_content.around(first.place_of(one.at(x, y)) for x, y in edges) for one in found]
    return page_content.has_other_print(
        image, first.placing, SLIP_QR, slips, reach, above_mm=CUT_LINE_MM
    )


def signer_ink(slip: Image.Image, template: Image.Image | None) -> Ink:
    """Judge whether somebody wrote, or pressed a thumb, on the signer's line.

    Args:
        slip: the upright slip, RGB at PX_PER_MM.
        template: an empty printed slip at the same scale.
    """
    moved = (0.0, 0.0)
    if template is not None:
        shift = _label_moved(slip, template)
        if shift is None:
            return "unclear"
        moved = shift
    line = SIGNER_LINE.moved(*moved)
    box = Box(
        left=line.left + 0.8,
        top=line.top - ABOVE_MM,
        right=line.right - 0.8,
        bottom=line.top - BELOW_MM,
    )
    share = _ink_share(slip.crop(box.in_pixels()))
    return "signed" if share >= SIGNED else "empty" if share <= EMPTY else "unclear"


def _label_moved(slip: Image.Image, template: Image.Image) -> tuple[float, float] | None:
    """Return how far the signer's label lies from where the code places it; None if not found.

    The print is followed from the code to the label: a photograph at an angle, or a crumpled sheet,
    moves it the further the farther it is away.
    """
    middle, moved, slope = (SLIP_QR.left + SLIP_QR.right) / 2, (0.0, 0.0), (0.0, 0.0)
    found = None
    for strip in PRINTED:
        step = middle - (strip.left + strip.right) / 2
        middle -= step
        guess = moved[0] + slope[0] * step, moved[1] + slope[1] * step
        found = label_shift(slip, template, strip, near=guess, search_mm=STRIP_MM, found_at=ROUGHLY)
        here = found or guess
        slope = (here[0] - moved[0]) / step, (here[1] - moved[1]) / step
        moved = here
    if found is None:
        return None
    return label_shift(slip, template, SIGNER_LABEL, near=found, search_mm=NEAR_MM) or found


def _ink_share(part: Image.Image) -> float:
    """Return the share of a rectangle that is ink of any colour, without printed lines."""
    red, green, blue = part.split()
    darkest = ImageChops.darker(red, ImageChops.darker(green, blue))
    values = sorted(darkest.tobytes())
    paper = values[len(values) * 17 // 20]
    limit = paper * (1 - DARKER)
    mask = darkest.point([255 if level < limit else 0 for level in range(256)])
    rows = [mask.crop((0, y, mask.width, y + 1)) for y in range(mask.height)]
    shares = [ImageStat.Stat(row).mean[0] / 255 for row in rows]
    return sum(share for share in shares if share < RULED) / max(1, len(shares))


def _whole(image: Image.Image) -> bytes:
    """Return a whole page, small."""
    copy = image.convert("RGB")
    copy.thumbnail((WHOLE_PX, WHOLE_PX), Image.Resampling.LANCZOS)
    return _small(copy)


def _small(picture: Image.Image) -> bytes:
    """Return a JPEG without metadata, as good as its size allows."""
    data = b""
    for quality in QUALITIES:
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality)
        data = out.getvalue()
        if len(data) <= CUT_OUT_BYTES:
            break
    return data
