"""What the clients of tus that are not ours upload, and where the one for browsers is kept."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

TUS_JS = Path(__file__).parent / "vendor" / "tus-js-client" / "tus.min.js"


def picture() -> bytes:
    """A photo of some 100 kB."""
    out = io.BytesIO()
    Image.effect_noise((640, 480), 80).save(out, "JPEG", quality=60)
    return out.getvalue()
