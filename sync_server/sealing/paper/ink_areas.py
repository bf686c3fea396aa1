"""Judge the areas of a page that must bear ink: stamp areas, and the line of who answers for it."""

from __future__ import annotations

import io
from collections.abc import Sequence

import msgspec
from PIL import Image, ImageChops, ImageDraw, ImageStat

from sync_server.paperwork.typeset import SignatureLine, StampArea
from sync_server.sealing.ink import SIGNATURE, SOME_RED_BP, STAMP, AreaInk, area_name
from sync_server.sealing.paper.pen_ink import pen_ink, room
from sync_server.sealing.paper.red_ink import is_grey, stamp_ink
from sync_server.sealing.paper.upright_page import A4_MM, Box, label_shift

LABELS_MM = 21.0
"""How far before a signature line its label begins."""
SHOWN_AROUND_MM = 9.0
OUTLINE = (0, 96, 200)
OWN_FILE = 0.25
"""Most by which the print file, drawn as a picture, differs from the print, of the print's ink."""


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """One area of a scanned page: what it shows, the problem's code ("" without one), a picture.

    `jpeg` is the area as it was looked at, outlined, with what is around it.
    """

    ink: AreaInk
    code: str
    jpeg: bytes


class JudgedPage(msgspec.Struct, frozen=True, kw_only=True):
    """The areas of a page, and the labels of the other signature lines nobody signed on."""

    areas: tuple[Judged, ...] = ()
    empty_lines: tuple[str, ...] = ()


def judge(
    page: Image.Image,
    stamp_areas: Sequence[StampArea],
    lines: Sequence[SignatureLine],
    printed: Image.Image | None,
    *,
    own_file: bool,
) -> JudgedPage:
    """Judge every area of one page.

    Args:
        page: the upright page.
        stamp_areas: the stamp areas on it.
        lines: the signature lines on it.
        printed: the print of the page at the same scale; None to trust the QR's placing.
        own_file: whether the page is the print file itself, as letters and lines or as a picture.
    """
    grey = is_grey(page)
    areas: list[tuple[AreaInk, Box]] = []
    empty: list[str] = []
    for area in stamp_areas:
        own = [line for line in lines if line.ref == area.ref]
        x_mm, y_mm = _shift(page, printed, own)
        box = Box(
            left=area.x_mm,
            top=area.y_mm,
            right=area.x_mm + area.w_mm,
            bottom=area.y_mm + area.h_mm,
        ).moved(x_mm, y_mm)
        name = area_name(STAMP, area.ref)
        areas.append((AreaInk(area=name, stamp=stamp_ink(page, box), grey=grey), box))
        for line in own:
            place = Box(
                left=line.x_mm, top=line.y_mm, right=line.x_mm + line.w_mm, bottom=line.y_mm
            ).moved(x_mm, y_mm)
            pen = pen_ink(page, place)
            if line.last:
                ink = AreaInk(area=area_name(SIGNATURE, area.ref), pen=pen)
                areas.append((ink, room(place)))
            elif not pen.enough:
                empty.append(line.label)
    own_file = own_file and not any(ink.enough for ink, _ in areas)
    return JudgedPage(
        areas=tuple(
            Judged(ink=ink, code=_code(ink, own_file=own_file), jpeg=_shown(page, box))
            for ink, box in areas
        ),
        # a page nobody signed is a problem already; one with one signature lacks the others
        empty_lines=tuple(empty) if any(ink.pen and ink.enough for ink, _ in areas) else (),
    )


def _code(ink: AreaInk, *, own_file: bool) -> str:
    """Return the problem of an area, "" where the ink is there."""
    if ink.enough:
        return ""
    if own_file:
        return "scan.own_file"
    if ink.stamp is None:
        return "scan.no_signature"
    if ink.grey:
        return "scan.grey"
    return "scan.red_not_stamp" if ink.stamp.red_bp >= SOME_RED_BP else "scan.no_red_ink"


def _shift(
    page: Image.Image, printed: Image.Image | None, lines: Sequence[SignatureLine]
) -> tuple[float, float]:
    """Return how far the labels of these lines lie from where the QR places them."""
    if printed is None or not lines:
        return 0.0, 0.0
    labels = Box(
        left=lines[0].x_mm - LABELS_MM,
        top=min(line.y_mm for line in lines) - 5,
        right=lines[0].x_mm,
        bottom=max(line.y_mm for line in lines) + 1.5,
    )
    return label_shift(page, printed, labels) or (0.0, 0.0)


def is_print_file(image: Image.Image, printed: Image.Image) -> bool:
    """Return whether a picture is the print file itself: paper never lies that straight.

    Args:
        image: the uploaded page as it came.
        printed: the print of the page.
    """
    if abs(image.width / image.height - printed.width / printed.height) > 0.01:
        return False
    seen, print_ = (
        ImageChops.invert(one.convert("RGB").resize(A4_MM, Image.Resampling.BOX))
        for one in (image, printed)
    )
    differs = max(ImageStat.Stat(ImageChops.difference(seen, print_)).mean)
    return differs <= OWN_FILE * max(ImageStat.Stat(print_).mean)


def _shown(page: Image.Image, box: Box) -> bytes:
    """Return an area and what is around it as a small JPEG, with the area outlined."""
    around = box.grown(SHOWN_AROUND_MM)
    picture = page.crop(around.in_pixels())
    inner = box.moved(-around.left, -around.top).in_pixels()
    ImageDraw.Draw(picture).rectangle(inner, outline=OUTLINE, width=2)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=70)
    return out.getvalue()
