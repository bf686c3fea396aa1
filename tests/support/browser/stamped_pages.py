"""What an office does with printed pages: sign each line, press the stamp over name and date, scan the page.

Where that is, the words on the page say; nothing but the printed PDF is read.
"""

from __future__ import annotations

import io
from pathlib import Path

import pypdfium2

from sync_server.sample.pictures import draw_stamped_scan

DPI = 200
MM = 25.4 / 72
SIGNERS = ("填 表 人", "审 核 人", "校长签字", "负责人签字", "签 发 人", "签发人")
LINE_AFTER_MM = 24
"""How far right of a label's left end somebody begins to write."""
BELOW_MM = 3
"""How far name and date stand below the middle of the stamp."""


def stamped_scans(printed: bytes, unit: str, folder: Path, seed: int) -> list[Path]:
    """The pages that are to be signed, stamped and signed, as a scanner's JPEG files."""
    scans = []
    with pypdfium2.PdfDocument(printed) as pdf:
        for number, page in enumerate(pdf, 1):
            labels = [box for words in SIGNERS for box in _found(page, words)]
            names = [box for box in _found(page, unit) if box[0] > 90]
            if not labels or not names:
                continue
            height = sum(y for _, y, _, _ in labels) / len(labels)
            x, y, right, bottom = min(names, key=lambda box: abs(box[1] - height))
            picture = io.BytesIO()
            page.render(scale=DPI / 72).to_pil().save(picture, "PNG")
            scans.append(folder / f"盖章页-{unit}-{seed}-{number}.jpg")
            scans[-1].write_bytes(
                draw_stamped_scan(
                    picture.getvalue(),
                    seed=seed + number,
                    stamp_xy_mm=((x + right) / 2, (y + bottom) / 2 + 4 - BELOW_MM),
                    signatures_xy_mm=tuple(
                        (left + LINE_AFTER_MM, low + 1) for left, _, _, low in labels
                    ),
                    text=f"样章 · {unit}",
                )
            )
    assert scans, f"no page of {unit} is to be signed"
    return scans


def _found(page: pypdfium2.PdfPage, words: str) -> list[tuple[float, float, float, float]]:
    """Where words stand, in millimetres from the top left corner: left, top, right, bottom."""
    text, boxes = page.get_textpage(), []
    searched = text.search(words, match_case=True)
    while (hit := searched.get_next()) is not None:
        first, count = hit
        corners = [text.get_charbox(n) for n in range(first, first + count)]
        top = page.get_height()
        boxes.append(
            (
                min(c[0] for c in corners) * MM,
                (top - max(c[3] for c in corners)) * MM,
                max(c[2] for c in corners) * MM,
                (top - min(c[1] for c in corners)) * MM,
            )
        )
    return boxes
