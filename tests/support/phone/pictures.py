"""Photos as a camera would give them, drawn: one sharp enough to read, one out of focus."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw, ImageFilter


def slip(*, sharp: bool = True) -> bytes:
    """A page of lines like writing, as JPEG."""
    paper = Image.new("L", (1200, 1600), 160)
    pen = ImageDraw.Draw(paper)
    for row in range(60, 1540, 26):
        for left in range(80, 1100, 18):
            pen.rectangle((left, row, left + 9 + (left * row) % 5, row + 14), fill=30)
    if not sharp:
        paper = paper.filter(ImageFilter.GaussianBlur(22))
    out = io.BytesIO()
    paper.convert("RGB").save(out, "JPEG", quality=90)
    return out.getvalue()
