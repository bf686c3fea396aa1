"""Red ink in the stamp area of a scanned page, found through the page's own QR. A finding, never a judgment."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from sync_server.paperwork.typeset import StampArea

QR_X_MM, QR_Y_MM, QR_SIDE_MM = 28.0, 268.0, 20.0
"""Where common.typ places the QR on every page."""
STEP_MM = 0.5
AROUND_MM = 6.0
"""A stamp is rarely pressed to the millimetre: the area is looked at with this much around it."""
STAMPED_BP = 60
"""Share of red samples (basis points) a faint 38 mm ring with text still reaches; printed paper has none."""

Corners = Sequence[tuple[float, float]]
"""Top left, top right, bottom right, bottom left of the QR in pixels; empty when there is none."""


def is_grey(image: Image.Image) -> bool:
    """A grey or black-and-white scan: almost no sample has any colour."""
    if image.mode == "L":
        return True
    small = image.convert("RGB").resize((160, 226), Image.Resampling.BOX)
    data = small.tobytes()
    coloured = sum(
        1 for i in range(0, len(data), 3) if max(data[i : i + 3]) - min(data[i : i + 3]) > 14
    )
    return coloured < len(data) // 3 // 2000


def red_share_bp(image: Image.Image, corners: Corners, area: StampArea) -> int:
    """Red samples in the area and 6 mm around it, in basis points of all samples that lie on the picture."""
    turn, shift = placed(corners)
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


def placed(corners: Corners) -> tuple[complex, complex]:
    """(turn, shift): millimetres on paper, as complex x+iy, to pixels; least squares over the QR's four corners.

    Turn and scale only: four corners 20 mm apart say too little about perspective to carry it across a page.
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
