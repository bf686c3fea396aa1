"""The photo codec of a device with Pillow.

Upright, EXIF gone, at most 1600 px, judged, its QR read, its strip below.

Photos are JPEG, screenshots also PNG and WebP (mobile/ports/picture.py); every other decoder is
attack surface (docs/sources.md#one-image-decoder). What else a gallery holds is named and refused
before it comes here (mobile/usecases/take_photo.py). `draft` is given the fitted size: (1600, 1600)
would do nothing for a 4:3 photo (docs/sources.md#jpeg-draft).
"""

from __future__ import annotations

import io
import struct
from pathlib import Path

from PIL import Image, ImageFilter, ImageStat, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile

from mobile.ports.api import THUMBNAIL_PX, THUMBNAIL_QUALITY, Fitted
from mobile.ports.jpeg import JUDGE_PX, is_twice, shrunk
from mobile.ports.picture import (
    HEIC,
    MAX_PIXELS,
    MAX_PROGRESSIVE_PIXELS,
    MAX_SCREEN_PIXELS,
    MOST_PARTS,
    cuts,
    kind_of,
    screen_size,
)
from mobile.ports.qr import read_marks
from mobile.ports.strip import FONT, with_strip
from mobile.ports.ycc import in_ycc, ycc_shrunk
from shared.problems import ProblemError

LONGEST_SIDE_PX = 1600
QUALITY = 80
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
        if kind_of(jpeg) == HEIC:
            raise ProblemError("photo.heic")
        try:
            return _whole(_upright(jpeg), caption, self._font)
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

    async def screens(self, data: bytes, caption: str = "") -> tuple[Fitted, ...]:
        try:
            screen = _screen(data)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise _too_large(MAX_SCREEN_PIXELS) from error
        except _UNREADABLE as error:
            raise ProblemError("photo.unreadable") from error
        parts = [screen.crop((0, top, screen.width, end)) for top, end in cuts(screen.height)]
        return tuple(_whole(part, caption, self._font) for part in parts)


def _whole(picture: Image.Image, caption: str, font: Path) -> Fitted:
    """Judged and read as the camera saw it: in grey, which a JPEG's brightness is.

    The strip comes last, and then nothing is changed any more.
    """
    grey = picture.convert("L")  # once, for both
    sharp, marks = sharpness(grey), read_marks(grey)
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


def _too_large(most: int) -> ProblemError:
    return ProblemError("photo.too_large", megapixels=most // 1_000_000)


def _screen(data: bytes) -> Image.Image:
    """A screenshot at the width that is kept, on white where it is transparent."""
    with Image.open(io.BytesIO(data), formats=("PNG", "WEBP", "JPEG")) as opened:
        width, height = opened.size
        if width * height > MAX_SCREEN_PIXELS:
            raise _too_large(MAX_SCREEN_PIXELS)
        size = screen_size(width, height)
        if len(cuts(size[1])) > MOST_PARTS:
            raise ProblemError("photo.too_long", parts=MOST_PARTS)
        layered = opened.convert("RGBA")
    screen = Image.new("RGB", layered.size, "white")
    screen.paste(layered, mask=layered.getchannel("A"))
    return screen if size == screen.size else screen.resize(size, Image.Resampling.BICUBIC)


def _upright(jpeg: bytes) -> Image.Image:
    # not Image.open: it refuses by the size in the header what is decoded at a reduced scale here
    photo = JpegImageFile(io.BytesIO(jpeg))
    with photo:
        width, height = photo.size
        most = MAX_PROGRESSIVE_PIXELS if photo.info.get("progressive") else MAX_PIXELS
        if width * height > most:
            raise _too_large(most)
        scale = min(1.0, LONGEST_SIDE_PX / max(width, height))
        fitted = (max(1, round(width * scale)), max(1, round(height * scale)))
        photo.draft("YCbCr" if in_ycc(photo) else "RGB", fitted)
        turn = _turn(photo)
        photo.load()
        small = photo if photo.mode in ("RGB", "YCbCr") else photo.convert("RGB")
        size = shrunk(*small.size, LONGEST_SIDE_PX)
        if size != small.size and small.mode == "YCbCr":
            upright = ycc_shrunk(small, size, turn)
        else:
            small.thumbnail((LONGEST_SIDE_PX, LONGEST_SIDE_PX), Image.Resampling.BICUBIC)
            upright = small.copy() if turn is None else small.transpose(turn)
    upright.info.clear()  # a comment would be written again (JPEG COM)
    return upright


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

    Blurred slips fall under about 60. A camera's photo, which is twice as large, is halved pixel by
    pixel: a third of the time, and within 5 % of the same where slips begin to be blurred.
    """
    grey = image.convert("L")  # a copy where it is grey already
    if is_twice(*grey.size):
        grey = grey.reduce(2)
    else:
        grey.thumbnail((JUDGE_PX, JUDGE_PX))
    if min(grey.size) < 3:
        return 0.0
    kernel = ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=1, offset=128)
    # Pillow leaves the border as it was
    edges = grey.filter(kernel).crop((1, 1, grey.width - 1, grey.height - 1))
    return float(ImageStat.Stat(edges).var[0])
