"""A pile of signed slips as a scanner gives it, made of the notices that the console printed."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pypdfium2
from PIL import Image, ImageDraw

from sync_server.sample import handwriting, stamps
from sync_server.sealing.paper.slip_layout import CUT_LINE_MM, SIGNER_LINE

DPI = 200
MM = DPI / 25.4
INK = (28, 42, 120)


def scanned_stack(notices: Path, wanted: Sequence[int], seed: int) -> bytes:
    """The slips of these pages of the printed notices, signed and cut off, as one PDF."""
    rng, pages = Random(seed), []
    with pypdfium2.PdfDocument(notices) as pdf:
        for number in wanted:
            sheet = pdf[number].render(scale=DPI / 72).to_pil().convert("RGB")
            pages.append(_scanned(_signed(sheet, rng), rng))
    out = io.BytesIO()
    pages[0].save(out, "PDF", save_all=True, append_images=pages[1:], resolution=DPI, quality=70)
    return out.getvalue()


def _signed(sheet: Image.Image, rng: Random) -> Image.Image:
    written = Image.new("L", sheet.size, 0)
    size = rng.uniform(6, 9) * MM
    x, y = (SIGNER_LINE.left + 2) * MM, (CUT_LINE_MM + SIGNER_LINE.top) * MM - size * 0.95
    handwriting.signature(ImageDraw.Draw(written), (x, y), size, 3, 4, rng)
    stamps.press(sheet, written, INK, (0, 0))
    return sheet


def _scanned(sheet: Image.Image, rng: Random) -> Image.Image:
    """The slip alone on the scanner's glass, a little askew."""
    slip = sheet.crop((0, round(CUT_LINE_MM * MM), sheet.width, sheet.height))
    glass = Image.new("RGB", (round(210 * MM), round(297 * MM)), (250, 250, 248))
    glass.paste(slip, (0, round(rng.uniform(5, 180) * MM)))
    return glass.rotate(rng.uniform(-1.5, 1.5), Image.Resampling.BICUBIC, fillcolor=(244, 244, 242))
