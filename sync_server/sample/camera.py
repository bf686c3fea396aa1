"""Imitate a phone camera over a sheet on a table.

Background, perspective, shadow, uneven light, blur, noise and EXIF. Everything random comes from
the generator given, so the same seed gives the same picture. Large soft things (light, shadow,
blur) are made small and scaled up: a 12 MP picture takes about a second.
"""

from __future__ import annotations

import io
import math
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

FRAME_PX = (4000, 3000)
"""12 megapixels as the sensor gives them; a phone held upright writes EXIF orientation 6."""
_SOFT = 16
"""How much smaller than the picture light and shadow are made."""
_GROUNDS = (
    ((58, 34, 20), (150, 100, 62)),
    ((92, 74, 58), (186, 160, 128)),
    ((70, 72, 74), (142, 142, 138)),
)

Quad = tuple[tuple[float, float], ...]


def photograph(sheet: Image.Image, *, upright: bool, sharp: bool, rng: Random) -> Image.Image:
    """Return the sheet as a viewer sees it, RGB.

    Args:
        sheet: the sheet, flat.
        upright: whether the phone is held upright: 3000 x 4000 pixels, else 4000 x 3000.
        sharp: False gives one so blurred that nothing can be read.
        rng: the source of everything random.

    Returns:
        The photo.
    """
    size = FRAME_PX[::-1] if upright else FRAME_PX
    picture = _table(size, rng)
    quad = _place(sheet.size, size, rng)
    _cast_shadow(picture, quad, rng)
    _lay(picture, _curled(sheet, rng), quad)
    picture = ImageChops.multiply(picture, _light(size, rng))
    if not sharp:
        picture = _shaken(picture, rng)
    return _grainy(picture, rng)


def jpeg(picture: Image.Image, *, upright: bool, rng: Random) -> bytes:
    """Return JPEG bytes as the phone stores them.

    The sensor's way round, with orientation, maker, time and position.
    """
    raw = picture.transpose(Image.Transpose.ROTATE_90) if upright else picture
    out = io.BytesIO()
    raw.save(out, "JPEG", quality=86, exif=_exif(upright, rng))
    return out.getvalue()


def _exif(upright: bool, rng: Random) -> Image.Exif:
    """Make values of the kinds that must not leave a phone, position to a hundredth of a degree."""
    taken = f"2019:12:12 {rng.randrange(9, 18):02d}:{rng.randrange(60):02d}:{rng.randrange(60):02d}"
    exif = Image.Exif()
    exif[0x0112] = 6 if upright else 1
    exif[0x010F], exif[0x0110] = "Yangzhang", "YZ-12 (specimen)"
    exif[0x0132] = taken
    exif.get_ifd(0x8769)[0x9003] = taken
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2] = "N", (34.0, 54.0 + rng.randrange(10) * 0.6, 0.0)
    gps[3], gps[4] = "E", (109.0, 30.0 + rng.randrange(10) * 0.6, 0.0)
    return exif


def _noise(size: tuple[int, int], rng: Random) -> Image.Image:
    return Image.frombytes("L", size, rng.randbytes(size[0] * size[1]))


