"""The picture of a sheet as one of a record's photos: upright, without EXIF, as small as a phone's.

Called in short-lived workers: a file may be anything.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from shared.problems import ProblemError

if TYPE_CHECKING:
    from PIL import Image

LONGEST_SIDE_PX = 1600
"""The longer edge that is kept, as of a phone's photos: A4 at 137 dpi."""
QUALITY = 80
"""JPEG quality, as of a phone's photos."""
INK_SHARE = 0.0005
"""The share of dark pixels below which a page is a blank back: two printed words have more."""
DARK = 128
"""Grey below which a pixel is dark."""


def as_photo(data: bytes) -> bytes:
    """Return a scan (JPEG, PNG, PDF of one page) or a photograph as a JPEG to keep.

    Raises:
        ProblemError: photo.empty, photo.unreadable, photo.too_large, photo.several_pages.
    """
    from PIL import Image

    from sync_server.sealing.paper import pictures

    if not data:
        raise ProblemError("photo.empty")
    try:
        picture = _only_page(pictures.pages_of("", data))
    except ProblemError as problem:
        raise _of_photo(problem, pictures.MOST_PIXELS) from problem
    picture.info.clear()
    picture.thumbnail((LONGEST_SIDE_PX, LONGEST_SIDE_PX), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=QUALITY, optimize=True, exif=b"", icc_profile=None)
    return out.getvalue()


def _only_page(pages: Iterator[Image.Image]) -> Image.Image:
    """The one page with something on it, or a page alone; none is drawn once there are two."""
    found: Image.Image | None = None
    empty: Image.Image | None = None
    for page in pages:
        if _is_blank(page):
            empty = empty or page
            continue
        if found is not None:
            raise ProblemError("photo.several_pages")
        found = page.convert("RGB")
    found = found or empty
    if found is None:
        raise ProblemError("photo.unreadable")
    return found.convert("RGB")


def _is_blank(page: Image.Image) -> bool:
    """Whether a page is the back of a sheet: duplex scanners send them too."""
    counts = page.convert("L").histogram()
    return sum(counts[:DARK]) < INK_SHARE * page.width * page.height


def _of_photo(problem: ProblemError, most_pixels: int) -> ProblemError:
    """The same problem in the words for photos."""
    if problem.code == "scan.too_large":
        return ProblemError("photo.too_large", megapixels=most_pixels // 1_000_000)
    if problem.code in ("scan.too_many_pages", "photo.several_pages"):
        return ProblemError("photo.several_pages")
    return ProblemError("photo.unreadable")
