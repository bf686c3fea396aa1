"""Pictures of paper: pages of uploaded files, QR codes on pages, display copies.

Sizes and counts are bounded throughout.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterator

from PIL import Image, ImageOps

from shared.problems import ProblemError
from sync_server.disk_errors import raise_if_system
from sync_server.sealing.paper.upright_page import Corners

MOST_FILE_BYTES = 48 * 1024 * 1024
MOST_PIXELS = 64_000_000
"""The largest picture: A4 at 600 dpi is 35 megapixels, a large phone camera 50."""
RASTER_DPI = 200
"""A PDF's pages are drawn at this density: a 20 mm QR of 29 modules then has 5 pixels a module."""
DISPLAY_PX = 1754
"""The display copy's longer edge: A4 at 150 dpi."""
MOST_PDF_PAGES = 200
"""The most pages of a PDF that are looked at."""
COVERED = 0.5
"""The share of a scanned page that its picture covers at least."""
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
    return "application/octet-stream"


def pages_of(name: str, data: bytes) -> Iterator[Image.Image]:
    """Yield the pages of an upload as upright RGB (or grey) pictures, one at a time.

    Args:
        name: the file's name, for problems.
        data: its bytes.

    Yields:
        The pages in order.

    Raises:
        ProblemError: scan.unreadable, scan.too_large, scan.too_many_pages.
    """
    if len(data) > MOST_FILE_BYTES:
        raise _too_large(name)
    kind = media_type(data)
    if kind == "application/pdf":
        yield from _pdf_pages(name, data)
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


def codes(image: Image.Image) -> Iterator[tuple[str, Corners]]:
    """Yield every QR text in a picture, at several scales until the caller stops.

    Args:
        image: the page.

    Yields:
        The text and its corners in the picture's pixels.
    """
    import zxingcpp

    grey = image.convert("L")
    qr_only = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
    seen = set()
    for width in (image.width, *(w for w in WIDTHS_PX if abs(w - image.width) > 100)):
        scale = width / image.width
        if scale * scale * image.width * image.height > MOST_PIXELS:
            continue
        tried = (
            grey
            if scale == 1
            else grey.resize((width, max(1, round(grey.height * scale))), Image.Resampling.LANCZOS)
        )
        for code in zxingcpp.read_barcodes(tried, formats=qr_only):
            if code.text in seen:
                continue
            seen.add(code.text)
            p = code.position
            points = (p.top_left, p.top_right, p.bottom_right, p.bottom_left)
            yield code.text, tuple((point.x / scale, point.y / scale) for point in points)


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
                raise _too_large(name)
            upright = ImageOps.exif_transpose(image)
            return _flat(upright)
    except ProblemError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(name) from error
    except Exception as error:
        # Pillow's decoders raise OSError, SyntaxError, struct.error and more
        raise_if_system(error)
        raise ProblemError("scan.unreadable", file=name) from error


def _flat(image: Image.Image) -> Image.Image:
    """Convert to RGB on white; grey stays grey."""
    if image.mode in ("L", "1", "I;16"):
        return image.convert("L")
    if "A" in image.getbands() or "transparency" in image.info:
        layered = image.convert("RGBA")
        paper = Image.new("RGBA", layered.size, "white")
        return Image.alpha_composite(paper, layered).convert("RGB")
    return image.convert("RGB")


def _pdf_pages(name: str, data: bytes) -> Iterator[Image.Image]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except Exception as error:
        raise_if_system(error)
        raise ProblemError("scan.unreadable", file=name) from error
    try:
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
