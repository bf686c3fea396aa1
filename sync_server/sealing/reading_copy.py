"""A smaller copy of a large sealed file, for reading only: pictures of its pages, so labelled.

The sealed file itself is never made smaller; it goes along whole, in parts (bundle.py).
"""

from __future__ import annotations

import io
import math
from datetime import datetime
from pathlib import Path

from sync_server.paperwork import words
from sync_server.paperwork.typeset import Job, typeset
from sync_server.sealing.paper.pictures import MOST_PDF_PAGES, MOST_PIXELS

DENSITIES_DPI = (130, 100, 72, 50)
"""Tried in turn until the copy is small enough."""
QUALITY = 70
"""Of its JPEG pictures."""


def reading_copy(
    pdf: Path, name: str, sha256: str, at: datetime, fonts_dir: Path, limit_bytes: int
) -> bytes:
    """Return a copy of less than a size; equal arguments give equal bytes.

    Args:
        pdf: the sealed file.
        name: its name, printed on every page.
        sha256: its sha256, hex, printed on every page.
        at: when it was sealed, for the copy's date.
        fonts_dir: the folder with the paper fonts.
        limit_bytes: the copy is smaller than this.
    """
    made = b""
    for dpi in DENSITIES_DPI:
        made = _copy(pdf, name, sha256, at, fonts_dir, dpi)
        if len(made) < limit_bytes:
            break
    return made


def _copy(pdf: Path, name: str, sha256: str, at: datetime, fonts_dir: Path, dpi: int) -> bytes:
    pictures, pages = [], []
    for number, (jpeg, across) in enumerate(_pages(pdf, dpi), 1):
        file = f"page-{number}.jpg"
        pictures.append((file, jpeg))
        pages.append({"file": file, "across": across, "alt": f"第{number}页"})
    job = Job(
        template="reading_copy.typ",
        view={
            "title": f"阅读副本：{name}",
            "name": name,
            "sha256": words.grouped(sha256, 64),
            "pages": pages,
        },
        meta={},
        pictures=tuple(pictures),
        created_at=at,
        footnotes=False,
    )
    return typeset(job, fonts_dir)[0]


def _pages(pdf: Path, dpi: int) -> list[tuple[bytes, bool]]:
    """Return a JPEG of each page, and whether it lies across."""
    import pypdfium2

    made = []
    with pypdfium2.PdfDocument(pdf) as document:
        for number in range(min(len(document), MOST_PDF_PAGES)):
            page = document[number]
            width_pt, height_pt = page.get_size()
            fits = math.sqrt(MOST_PIXELS / max(width_pt * height_pt, 1))
            picture = page.render(scale=min(dpi / 72, fits)).to_pil().convert("RGB")
            page.close()
            out = io.BytesIO()
            picture.save(out, "JPEG", quality=QUALITY)
            made.append((out.getvalue(), width_pt > height_pt))
    return made
