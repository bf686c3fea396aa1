"""The photo codec of a device with Pillow.

Upright, EXIF gone, at most 1600 px, judged, its QR read, its strip below.

JPEG only (`formats`): cameras make it, chat apps pass it on, and every other decoder is attack
surface (docs/sources.md#one-image-decoder). What else a gallery holds is named and refused before
it comes here (mobile/usecases/take_photo.py). `draft` is given the fitted size: (1600, 1600) would
do nothing for a 4:3 photo (docs/sources.md#jpeg-draft).
"""

from __future__ import annotations

import io
import struct
from pathlib import Path

from PIL import Image, ImageFilter, ImageStat, UnidentifiedImageError

from mobile.ports.api import THUMBNAIL_PX, THUMBNAIL_QUALITY, Fitted
from mobile.ports.qr import read_marks
from mobile.ports.strip import FONT, with_strip
from shared.problems import ProblemError

LONGEST_SIDE_PX = 1600
QUALITY = 80
MAX_PIXELS = 64_000_000
_JUDGE_PX = 800
_UNREADABLE = (UnidentifiedImageError, OSError, ValueError, SyntaxError)
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class PillowCodec:
    """Runs inline: a 12-megapixel photo takes about 60 ms, less than a screen notices.

    `font`: the strip's.
    """

    def __init__(self, font: Path = FONT) -> None:
        self._font = font

    async def fit(self, jpeg: bytes, caption: str = "") -> Fitted:
        try:
            return _whole(_upright(jpeg), caption, self._font)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise ProblemError("photo.too_large", megapixels=MAX_PIXELS // 1_000_000) from error
        except _UNREADABLE as error:
            raise ProblemError("photo.unreadable") from error

    async def thumbnail(self, jpeg: bytes) -> bytes:
        try:
            with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as photo:
                photo.draft("RGB", (THUMBNAIL_PX, THUMBNAIL_PX))
                small = photo.convert("RGB")
        except _UNREADABLE as error:
            raise ProblemError("photo.unreadable") from error
        small.info.clear()
        small.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.BICUBIC)
        out = io.BytesIO()
        small.save(out, "JPEG", quality=THUMBNAIL_QUALITY, optimize=True)
        return out.getvalue()


def _whole(picture: Image.Image, caption: str, font: Path) -> Fitted:
    """Judged and read as the camera saw it.

    The strip comes last, and then nothing is changed any more.
    """
    sharp, marks = sharpness(picture), read_marks(picture)
    whole = with_strip(picture, caption, font)
    out = io.BytesIO()
    whole.save(out, "JPEG", quality=QUALITY, optimize=True, exif=b"", icc_profile=None)
    return Fitted(
        data=out.getvalue(),
        width_px=whole.width,
        height_px=whole.height,
        sharpness=sharp,
        marks=marks,
        strip_px=whole.height - picture.height,
    )


def _upright(jpeg: bytes) -> Image.Image:
    with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as photo:
        width, height = photo.size
        if width * height > MAX_PIXELS:
            raise ProblemError("photo.too_large", megapixels=MAX_PIXELS // 1_000_000)
        scale = min(1.0, LONGEST_SIDE_PX / max(width, height))
        fitted = (max(1, round(width * scale)), max(1, round(height * scale)))
        photo.draft("RGB", fitted)
        turn = _turn(photo)
        upright = photo.convert("RGB")
    upright.info.clear()  # a comment would be written again (JPEG COM)
    upright.thumbnail((LONGEST_SIDE_PX, LONGEST_SIDE_PX), Image.Resampling.BICUBIC)
    return upright if turn is None else upright.transpose(turn)


def _turn(photo: Image.Image) -> Image.Transpose | None:
    """How to turn the sensor's picture upright: EXIF tag 0x0112.

    Broken EXIF is none, for a good picture stays good.

    (`ImageOps.exif_transpose` also writes the EXIF anew and fails where that cannot be done.)
    """
    try:
        return _TURNS.get(photo.getexif().get(0x0112, 1))
    except (*_UNREADABLE, struct.error, KeyError, TypeError):
        return None


def sharpness(image: Image.Image) -> float:
    """Variance of the Laplacian at 800 px: the usual measure of focus.

    Blurred slips fall under about 60.
    """
    grey = image.convert("L")
    grey.thumbnail((_JUDGE_PX, _JUDGE_PX))
    if min(grey.size) < 3:
        return 0.0
    kernel = ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=1, offset=128)
    # Pillow leaves the border as it was
    edges = grey.filter(kernel).crop((1, 1, grey.width - 1, grey.height - 1))
    return float(ImageStat.Stat(edges).var[0])
