"""Find red ink in the stamp area of a scanned page, located through the page's own QR.

The result is a finding for the liaison and refuses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from sync_server.paperwork.typeset import StampArea

QR_X_MM, QR_Y_MM, QR_SIDE_MM = 28.0, 268.0, 20.0
"""Where common.typ places the QR on every page, from its top left corner."""
STEP_MM = 0.5
"""The distance between two samples."""
AROUND_MM = 6.0
"""The area is extended by this much, for a stamp is rarely pressed to the millimetre."""
STAMPED_BP = 60
"""Share of red samples (basis points) that a faint 38 mm ring with text still reaches.

Printed paper has none.
"""

Corners = Sequence[tuple[float, float]]
"""Top left, top right, bottom right, bottom left of the QR in pixels; empty without one."""


def is_grey(image: Image.Image) -> bool:
    """Return whether a scan is grey or black and white: almost no sample has any colour."""
    if image.mode == "L":
        return True
    small = image.convert("RGB").resize((160, 226), Image.Resampling.BOX)
    data = small.tobytes()
    coloured = sum(
        1 for i in range(0, len(data), 3) if max(data[i : i + 3]) - min(data[i : i + 3]) > 14
    )
    return coloured < len(data) // 3 // 2000


def red_share_bp(image: Image.Image, corners: Corners, area: StampArea) -> int:
    """Measure the red ink in a stamp area and 6 mm around it.

    Args:
        image: the scanned page.
        corners: the corners of its QR in pixels.
        area: the stamp area, in millimetres of the printed page.

    Returns:
        Red samples in basis points of all samples that lie on the picture.
    """
    turn, shift = page_to_picture(corners)
    picture = image.convert("RGB")
    red = total = 0
    y_mm = area.y_mm - AROUND_MM
    while y_mm <= area.y_mm + area.h_mm + AROUND_MM:
        x_mm = area.x_mm - AROUND_MM
        while x_mm <= area.x_mm + area.w_mm + AROUND_MM:
            point = turn * complex(x_mm, y_mm) + shift
            x, y = int(point.real), int(point.imag)
            if 0 <= x < image.width and 0 <= y < image.height:
                total += 1
                red += _is_red(picture.getpixel((x, y)))
            x_mm += STEP_MM
        y_mm += STEP_MM
    return red * 10_000 // total if total else 0


def page_to_picture(corners: Corners) -> tuple[complex, complex]:
    """Fit the printed page to the picture by least squares over the QR's four corners.

    Rotation and scale only: four corners 20 mm apart give too little to know the perspective of a
    page.

    Args:
        corners: the corners of the QR in pixels.

    Returns:
        (turn, shift): a point in millimetres, as complex x+iy, is at `turn * point + shift` in
        pixels.
    """
    right, low = QR_X_MM + QR_SIDE_MM, QR_Y_MM + QR_SIDE_MM
    paper = [
        complex(QR_X_MM, QR_Y_MM),
        complex(right, QR_Y_MM),
        complex(right, low),
        complex(QR_X_MM, low),
    ]
    seen = [complex(x, y) for x, y in corners]
    paper_mid, seen_mid = sum(paper) / 4, sum(seen) / 4
    weight = sum(abs(p - paper_mid) ** 2 for p in paper)
    turn = (
        sum((s - seen_mid) * (p - paper_mid).conjugate() for p, s in zip(paper, seen, strict=True))
        / weight
    )
    return turn, seen_mid - turn * paper_mid


def _is_red(pixel: tuple[int, ...] | float | None) -> bool:
    if not isinstance(pixel, tuple):
        return False
    r, g, b = pixel[:3]
    return r > 90 and r - max(g, b) > 38
