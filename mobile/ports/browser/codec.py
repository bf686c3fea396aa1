"""The photo codec of a browser: its own decoder and canvas.

Upright, EXIF gone, at most 1600 px, judged, strip below.

The same sizes, measure and strip as mobile/ports/pillow_codec.py; QR codes where the browser reads
them (Android does).
"""

from __future__ import annotations

from typing import Any

from mobile.ports.api import THUMBNAIL_PX, THUMBNAIL_QUALITY, Fitted
from mobile.ports.browser.bridge import JsError, crossed, fields, js
from mobile.ports.browser.grey import sharpness
from mobile.ports.browser.jpeg import bare, fitted, size_of
from mobile.ports.browser.strip import draw, measure
from shared.problems import ProblemError

QUALITY = 0.8
MAX_PIXELS = 64_000_000


class CanvasCodec:
    """See mobile.ports.api.PhotoCodec."""

    async def fit(self, jpeg: bytes, caption: str = "") -> Fitted:
        try:
            stored = size_of(jpeg)
        except ValueError as error:
            raise ProblemError("photo.unreadable") from error
        if stored[0] * stored[1] > MAX_PIXELS:
            raise ProblemError("photo.too_large", megapixels=MAX_PIXELS // 1_000_000)
        try:
            return await _whole(await _upright(jpeg), stored, caption)
        except JsError as error:  # not decoded, or no memory for it
            raise ProblemError("photo.unreadable") from error

    async def thumbnail(self, jpeg: bytes) -> bytes:
        try:
            bitmap = await _upright(jpeg)
            scale = min(1.0, THUMBNAIL_PX / max(bitmap.width, bitmap.height))
            width, height = (max(1, round(s * scale)) for s in (bitmap.width, bitmap.height))
            canvas = js.OffscreenCanvas.new(width, height)
            context = canvas.getContext("2d", fields(alpha=False))
            context.imageSmoothingQuality = "high"
            context.drawImage(bitmap, 0, 0, width, height)
            bitmap.close()
            return await _encoded(canvas, THUMBNAIL_QUALITY / 100)
        except (JsError, ValueError) as error:
            raise ProblemError("photo.unreadable") from error


async def _upright(jpeg: bytes) -> Any:
    """The decoded picture, turned as its EXIF says."""
    blob = js.Blob.new(crossed([crossed(jpeg)]), fields(type="image/jpeg"))
    return await js.createImageBitmap(blob, fields(imageOrientation="from-image"))


async def _whole(bitmap: Any, stored: tuple[int, int], caption: str) -> Fitted:
    width, height = fitted(*stored)
    if (bitmap.width, bitmap.height) != stored:  # it was turned on its side
        width, height = height, width
    strip = measure(caption, width, height)
    canvas = js.OffscreenCanvas.new(width, height + strip.height_px)
    context = canvas.getContext("2d", fields(alpha=False, willReadFrequently=True))
    context.imageSmoothingQuality = "high"
    context.drawImage(bitmap, 0, 0, width, height)
    bitmap.close()
    judged = sharpness(context.getImageData(0, 0, width, height).data.to_bytes(), width, height)
    marks = await _marks(canvas)
    draw(context, strip, width, height)
    return Fitted(
        data=await _encoded(canvas),
        width_px=width,
        height_px=height + strip.height_px,
        sharpness=judged,
        marks=marks,
        strip_px=strip.height_px,
    )


async def _marks(canvas: Any) -> tuple[str, ...]:
    """The texts of QR codes, () where this browser reads none."""
    detector = getattr(js, "BarcodeDetector", None)
    if detector is None:
        return ()
    try:
        found = await detector.new(fields(formats=["qr_code"])).detect(canvas)
    except JsError:  # there by name, but without the phone's own service behind it
        return ()
    return tuple(str(code.rawValue) for code in found)


async def _encoded(canvas: Any, quality: float = QUALITY) -> bytes:
    blob = await canvas.convertToBlob(fields(type="image/jpeg", quality=quality))
    return bare((await blob.arrayBuffer()).to_bytes())
