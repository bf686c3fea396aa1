"""Pictures of paper: pages of uploaded files, QR codes on pages, display copies.

Sizes and counts are bounded throughout.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterator

import msgspec
from PIL import Image, ImageOps

from shared.problems import ProblemError
from sync_server.disk_errors import raise_if_system
from sync_server.sealing.paper.upright_page import Corners

MOST_FILE_BYTES = 48 * 1024 * 1024
MOST_PIXELS = 64_000_000
"""The largest picture: A4 at 600 dpi is 35 megapixels, a large phone camera 50. A larger JPEG, up
to what Pillow opens at all, is decoded at half its size."""
RASTER_DPI = 200
"""A PDF's pages are drawn at this density: a 20 mm QR of 29 modules then has 5 pixels a module."""
DISPLAY_PX = 1754
"""The display copy's longer edge: A4 at 150 dpi."""
MOST_PDF_PAGES = 200
"""The most pages of a PDF that are looked at."""
COVERED = 0.5
"""The share of a scanned page that its picture covers at least."""
MOST_OF_12_BITS = 4095
"""The lightest grey of 12 bits."""
LONGEST_SIDE_PX = 65_535
"""The longest side that the reader of QR codes takes (zxing-cpp)."""
WIDTHS_PX = (1240, 1754, 2480, 900, 3508)
"""Page widths at which a QR is searched after the scan's own.

Blurred scans read better smaller, tiny ones larger.
"""


def media_type(data: bytes) -> str:
    """Return the type by the first bytes; `application/octet-stream` for all others."""
    if data.startswith(b"%PDF-"):
        return "application/pdf"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith((b"II*\0", b"MM\0*")):
        return "image/tiff"
    return "application/octet-stream"


def pages_of(name: str, data: bytes, *, with_seals: bool = False) -> Iterator[Image.Image]:
    """Yield the pages of an upload as upright RGB (or grey) pictures, one at a time.

    Args:
        name: the file's name, for problems.
        data: its bytes.
        with_seals: whether the pictures of electronic signatures are drawn too.

    Yields:
        The pages in order.

    Raises:
        ProblemError: scan.unreadable, scan.too_large, scan.too_many_pages.
    """
    if len(data) > MOST_FILE_BYTES:
        raise _too_large(name)
    kind = media_type(data)
    if kind == "application/pdf":
        yield from _pdf_pages(name, data, with_seals)
    elif kind in ("image/jpeg", "image/png"):
        yield _picture(name, data)
    else:
        raise ProblemError("scan.unreadable", file=name)


def drawn_pages(data: bytes) -> frozenset[int]:
    """Return the pages of a PDF, from 1, that no picture covers: they were never scanned.

    A scan with recognised text has letters too, but over its picture.

    Args:
        data: the file; anything but a PDF has no such page.
    """
    import pypdfium2
    import pypdfium2.raw as pdfium

    if media_type(data) != "application/pdf":
        return frozenset()
    found = set()
    try:
        with pypdfium2.PdfDocument(data) as document:
            for number in range(min(len(document), MOST_PDF_PAGES)):
                page = document[number]
                whole = math.prod(page.get_size())
                covered = sum(
                    max(0.0, (right - left) * (top - bottom))
                    for left, bottom, right, top in (
                        picture.get_bounds()
                        for picture in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE])
                    )
                )
                if covered < COVERED * whole:
                    found.add(number + 1)
                page.close()
    except Exception as error:  # broken files are named where their pages are read
        raise_if_system(error)
        return frozenset()
    return frozenset(found)


def print_page(pdf: bytes, number: int, px_per_mm: int, size: tuple[int, int]) -> Image.Image:
    """Draw a page of the print at a scale.

    Args:
        pdf: the print.
        number: the page, from 1.
        px_per_mm: the scale.
        size: the picture's size in pixels; a page differs from it by a pixel at most.

    Returns:
        The page, RGB.
    """
    import pypdfium2

    with pypdfium2.PdfDocument(pdf) as document:
        page = document[number - 1]
        picture: Image.Image = page.render(scale=px_per_mm * 25.4 / 72).to_pil().convert("RGB")
    return picture.crop((0, 0, *size))


class FoundCode(msgspec.Struct, frozen=True):
    """A QR code in a picture: its text, and its corners in the picture's pixels."""

    text: str
    corners: Corners


