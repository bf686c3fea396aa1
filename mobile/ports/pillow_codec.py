"""The photo codec of a device with Pillow: upright, EXIF gone, at most 1600 px, sharpness judged.

JPEG only (`formats`): cameras make it, and every other decoder is attack surface (engineering.md §5).
`draft` is given the fitted size: (1600, 1600) would do nothing for a 4:3 photo (engineering.md §6).
"""

from __future__ import annotations

import io

from PIL import Image, ImageFilter, ImageOps, ImageStat, UnidentifiedImageError

from mobile.ports.api import Fitted
from shared.problems import ProblemError

LONGEST_SIDE_PX = 1600
QUALITY = 80
MAX_PIXELS = 64_000_000
_JUDGE_PX = 800


class PillowCodec:
    """Runs inline: a 12-megapixel photo takes about 60 ms, less than a screen notices."""

    async def fit(self, jpeg: bytes) -> Fitted:
        try:
            return _fit(jpeg)
        except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
            raise ProblemError("photo.unreadable") from error


def _fit(jpeg: bytes) -> Fitted:
    with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as photo:
        width, height = photo.size
        if width * height > MAX_PIXELS:
            raise ProblemError("photo.too_large", pixels=width * height)
        scale = min(1.0, LONGEST_SIDE_PX / max(width, height))
        fitted = (max(1, round(width * scale)), max(1, round(height * scale)))
        photo.draft("RGB", fitted)
        upright = ImageOps.exif_transpose(photo).convert("RGB")
    upright.thumbnail((LONGEST_SIDE_PX, LONGEST_SIDE_PX), Image.Resampling.BICUBIC)
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=QUALITY, optimize=True, exif=b"", icc_profile=None)
    return Fitted(data=out.getvalue(), width_px=upright.width, height_px=upright.height, sharpness=sharpness(upright))


def sharpness(image: Image.Image) -> float:
    """Variance of the Laplacian at 800 px: the usual measure of focus; blurred slips fall under about 60."""
    grey = image.convert("L")
    grey.thumbnail((_JUDGE_PX, _JUDGE_PX))
    kernel = ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=1, offset=128)
    return float(ImageStat.Stat(grey.filter(kernel)).var[0])
