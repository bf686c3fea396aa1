"""A smaller copy of a large sealed file, for reading only: pictures of its pages, so labelled.

The sealed file itself is never made smaller; it goes along whole, in parts (bundle.py).
"""

from __future__ import annotations

import io
import math
from datetime import datetime
from pathlib import Path

import msgspec

from shared.problems import ProblemError, Where
from sync_server.paperwork import words
from sync_server.paperwork.typeset import Job, typeset
from sync_server.sealing.paper.pictures import MOST_PDF_PAGES, MOST_PIXELS

DENSITIES_DPI = (130, 100, 72, 50)
"""Tried in turn until the copy is small enough."""
QUALITY = 70
"""Of its JPEG pictures."""


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """A copy: its bytes, and how many of the file's pages it shows."""

    data: bytes
    shown: int
    pages: int


def reading_copy(
    pdf: Path, name: str, sha256: str, at: datetime, fonts_dir: Path, limit_bytes: int
) -> Copy:
    """Return a copy of less than a size; equal arguments give equal bytes.

    Where not even the lowest density is small enough, and of a file of more pages than are ever
    drawn, it shows the first pages only, and says so above each.

    Args:
        pdf: the sealed file.
        name: its name, printed on every page.
        sha256: its sha256, hex, printed on every page.
        at: when it was sealed, for the copy's date.
        fonts_dir: the folder with the paper fonts.
        limit_bytes: the copy is smaller than this.

    Raises:
        ProblemError: bundle.too_large where one page alone is larger.
    """
    pages = _count(pdf)
    shown = min(pages, MOST_PDF_PAGES)
    tries = [*((dpi, shown) for dpi in DENSITIES_DPI)]
    while shown > 1:
        shown = (shown + 1) // 2
        tries.append((DENSITIES_DPI[-1], shown))
    for dpi, first in tries:
        label = name if first == pages else f"{name}　只有前{first}页，原件共{pages}页"
        data = _copy(pdf, (name, label), sha256, at, fonts_dir, dpi, first)
        if len(data) < limit_bytes:
            return Copy(data=data, shown=first, pages=pages)
    limit = limit_bytes // 1_000_000
    raise ProblemError("bundle.too_large", Where(file=name), file=name, limit=limit)


def _count(pdf: Path) -> int:
    import pypdfium2

    with pypdfium2.PdfDocument(pdf) as document:
        return len(document)


def _copy(
    pdf: Path,
    names: tuple[str, str],
    sha256: str,
    at: datetime,
    fonts_dir: Path,
    dpi: int,
    first: int,
) -> bytes:
    """Typeset a copy of the first pages; `names`: the file's, and what stands above each page."""
    name, label = names
    pictures, pages = [], []
    for number, (jpeg, across) in enumerate(_pages(pdf, dpi, first), 1):
        file = f"page-{number}.jpg"
        pictures.append((file, jpeg))
        pages.append({"file": file, "across": across, "alt": f"第{number}页"})
    job = Job(
        template="reading_copy.typ",
        view={
            "title": f"阅读副本：{name}",
            "name": label,
            "sha256": words.grouped(sha256, 64),
            "pages": pages,
        },
        meta={},
        pictures=tuple(pictures),
        created_at=at,
        footnotes=False,
    )
    return typeset(job, fonts_dir)[0]


def _pages(pdf: Path, dpi: int, first: int) -> list[tuple[bytes, bool]]:
    """Return a JPEG of each of the first pages, and whether it lies across."""
    import pypdfium2

    made = []
    with pypdfium2.PdfDocument(pdf) as document:
        for number in range(first):
            page = document[number]
            width_pt, height_pt = page.get_size()
            fits = math.sqrt(MOST_PIXELS / max(width_pt * height_pt, 1))
            picture = page.render(scale=min(dpi / 72, fits)).to_pil().convert("RGB")
            page.close()
            out = io.BytesIO()
            picture.save(out, "JPEG", quality=QUALITY)
            made.append((out.getvalue(), width_pt > height_pt))
    return made
