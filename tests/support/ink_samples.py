"""Drawn pages for the tests of stamp and signature: printed by us, stamped with 样章, signed with
invented strokes, scanned or photographed; and pages that only look so.
"""

from __future__ import annotations

import math
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from sync_server.paperwork.typeset import SignatureLine, StampArea
from sync_server.sample import handwriting, stamps
from sync_server.sample.camera import perspective
from sync_server.sample.model import seeded

INK = (26, 32, 84)


def centre(area: StampArea) -> tuple[float, float]:
    return area.x_mm + area.w_mm / 2, area.y_mm + area.h_mm / 2


def stamp_on(
    page: Image.Image,
    xy_mm: tuple[float, float],
    *,
    seed: int = 1,
    strength: float = 1.0,
    shown: float = 1.0,
    degrees: float = 0.0,
    diameter_mm: float = 42.0,
    colour: tuple[int, int, int] = stamps.RED,
) -> Image.Image:
    """Press 样章 in place. `strength` 0..1 is how much ink there is, `shown` how much of the disc."""
    k = page.width / 210
    mask = stamps.specimen_stamp(k, "青槐县××学校", seeded("ink", seed), diameter_mm=diameter_mm)
    mask = mask.rotate(degrees, Image.Resampling.BICUBIC)
    if shown < 1:
        pressed = Image.new("L", mask.size, 0)
        ImageDraw.Draw(pressed).rectangle((0, 0, mask.width * shown, mask.height), fill=255)
        soft = pressed.filter(ImageFilter.GaussianBlur(2 * k)).rotate(seed * 37)
        mask = ImageChops.multiply(mask, soft)
    mask = mask.point([round(v * strength) for v in range(256)])
    corner = round(xy_mm[0] * k - mask.width / 2), round(xy_mm[1] * k - mask.height / 2)
    stamps.press(page, mask, colour, corner)
    return page


def sign_on(
    page: Image.Image,
    line: SignatureLine,
    *,
    seed: int = 1,
    strength: float = 1.0,
    count: int = 2,
    pen_mm: float = 0.5,
    colour: tuple[int, int, int] = INK,
) -> Image.Image:
    """Write an invented name of `count` characters on a line, in place."""
    k, rng, zoom = page.width / 210, seeded("ink", seed), 3
    height = k * rng.uniform(6.5, 9)
    size = (round(height * (count + 1.5)), round(height * 1.9))
    large = Image.new("L", (size[0] * zoom, size[1] * zoom), 0)
    start = (height * zoom * 0.3, height * zoom * 0.4)
    handwriting.signature(
        ImageDraw.Draw(large), start, height * zoom, count, k * zoom * pen_mm, rng
    )
    mask = large.resize(size, Image.Resampling.LANCZOS).point(
        [round(v * strength) for v in range(256)]
    )
    place = (
        round((line.x_mm + rng.uniform(2, 6)) * k),
        round(line.y_mm * k - height * rng.uniform(1.1, 1.35)),
    )
    stamps.press(page, mask, colour, place)
    return page


def tinted(page: Image.Image, colour: tuple[int, int, int]) -> Image.Image:
    """Print on paper of another colour, or under light of it."""
    return ImageChops.multiply(page, Image.new("RGB", page.size, colour))


