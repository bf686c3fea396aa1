"""Contact sheets: all variants of one screen on one picture, and the index that shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from PIL import Image, ImageDraw, ImageFont

from mobile.ui.app.theme import FONT_FILE
from tests.support.browser.driver import PHONE, ROOT, SMALL, TABLET

SIZES = {"360": SMALL, "412": PHONE, "820": TABLET}
MODES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SCALES = (1.0, 1.6)
GAP_PX, LABEL_PX, ZOOM = 28, 46, 0.64
GROUND, INK = (214, 208, 196), (52, 46, 36)
MODE_WORDS = {"light": "浅色", "dark": "深色"}
COLUMNS = (
    (("360", "light"), ("360", "dark")),
    *((((size, mode)),) for size in ("412", "820") for mode in MODES),
)
"""The small phone's two modes stand above each other: together they are about as high as the tablet."""

Variant = tuple[float, str, str]
"""(text scale, size, mode)"""


def sheet(shots: Mapping[Variant, Path], dest: Path) -> Path:
    """Write one WebP with every variant, labelled; returns where."""
    font = ImageFont.truetype(str(ROOT / "assets" / FONT_FILE), 26)
    rows = [_row(shots, scale, font) for scale in SCALES]
    width, height = max(r.width for r in rows), sum(r.height for r in rows)
    whole = Image.new("RGB", (width, height), GROUND)
    top = 0
    for row in rows:
        whole.paste(row, (0, top))
        top += row.height
    small = whole.resize((round(width * ZOOM), round(height * ZOOM)), Image.Resampling.LANCZOS)
    dest.parent.mkdir(parents=True, exist_ok=True)
    small.save(dest, "WEBP", quality=72, method=6)
    return dest


def _row(shots: Mapping[Variant, Path], scale: float, font: ImageFont.FreeTypeFont) -> Image.Image:
    widths = [SIZES[column[0][0]]["width"] for column in COLUMNS]
    heights = [
        sum(SIZES[size]["height"] + LABEL_PX + GAP_PX for size, _ in column) for column in COLUMNS
    ]
    row = Image.new("RGB", (sum(widths) + GAP_PX * (len(widths) + 1), max(heights)), GROUND)
    pen, left = ImageDraw.Draw(row), GAP_PX
    for column, width in zip(COLUMNS, widths, strict=True):
        top = 0
        for size, mode in column:
            box = SIZES[size]
            words = f"{box['width']}×{box['height']} {MODE_WORDS[mode]} {round(scale * 100)}%"
            pen.text((left, top + 8), words, INK, font=font)
            with Image.open(shots[scale, size, mode]) as shot:
                row.paste(shot.convert("RGB"), (left, top + LABEL_PX))
            top += LABEL_PX + box["height"] + GAP_PX
        left += width + GAP_PX
    return row


HEAD = """# Every screen

Made by `make screens`, never by hand: 360 × 640, 412 × 915 and 820 × 1180, light and dark, text at 100 % and 160 %.
The line at the top of each says that it is a preview in a browser; it is not there on a phone.
"""


def index(rows: Sequence[tuple[str, str]], dest: Path) -> None:
    """Write README.md beside the pictures: (name, one line) each."""
    parts = [HEAD]
    parts += [f"## {name}\n\n{line}\n\n![{line}]({name}.webp)\n" for name, line in rows]
    (dest / "README.md").write_text("\n".join(parts), "utf-8")
