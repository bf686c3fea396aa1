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
from mobile.ports.browser.strip import draw, measure
from mobile.ports.jpeg import LONGEST_SIDE_PX, bare, fitted, size_of
from mobile.ports.picture import (
    HEIC,
    JPEG,
    MAX_PIXELS,
    MAX_SCREEN_PIXELS,
    MOST_PARTS,
    PNG,
    WEBP,
    cuts,
    kind_of,
    screen_size,
)
from shared.problems import ProblemError

QUALITY = 0.8
LARGE_PIXELS = 16_000_000
"""From here on the browser shrinks while it decodes: a phone's tab has no memory for all of it."""
TYPES = {JPEG: "image/jpeg", PNG: "image/png", WEBP: "image/webp", HEIC: "image/heic"}


class CanvasCodec:
    """See mobile.ports.api.PhotoCodec."""

    async def fit(self, jpeg: bytes, caption: str = "") -> Fitted:
        if kind_of(jpeg) == HEIC:
            return await _heic(jpeg, caption)
        try:
            stored = size_of(jpeg)
        except ValueError as error:
            raise ProblemError("photo.unreadable") from error
        pixels = stored[0] * stored[1]
        if pixels > MAX_PIXELS:
            raise _too_large(MAX_PIXELS)
        try:
            return await _photo(await _decoded(jpeg, shrunk=pixels > LARGE_PIXELS), stored, caption)
        except JsError as error:  # not decoded, or no memory for it
            if pixels > LARGE_PIXELS:
                raise _too_large(LARGE_PIXELS) from error
            raise ProblemError("photo.unreadable") from error

    async def screens(self, data: bytes, caption: str = "") -> tuple[Fitted, ...]:
        try:
            bitmap = await _decoded(data)
            return await _parts(bitmap, caption)
        except JsError as error:
            raise ProblemError("photo.unreadable") from error

    async def thumbnail(self, jpeg: bytes) -> bytes:
        try:
            bitmap = await _decoded(jpeg)
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


async def _heic(photo: bytes, caption: str) -> Fitted:
    """A photo of an iPhone, by the browser's own decoder: Safari has one, Chrome has not."""
    try:
        bitmap = await _decoded(photo)
    except JsError as error:
        raise ProblemError("photo.heic") from error
    return await _photo(bitmap, (bitmap.width, bitmap.height), caption)


def _too_large(most: int) -> ProblemError:
    return ProblemError("photo.too_large", megapixels=most // 1_000_000)


async def _decoded(data: bytes, *, shrunk: bool = False) -> Any:
    """The decoded picture, turned as its EXIF says; `shrunk` to little more than is kept."""
    blob = js.Blob.new(crossed([crossed(data)]), fields(type=TYPES.get(kind_of(data), "")))
    options: dict[str, object] = {"imageOrientation": "from-image"}
    if shrunk:
        options |= {"resizeWidth": LONGEST_SIDE_PX, "resizeQuality": "high"}
    return await js.createImageBitmap(blob, fields(**options))


async def _photo(bitmap: Any, stored: tuple[int, int], caption: str) -> Fitted:
    width, height = fitted(*stored)
    if (bitmap.width > bitmap.height) != (stored[0] > stored[1]):  # it was turned on its side
        width, height = height, width
    source = (0, 0, bitmap.width, bitmap.height)
    try:
        return await _whole(bitmap, source, width, height, caption)
    finally:
        bitmap.close()


async def _parts(bitmap: Any, caption: str) -> tuple[Fitted, ...]:
    """A screenshot at the width that is kept, in as many parts as it is long."""
    try:
        if bitmap.width * bitmap.height > MAX_SCREEN_PIXELS:
            raise _too_large(MAX_SCREEN_PIXELS)
        width, height = screen_size(bitmap.width, bitmap.height)
        parts, scale = cuts(height), bitmap.height / height
        if len(parts) > MOST_PARTS:
            raise ProblemError("photo.too_long", parts=MOST_PARTS)
        return tuple(
            [
                await _whole(
                    bitmap,
                    (0, top * scale, bitmap.width, (end - top) * scale),
                    width,
                    end - top,
                    caption,
                )
                for top, end in parts
            ]
        )
    finally:
        bitmap.close()


async def _whole(
    bitmap: Any, source: tuple[float, float, float, float], width: int, height: int, caption: str
) -> Fitted:
    """What `source` (left, top, width, height) of a picture shows, in this size, strip below."""
    strip = measure(caption, width, height)
    canvas = js.OffscreenCanvas.new(width, height + strip.height_px)
    context = canvas.getContext("2d", fields(alpha=False, willReadFrequently=True))
    context.imageSmoothingQuality = "high"
    context.fillStyle = "white"
    context.fillRect(0, 0, width, height)
    context.drawImage(bitmap, *source, 0, 0, width, height)
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
