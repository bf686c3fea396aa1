"""Draw pictures as a phone's camera or an office scanner takes them, from a seed.

Takes what a slip or a page says, returns JPEG bytes with the faults real ones have. The demo's
phones photograph these slips, its offices upload these scans. Nothing is cached.
"""

from __future__ import annotations

import io
from random import Random

from PIL import Image, ImageDraw, ImageFilter

from sync_server.sample import camera, handwriting, stamps
from sync_server.sample.model import seeded
from sync_server.sample.slip import flat_slip

_A4_WIDTH_MM = 210
STAMP_MM = 42.0
"""The usual diameter of school stamps; 45 mm is the most allowed (docs/sources.md#stamp-size)."""


def draw_slip(
    case_code: str,
    *,
    seed: int,
    name_masked: str,
    school: str,
    notice_no: str,
    signed_on: str = "2019-12-12",
    sharp: bool = True,
) -> bytes:
    """Draw a photo of a signed receipt slip: 4000 x 3000 JPEG with EXIF (maker, time, position).

    Every third seed (seed % 3 == 1) is a phone held upright: orientation 6, to be turned for
    viewing.

    Args:
        case_code: bare code of the case (`shared.ids.case_code`), printed and in the QR.
        seed: equal seeds give equal bytes.
        name_masked: the borrower's masked name.
        school: the name of the school that delivers the notice.
        notice_no: the notice's number.
        signed_on: the day the signer writes, ISO.
        sharp: False gives one so blurred that neither QR nor writing can be read.

    Returns:
        The JPEG file.

    Raises:
        ProblemError: case.code_invalid.
    """
    rng = seeded("slip", seed, case_code)
    upright = seed % 3 == 1
    sheet = flat_slip(
        case_code,
        name_masked=name_masked,
        school=school,
        notice_no=notice_no,
        signed_on=signed_on,
        rng=rng,
    )
    return camera.jpeg(
        camera.photograph(sheet, upright=upright, sharp=sharp, rng=rng), upright=upright, rng=rng
    )


def draw_stamped_scan(
    page_png: bytes,
    *,
    seed: int,
    stamp_xy_mm: tuple[float, float],
    signatures_xy_mm: tuple[tuple[float, float], ...] | None = None,
    text: str = "样章 · 青槐县××学校",
) -> bytes:
    """Draw the scan of a printed A4 page with signatures and a specimen stamp: JPEG, quality 80.

    Args:
        page_png: the page as an image, 150 to 200 dpi; its whole width counts as 210 mm.
        seed: equal seeds give equal bytes.
        stamp_xy_mm: the centre of the 42 mm stamp, from the page's top left corner.
        signatures_xy_mm: left end of the line of each signature; None puts two to the left of the
            stamp.
        text: the small text under the large 样章; a leading "样章 · " is dropped, as it is there
            already.

    Returns:
        The JPEG file.
    """
    rng = seeded("scan", seed)
    page = Image.open(io.BytesIO(page_png)).convert("RGB")
    px_per_mm = page.width / _A4_WIDTH_MM
    x, y = stamp_xy_mm
    places = ((x - 70, y - 4), (x - 70, y + 10)) if signatures_xy_mm is None else signatures_xy_mm
    _sign(page, places, px_per_mm, rng)
    stamp = stamps.specimen_stamp(
        px_per_mm, text.removeprefix("样章").lstrip(" ·"), rng, diameter_mm=STAMP_MM
    )
    corner = round(x * px_per_mm - stamp.width / 2), round(y * px_per_mm - stamp.height / 2)
    stamps.press(page, stamp, stamps.RED, corner)
    out = io.BytesIO()
    dpi = round(px_per_mm * 25.4)
    _scanned(page, rng).save(out, "JPEG", quality=80, dpi=(dpi, dpi))
    return out.getvalue()


def _sign(
    page: Image.Image, places: tuple[tuple[float, float], ...], px_per_mm: float, rng: Random
) -> None:
    zoom = 3  # a pen line is two or three pixels here: drawn larger, then shrunk
    for x, y in places:
        hand = px_per_mm * rng.uniform(7.5, 9.5)
        size = (round(hand * 4.2), round(hand * 1.9))
        large = Image.new("L", (size[0] * zoom, size[1] * zoom), 0)
        start = (hand * zoom * 0.3, hand * zoom * 0.5)
        pen = px_per_mm * zoom * 0.5
        handwriting.signature(
            ImageDraw.Draw(large), start, hand * zoom, rng.choice((2, 3)), pen, rng
        )
        written = large.resize(size, Image.Resampling.LANCZOS)
        stamps.press(
            page, written, (26, 32, 84), (round(x * px_per_mm), round(y * px_per_mm - hand * 1.4))
        )


def _scanned(page: Image.Image, rng: Random) -> Image.Image:
    """Turn the page slightly and add grey paper, dust, the lid's shadow and a little blur."""
    grey = (236, 235, 231)
    paper = Image.merge(
        "RGB",
        [
            band.point([24 + level * (top - 24) // 255 for level in range(256)])
            for band, top in zip(page.split(), grey, strict=True)
        ],
    )
    turned = paper.rotate(
        rng.uniform(-1.5, 1.5), Image.Resampling.BICUBIC, fillcolor=(214, 214, 212)
    )
    draw = ImageDraw.Draw(turned)
    for _ in range(rng.randrange(6, 16)):
        x, y = rng.randrange(page.width), rng.randrange(page.height)
        draw.ellipse((x, y, x + rng.randrange(1, 3), y + rng.randrange(1, 3)), fill=(150, 148, 145))
    for x in range(round(page.width * 0.012)):
        shade = 150 + x * 80 // max(1, round(page.width * 0.012))
        draw.line((x, 0, x, page.height), fill=(shade, shade, shade))
    return turned.filter(ImageFilter.GaussianBlur(0.4))
