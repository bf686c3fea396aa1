"""The stamped pages as a scanner gives them: the printed page, a drawn specimen stamp (样章), strokes for signatures."""

from __future__ import annotations

import io
from pathlib import Path

import msgspec

SCAN_DPI = 200


def stamped(printed: Path, seed: int) -> list[tuple[str, bytes]]:
    """The pages that bear ink as a scanner gives them, stamped with a drawn 样章."""
    import pypdfium2

    from sync_server.sample.pictures import draw_stamped_scan
    from sync_server.sealing.scan import Expected

    expected = msgspec.json.decode((printed.parent / "expected.json").read_bytes(), type=Expected)
    files = []
    with pypdfium2.PdfDocument(printed) as pdf:
        for number, room in enumerate(expected.rooms):
            picture = io.BytesIO()
            pdf[room.page - 1].render(scale=SCAN_DPI / 72).to_pil().save(picture, "PNG")
            middle = (room.x_mm + room.w_mm / 2, room.y_mm + room.h_mm / 2)
            files.append((f"盖章页{number + 1}.jpg",
                          draw_stamped_scan(picture.getvalue(), seed=seed + number, stamp_xy_mm=middle)))  # fmt: skip
    return files
