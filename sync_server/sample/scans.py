"""Make scans of stamped pages: the printed page, a drawn 样章, drawn signatures."""

from __future__ import annotations

import io
from pathlib import Path

import msgspec

SCAN_DPI = 200
SIGN_AFTER_MM = 4
"""How far after a signature line's left end a signature begins."""


def stamped(printed: Path, seed: int) -> list[tuple[str, bytes]]:
    """Return the pages that bear ink as a scanner gives them, stamped with 样章 and signed.

    Args:
        printed: the printed PDF, with expected.json beside it.
        seed: equal seeds give equal bytes.

    Returns:
        (file name, JPEG) of each page.
    """
    import pypdfium2

    from sync_server.sample.pictures import draw_stamped_scan
    from sync_server.sealing.paper.scan import Expected

    expected = msgspec.json.decode((printed.parent / "expected.json").read_bytes(), type=Expected)
    files = []
    with pypdfium2.PdfDocument(printed) as pdf:
        for number, area in enumerate(expected.stamp_areas):
            picture = io.BytesIO()
            pdf[area.page - 1].render(scale=SCAN_DPI / 72).to_pil().save(picture, "PNG")
            x_mm, y_mm = area.x_mm + area.w_mm / 2, area.y_mm + area.h_mm / 2
            lines = tuple(
                (line.x_mm + SIGN_AFTER_MM, line.y_mm)
                for line in expected.signature_lines
                if line.ref == area.ref
            )
            page = draw_stamped_scan(
                picture.getvalue(),
                seed=seed + number,
                stamp_xy_mm=(x_mm, y_mm),
                signatures_xy_mm=lines,
            )
            files.append((f"盖章页{number + 1}.jpg", page))
    return files