def codes(image: Image.Image) -> Iterator[tuple[str, Corners]]:
    """Yield every QR text in a picture, at several scales until the caller stops.

    Args:
        image: the page.

    Yields:
        The text and its corners in the picture's pixels.
    """
    seen = set()
    for found in readings(image):
        for code in found:
            if code.text not in seen:
                seen.add(code.text)
                yield code.text, code.corners


def readings(image: Image.Image) -> Iterator[list[FoundCode]]:
    """Yield all the QR codes that are read at one scale, then at the next, until the caller stops.

    Args:
        image: the page.
    """
    grey = image.convert("L")
    yield read_codes(grey)
    for width in WIDTHS_PX:
        scale = width / image.width
        if abs(width - image.width) <= 100:
            continue
        if scale * scale * image.width * image.height > MOST_PIXELS:
            continue
        size = (width, max(1, round(grey.height * scale)))
        yield read_codes(grey.resize(size, Image.Resampling.LANCZOS), scale)


def read_codes(grey: Image.Image, scale: float = 1.0) -> list[FoundCode]:
    """Return the QR codes of a grey picture as it is; none of one that is too long to be paper.

    Args:
        grey: the picture.
        scale: its pixels for each pixel of the page, in which the corners are given.
    """
    import zxingcpp

    if max(grey.size) > LONGEST_SIDE_PX:
        return []
    qr_only = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
    found = []
    for code in zxingcpp.read_barcodes(grey, formats=qr_only):
        p = code.position
        points = (p.top_left, p.top_right, p.bottom_right, p.bottom_left)
        corners = tuple((point.x / scale, point.y / scale) for point in points)
        found.append(FoundCode(code.text, corners))
    return found


def display_copy(image: Image.Image) -> bytes:
    """Return a JPEG for display: at most 1754 px long, quality 80, no metadata."""
    copy = image.convert("RGB")
    copy.thumbnail((DISPLAY_PX, DISPLAY_PX), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    copy.save(out, "JPEG", quality=80)
    return out.getvalue()


def _picture(name: str, data: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=("JPEG", "PNG"))
            if image.width * image.height > MOST_PIXELS:
                image.draft(None, (image.width // 2, image.height // 2))  # JPEG alone
            if image.width * image.height > MOST_PIXELS:
                raise _too_large(name)
            return flat(ImageOps.exif_transpose(image))
    except ProblemError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(name) from error
    except Exception as error:
        # Pillow's decoders raise OSError, SyntaxError, struct.error and more
        raise_if_system(error)
        raise ProblemError("scan.unreadable", file=name) from error


def flat(image: Image.Image) -> Image.Image:
    """Convert to RGB on white; grey stays grey, of 16 bits its upper eight."""
    if image.mode in ("I", "I;16", "I;16L", "I;16B", "I;16N"):
        return _eight_bits(image)
    if image.mode in ("L", "1"):
        return image.convert("L")
    if "A" in image.getbands() or "transparency" in image.info:
        layered = image.convert("RGBA")
        paper = Image.new("RGBA", layered.size, "white")
        return Image.alpha_composite(paper, layered).convert("RGB")
    return image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Scale grey of 16 bits, or of 12 as some scanners give it."""
    wide = image.convert("I")
    extrema = wide.getextrema()
    highest = extrema[1] if isinstance(extrema[1], (int, float)) else 0
    steps = 256 if highest > MOST_OF_12_BITS else 16 if highest > 255 else 1
    return wide.point(lambda level: level * (1 / steps)).convert("L")


def _pdf_pages(name: str, data: bytes, with_seals: bool) -> Iterator[Image.Image]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except Exception as error:
        raise_if_system(error)
        raise ProblemError("scan.unreadable", file=name) from error
    try:
        if with_seals:
            document.init_forms()  # a signature is a field of a form
        if len(document) > MOST_PDF_PAGES:  # before any is drawn: a small file may name a million
            raise ProblemError("scan.too_many_pages", limit=MOST_PDF_PAGES)
        for number in range(len(document)):
            try:
                page = document[number]
                width_pt, height_pt = page.get_size()
                fits = math.sqrt(MOST_PIXELS / 2 / max(width_pt * height_pt, 1))
                picture = page.render(scale=min(RASTER_DPI / 72, fits)).to_pil().convert("RGB")
                page.close()
            except Exception as error:
                raise_if_system(error)
                raise ProblemError("scan.unreadable", file=name) from error
            yield picture
    finally:
        document.close()


def _too_large(name: str) -> ProblemError:
    return ProblemError(
        "scan.too_large",
        file=name,
        limit_mb=MOST_FILE_BYTES // 1024**2,
        limit_mp=MOST_PIXELS // 1_000_000,
    )
