"""Pages of an uploaded stack, one at a time: PDF, TIFF of many pages, JPEG, PNG.

Files are read where they lie, for a stack may be larger than memory. Imported in short-lived
workers only: an upload may be anything.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image, ImageOps

from shared.problems import ProblemError
from sync_server.disk_errors import raise_if_system
from sync_server.sealing.paper import pictures
from sync_server.sealing.paper.pictures import MOST_PIXELS, RASTER_DPI, media_type

HEAD_BYTES = 16
"""So much of a file says what it is."""
MOST_UNEVEN = 4
"""How much coarser a fax is down the page than across it, at most."""


def count(path: Path, name: str) -> int:
    """Return how many pages a file has.

    Args:
        path: The file.
        name: Its name, for problems.

    Raises:
        ProblemError: slips.unreadable, slips.heic.
    """
    kind = kind_of(path, name)
    try:
        if kind == "application/pdf":
            pages = _pdf_pages(path)
        else:
            with Image.open(path, formats=("JPEG", "PNG", "TIFF")) as image:
                pages = int(getattr(image, "n_frames", 1)) if kind == "image/tiff" else 1
    except Exception as error:  # decoders raise OSError, SyntaxError, struct.error and more
        raise_if_system(error)
        raise ProblemError("slips.unreadable", file=name) from error
    if pages < 1:
        raise ProblemError("slips.unreadable", file=name)
    return pages


def kind_of(path: Path, name: str) -> str:
    """Return the type by the first bytes. Raises ProblemError slips.unreadable, slips.heic."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    kind = media_type(head)
    if head[4:8] == b"ftyp":
        raise ProblemError("slips.heic", file=name)
    if kind == "application/octet-stream":
        raise ProblemError("slips.unreadable", file=name)
    return kind


def pages(path: Path, name: str, numbers: Sequence[int]) -> Iterator[Image.Image | None]:
    """Yield pages of a file upright as RGB or grey; None for one that cannot be opened.

    Args:
        path: The file.
        name: Its name.
        numbers: The pages, from 1.
    """
    if kind_of(path, name) == "application/pdf":
        yield from _drawn(path, numbers)
        return
    for number in numbers:
        yield _frame(path, number)


def _pdf_pages(path: Path) -> int:
    import pypdfium2

    with pypdfium2.PdfDocument(path) as document:
        return len(document)


def _drawn(path: Path, numbers: Sequence[int]) -> Iterator[Image.Image | None]:
    import pypdfium2

    with pypdfium2.PdfDocument(path) as document:
        for number in numbers:
            try:
                page = document[number - 1]
                width_pt, height_pt = page.get_size()
                fits = math.sqrt(MOST_PIXELS / 4 / max(width_pt * height_pt, 1))
                picture: Image.Image = page.render(scale=min(RASTER_DPI / 72, fits)).to_pil()
                page.close()
                yield picture.convert("RGB")
            except Exception:  # one page that is broken; the others are read
                yield None


def _frame(path: Path, number: int) -> Image.Image | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=("JPEG", "PNG", "TIFF")) as image:
                if number > 1:
                    image.seek(number - 1)
                if image.width * image.height > MOST_PIXELS:
                    image.draft(None, (image.width // 2, image.height // 2))  # JPEG alone
                if image.width * image.height > MOST_PIXELS:
                    return None
                return _square(image, pictures.flat(ImageOps.exif_transpose(image)))
    except Exception as error:  # decoders raise OSError, SyntaxError, struct.error and more
        raise_if_system(error)
        return None


def _square(source: Image.Image, page: Image.Image) -> Image.Image:
    """Stretch a fax, whose lines lie further apart than its dots, to its true shape."""
    x_dpi, y_dpi = (float(dpi) for dpi in source.info.get("dpi", (1, 1))[:2])
    if not (x_dpi > 0 and y_dpi > 0 and 1.2 < x_dpi / y_dpi < MOST_UNEVEN):
        return page
    taller = round(page.height * x_dpi / y_dpi)
    return page.convert("L").resize((page.width, taller), Image.Resampling.BICUBIC)
