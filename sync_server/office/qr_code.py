"""A text as a QR code to show on a page."""

from __future__ import annotations

import io


def svg(text: str) -> str:
    """Return the code as an SVG element."""
    import segno

    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", scale=5, border=4, xmldecl=False, svgclass="qr"
    )
    return out.getvalue().decode()