def _table(size: tuple[int, int], rng: Random) -> Image.Image:
    """Draw wood or stone: long streaks over fine grain, sometimes a joint between two boards."""
    dark, light = rng.choice(_GROUNDS)
    half = (size[0] // 2, size[1] // 2)
    streaks = _noise((5, half[1] // 14), rng).resize(half, Image.Resampling.BICUBIC)
    grain = _noise((half[0] // 60, half[1] // 2), rng).resize(half, Image.Resampling.BICUBIC)
    pores = _noise((half[0] // 16, half[1]), rng).resize(half, Image.Resampling.BILINEAR)
    wood = Image.blend(Image.blend(streaks, grain, 0.38), pores, 0.16)
    draw = ImageDraw.Draw(wood)
    y = rng.randrange(half[1] // 3)
    while y < half[1]:
        draw.line((0, y, half[0], y + rng.randrange(-6, 7)), fill=8, width=5)
        y += rng.randrange(half[1] // 3, half[1] // 2)
    wood = wood.filter(ImageFilter.GaussianBlur(1.2))
    return ImageOps.colorize(wood, dark, light).resize(size, Image.Resampling.BILINEAR)


def _place(sheet: tuple[int, int], size: tuple[int, int], rng: Random) -> Quad:
    """Choose the sheet's corners: slightly turned, the far edge shorter, inside the frame."""
    width = size[0] * rng.uniform(0.80, 0.86)
    height = width * sheet[1] / sheet[0]
    turn = math.radians(rng.uniform(-5, 5))
    cx, cy = size[0] * rng.uniform(0.49, 0.51), size[1] * rng.uniform(0.45, 0.55)
    far = rng.uniform(0.90, 0.97)
    lean = rng.uniform(-0.012, 0.012) * width
    corners = ((-far, -1), (far, -1), (1, 1), (-1, 1))
    return tuple(
        (
            cx
            + x * width / 2 * math.cos(turn)
            - y * height / 2 * math.sin(turn)
            + (lean if y < 0 else 0),
            cy + x * width / 2 * math.sin(turn) + y * height / 2 * math.cos(turn),
        )
        for x, y in corners
    )


def _cast_shadow(picture: Image.Image, quad: Quad, rng: Random) -> None:
    """Draw a soft dark edge on the side away from the light."""
    small = (picture.width // _SOFT, picture.height // _SOFT)
    mask = Image.new("L", small, 255)
    dx, dy = rng.uniform(-1.5, 1.5), rng.uniform(1.0, 2.5)
    ImageDraw.Draw(mask).polygon([(x / _SOFT + dx, y / _SOFT + dy) for x, y in quad], fill=95)
    mask = mask.filter(ImageFilter.GaussianBlur(1.8)).resize(picture.size, Image.Resampling.BICUBIC)
    picture.paste(ImageChops.multiply(picture, Image.merge("RGB", (mask, mask, mask))))


def _curled(sheet: Image.Image, rng: Random) -> Image.Image:
    """Darken and lighten the sheet along a fold and a slow wave."""
    columns = 96
    fold, phase = rng.uniform(0.36, 0.64) * columns, rng.uniform(0, math.tau)
    levels = bytearray()
    for x in range(columns):
        wave = 6 * math.sin(x / columns * 5 + phase)
        crease = (13 if x < fold else -5) * math.exp(-(((x - fold) / 2.2) ** 2))
        levels.append(max(0, min(255, round(246 + wave - crease))))
    shade = Image.frombytes("L", (columns, 1), bytes(levels)).resize(
        sheet.size, Image.Resampling.BICUBIC
    )
    return ImageChops.multiply(sheet, Image.merge("RGB", (shade, shade, shade)))


def _lay(picture: Image.Image, sheet: Image.Image, quad: Quad) -> None:
    """Warp the sheet into the quad and paste it with soft edges."""
    left, top = (math.floor(min(p[axis] for p in quad)) - 2 for axis in (0, 1))
    right, bottom = (math.ceil(max(p[axis] for p in quad)) + 2 for axis in (0, 1))
    inside = [(x - left, y - top) for x, y in quad]
    size = (right - left, bottom - top)
    warped = sheet.transform(
        size,
        Image.Transform.PERSPECTIVE,
        perspective(inside, sheet.size),
        Image.Resampling.BILINEAR,
    )
    mask = Image.new("L", size, 0)
    ImageDraw.Draw(mask).polygon(inside, fill=255)
    mask = mask.filter(ImageFilter.GaussianBlur(1.2))
    picture.paste(warped, (left, top), mask)


def perspective(quad: list[tuple[float, float]], source: tuple[int, int]) -> list[float]:
    """Return Pillow's eight coefficients that map the picture to the sheet.

    Args:
        quad: Where the sheet's corners are in the picture, clockwise from its top left, in pixels.
        source: Width and height of the sheet in pixels.
    """
    corners = ((0, 0), (source[0], 0), source, (0, source[1]))
    rows: list[list[float]] = []
    for (x, y), (u, v) in zip(quad, corners, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    for column in range(8):
        best = max(range(column, 8), key=lambda row: abs(rows[row][column]))
        rows[column], rows[best] = rows[best], rows[column]
        rows[column] = [value / rows[column][column] for value in rows[column]]
        for other in range(8):
            if other != column:
                factor = rows[other][column]
                rows[other] = [
                    a - factor * b for a, b in zip(rows[other], rows[column], strict=True)
                ]
    return [row[8] for row in rows]


def _light(size: tuple[int, int], rng: Random) -> Image.Image:
    """Make the light: a lamp to one side, dark corners, a hand's shadow, a warm or cold tint."""
    columns, rows = size[0] // 100, size[1] // 100
    towards = rng.uniform(0, math.tau)
    hand_x, hand_y, hand = (
        rng.uniform(0, columns),
        rows * rng.uniform(0.95, 1.15),
        rng.uniform(0.10, 0.24),
    )
    levels = bytearray()
    for y in range(rows):
        for x in range(columns):
            dx, dy = x / columns - 0.5, y / rows - 0.5
            lamp = 0.92 + 0.16 * (dx * math.cos(towards) + dy * math.sin(towards))
            corner = 0.30 * (dx * dx + dy * dy)
            shadow = hand * math.exp(-(((x - hand_x) / 9) ** 2) - ((y - hand_y) / 8) ** 2)
            levels.append(max(0, min(255, round(255 * (lamp - corner - shadow)))))
    soft = Image.frombytes("L", (columns, rows), bytes(levels)).resize(
        size, Image.Resampling.BICUBIC
    )
    warm = rng.uniform(0.90, 1.0)
    tint = [round(level * warm) for level in range(256)]
    return Image.merge(
        "RGB", (soft, soft.point([round(level * 0.985) for level in range(256)]), soft.point(tint))
    )


def _shaken(picture: Image.Image, rng: Random) -> Image.Image:
    """Blur so much that neither writing nor a QR can be read."""
    small = picture.resize((picture.width // 8, picture.height // 8), Image.Resampling.BILINEAR)
    blurred = small.filter(ImageFilter.GaussianBlur(rng.uniform(2.6, 3.4)))
    return blurred.resize(picture.size, Image.Resampling.BICUBIC)


def _grainy(picture: Image.Image, rng: Random) -> Image.Image:
    """Add the noise of a small sensor, about two levels, the same in all colours."""
    grain = _noise(picture.size, rng).point(
        [128 + (level - 128) * 4 // 128 for level in range(256)]
    )
    return ImageChops.add(picture, Image.merge("RGB", (grain, grain, grain)), scale=1, offset=-128)