def shaded(page: Image.Image, *, seed: int = 1, dark: float = 0.45) -> Image.Image:
    """Let a shadow with a soft edge fall over a part of the page."""
    rng = seeded("ink", seed)
    light = Image.new("L", page.size, 255)
    w, h = page.size
    x = rng.uniform(0.3, 0.7) * w
    tilt = rng.uniform(-0.4, 0.4) * w
    ImageDraw.Draw(light).polygon(
        [(x + tilt, 0), (w, 0), (w, h), (x - tilt, h)], fill=round(255 * (1 - dark))
    )
    light = light.resize((w // 8, h // 8)).filter(ImageFilter.GaussianBlur(w / 8 / 40))
    return ImageChops.multiply(page, light.resize(page.size).convert("RGB"))


def lamp(page: Image.Image, colour: tuple[int, int, int] = (255, 214, 150)) -> Image.Image:
    """Light the page with a warm lamp from one side: bright and yellow here, dim there."""
    w, h = page.size
    near = (
        Image.linear_gradient("L").rotate(90).resize((w, h)).point(lambda v: 130 + v * 125 // 255)
    )
    return ImageChops.multiply(tinted(page, colour), near.convert("RGB"))


def noisy(page: Image.Image, amount: int, seed: int = 1) -> Image.Image:
    """Add a sensor's grain."""
    rng = seeded("ink", seed)
    small = (page.width // 2, page.height // 2)
    grain = Image.frombytes("RGB", small, rng.randbytes(small[0] * small[1] * 3)).resize(page.size)
    grey = grain.point(lambda v: 128 + (v - 128) * amount // 128)
    return ImageChops.add(page, grey, 1, -128)


def photographed(page: Image.Image, *, seed: int = 1, tilt: float = 0.05) -> Image.Image:
    """Photograph the page on a desk, from a little to one side: `tilt` is how much is lost."""
    rng = seeded("ink", seed)
    w, h = page.size
    margin = round(w * 0.06)
    desk = Image.new("RGB", (w + 2 * margin, h + 2 * margin), (92, 78, 66))
    corners = [
        (margin + rng.uniform(0, tilt) * w, margin + rng.uniform(0, tilt) * h),
        (margin + rng.uniform(0, tilt) * w, margin + h - rng.uniform(0, tilt) * h),
        (margin + w - rng.uniform(0, tilt) * w, margin + h - rng.uniform(0, tilt) * h),
        (margin + w - rng.uniform(0, tilt) * w, margin + rng.uniform(0, tilt) * h),
    ]
    coefficients = perspective([corners[n] for n in (0, 3, 2, 1)], page.size)
    laid = page.transform(
        desk.size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC
    )
    on = Image.new("L", desk.size, 0)
    ImageDraw.Draw(on).polygon(corners, fill=255)
    desk.paste(laid, (0, 0), on)
    return desk


def skewed(page: Image.Image, degrees: float) -> Image.Image:
    return page.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=(250, 250, 250))


def red_lines(page: Image.Image, area: StampArea, count: int, pen_mm: float = 0.7) -> Image.Image:
    """Draw level red lines through the stamp area: one by pen, or several as of a table."""
    k, draw = page.width / 210, ImageDraw.Draw(page)
    for i in range(count):
        y = (area.y_mm + area.h_mm * (i + 1) / (count + 1)) * k
        draw.line(
            ((area.x_mm - 5) * k, y, (area.x_mm + area.w_mm) * k, y + k),
            fill=(205, 40, 45),
            width=max(1, round(pen_mm * k)),
        )
    return page


def red_grid(page: Image.Image, area: StampArea) -> Image.Image:
    """Draw a red table over the stamp area."""
    k, draw = page.width / 210, ImageDraw.Draw(page)
    for i in range(6):
        y, x = (area.y_mm + i * 9) * k, (area.x_mm + i * 11) * k
        right, low = (area.x_mm + 55) * k, (area.y_mm + 45) * k
        draw.line((area.x_mm * k, y, right, y), fill=(200, 60, 60), width=max(1, round(0.3 * k)))
        draw.line((x, area.y_mm * k, x, low), fill=(200, 60, 60), width=max(1, round(0.3 * k)))
    return page


def scribble(page: Image.Image, xy_mm: tuple[float, float], seed: int = 1) -> Image.Image:
    """Scribble in red over the stamp area."""
    k, rng, draw = page.width / 210, seeded("ink", seed), ImageDraw.Draw(page)
    points = [
        ((xy_mm[0] + rng.uniform(-22, 22)) * k, (xy_mm[1] + rng.uniform(-18, 18)) * k)
        for _ in range(14)
    ]
    draw.line(points, fill=(210, 30, 40), width=max(1, round(0.7 * k)), joint="curve")
    return page


def hand_drawn_ring(page: Image.Image, xy_mm: tuple[float, float]) -> Image.Image:
    """Draw a red ring by pen with nothing in it."""
    k, draw = page.width / 210, ImageDraw.Draw(page)
    points = [
        (
            (xy_mm[0] + (20 + math.sin(3 * a)) * math.cos(a)) * k,
            (xy_mm[1] + (20 + math.cos(2 * a)) * math.sin(a)) * k,
        )
        for a in (i * math.tau / 60 for i in range(62))
    ]
    draw.line(points, fill=(210, 30, 40), width=max(1, round(0.7 * k)), joint="curve")
    return page


def red_disc(
    page: Image.Image,
    xy_mm: tuple[float, float],
    radius_mm: float,
    colour: tuple[int, int, int] = (196, 60, 60),
) -> Image.Image:
    """Lay something round and red on the page: a lid, a finger's tip, a sticker."""
    k = page.width / 210
    x, y, r = xy_mm[0] * k, xy_mm[1] * k, radius_mm * k
    ImageDraw.Draw(page).ellipse((x - r, y - r, x + r, y + r), fill=colour)
    return page


def signed_and_stamped_in(
    page: Image.Image,
    area: StampArea,
    lines: tuple[SignatureLine, ...],
    colour: tuple[int, int, int],
) -> Image.Image:
    """Stamp in another red than ours, and sign."""
    stamp_on(page, centre(area), colour=colour)
    for number, line in enumerate(lines):
        sign_on(page, line, seed=number)
    return page


def ruled(page: Image.Image, line: SignatureLine, up_mm: float, end_mm: float) -> Image.Image:
    """Draw a straight pen stroke along a signature line, `end_mm` lower at its end."""
    k = page.width / 210
    ends = (line.x_mm * k, (line.y_mm - up_mm) * k)
    far = ((line.x_mm + line.w_mm) * k, (line.y_mm - up_mm + end_mm) * k)
    ImageDraw.Draw(page).line((*ends, *far), fill=INK, width=max(1, round(0.5 * k)))
    return page


def folded(page: Image.Image, line: SignatureLine) -> Image.Image:
    """Fold the page from top to bottom through a signature line."""
    k = page.width / 210
    x = (line.x_mm + 12) * k
    ends = (x, 0, x + 2 * k, page.height)
    ImageDraw.Draw(page).line(ends, fill=(150, 150, 150), width=max(1, round(0.6 * k)))
    return page


def finished(
    base: Image.Image, area: StampArea, lines: tuple[SignatureLine, ...], seed: int
) -> Image.Image:
    """A page stamped and signed by somebody, then scanned or photographed by somebody."""
    rng, page = seeded("ink", seed), base.copy()
    x, y = centre(area)
    stamp_on(
        page,
        (x + rng.gauss(0, 3.5), y + rng.gauss(0, 3)),
        seed=seed,
        strength=rng.uniform(0.3, 1),
        shown=rng.choice((1, 1, 1, 0.85, 0.72)),
        degrees=rng.uniform(-40, 40),
        diameter_mm=rng.uniform(37, 44),
        colour=rng.choice((stamps.RED, (222, 40, 52), (186, 30, 60), (225, 60, 40))),
    )
    for number, line in enumerate(lines):
        sign_on(
            page,
            line,
            seed=seed * 10 + number,
            strength=rng.uniform(0.65, 1),
            count=rng.choice((2, 3, 3)),
            pen_mm=rng.uniform(0.35, 0.7),
            colour=rng.choice((INK, (20, 20, 24), (40, 60, 150))),
        )
    return seen_by_a_camera(page, rng)


def bare(
    base: Image.Image, area: StampArea, lines: tuple[SignatureLine, ...], seed: int
) -> Image.Image:
    """A page without a stamp, with one of the things that are taken for one."""
    rng, page = seeded("ink", seed), base.copy()
    x, y = centre(area)
    near = (x + rng.gauss(0, 6), y + rng.gauss(0, 5))
    kind = seed % 10
    if kind == 1:
        red_lines(page, area, rng.randrange(1, 8), rng.uniform(0.3, 1.4))
    elif kind == 2:
        red_grid(page, area)
    elif kind == 3:
        scribble(page, near, seed)
    elif kind == 4:
        hand_drawn_ring(page, near)
    elif kind == 5:
        red_disc(page, near, rng.uniform(4, 30), rng.choice(((190, 50, 50), (255, 190, 190))))
    elif kind == 6:
        away = rng.choice(((-58, 0), (0, 55), (-60, 60), (0, -52)))
        stamp_on(page, (x + away[0], y + away[1]), seed=seed)
    elif kind == 7:
        page = tinted(page, rng.choice(((255, 205, 210), (255, 225, 170), (250, 200, 180))))
    elif kind == 8:
        red_disc(page, (area.x_mm + area.w_mm, area.y_mm + area.h_mm), 14, (214, 150, 130))
    elif kind == 9:
        strip = (round(page.width * rng.uniform(0.7, 0.9)), 0, page.width, page.height)
        page.paste((180, 44, 40), strip)
    return seen_by_a_camera(page, rng)


def unsigned(
    base: Image.Image, area: StampArea, lines: tuple[SignatureLine, ...], seed: int
) -> Image.Image:
    """A stamped page on whose lines nobody wrote, or only drew a line."""
    rng, page = seeded("ink", seed), base.copy()
    stamp_on(page, centre(area), seed=seed)
    k, draw = page.width / 210, ImageDraw.Draw(page)
    line = lines[-1]
    left, right, y = line.x_mm * k, (line.x_mm + line.w_mm) * k, line.y_mm * k
    width = max(1, round(rng.uniform(0.3, 0.7) * k))
    if seed % 4 == 1:  # a ruler's line over the printed one
        draw.line((left, y - 2 * k, right, y - 3 * k), fill=INK, width=width)
    elif seed % 4 == 2:  # a fold
        fold = left + rng.uniform(4, 28) * k
        draw.line((fold, 0, fold + 2 * k, page.height), fill=(190, 190, 190), width=width)
    elif seed % 4 == 3:  # a stroke through
        draw.line((left, y, right, y - 8 * k), fill=INK, width=width)
    return seen_by_a_camera(page, rng)


def seen_by_a_camera(page: Image.Image, rng: Random) -> Image.Image:
    """Scan a page, or photograph it in one of the ways offices do."""
    seed = rng.randrange(10_000)
    how = rng.randrange(5)
    if how == 0:
        return noisy(skewed(page, rng.uniform(-2, 2)), 6, seed)
    if how == 1:
        return noisy(tinted(skewed(page, rng.uniform(-3, 3)), (244, 240, 226)), 8, seed)
    if how == 2:
        return noisy(photographed(shaded(page, seed=seed), seed=seed, tilt=0.04), 14, seed)
    if how == 3:
        return noisy(photographed(lamp(page), seed=seed, tilt=0.05), 14, seed)
    cold = tinted(page, (224, 236, 255)).filter(ImageFilter.GaussianBlur(page.width / 210 * 0.1))
    return noisy(photographed(cold, seed=seed, tilt=0.03), 10, seed)
