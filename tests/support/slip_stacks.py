"""Stacks of slips as a scanner gives them: real notices, printed, signed with invented strokes,
scanned askew, in shadow, with noise, crumpled, in grey or black and white, with backs, two on an A3."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import date
from random import Random

import msgspec
import pypdfium2
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from shared.cases import Case
from shared.ids import case_code
from sync_server.paperwork.notices import render_notices
from sync_server.sample import camera, handwriting, stamps
from sync_server.sealing.paper.slip_layout import CUT_LINE_MM, SIGNER_LINE
from tests.support.seal_samples import FONTS, inputs

DPI = 200
PENS = ((28, 42, 120), (24, 24, 30), (20, 60, 140), (70, 70, 80))
STYLES = ("flat", "skewed", "turned", "grey", "dim", "shadow", "crumpled", "fax", "coarse", "photo")


class Sheet(msgspec.Struct, frozen=True):
    """A scanned page and what is on it: (bare code, whether it was signed) of each slip."""

    image: Image.Image
    style: str
    slips: tuple[tuple[str, bool], ...]


def notices(count: int, unit: str = "Q03", first: int = 1) -> tuple[bytes, list[str]]:
    """The notices of so many invented people as a PDF, and their codes."""
    base = inputs(1, 0)
    cases: list[Case] = [
        msgspec.structs.replace(base.cases[0], id=f"case-{n}", code=case_code(unit, n))
        for n in range(first, first + count)
    ]
    pdf = render_notices(cases, base.season, base.school.name, date(2019, 11, 25), FONTS)
    return pdf, [case.code for case in cases]


def printed(pdf: bytes, dpi: int = DPI) -> Iterator[Image.Image]:
    """Each sheet as it leaves the printer."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        for page in document:
            yield page.render(scale=dpi / 72).to_pil().convert("RGB")
    finally:
        document.close()


def signed(sheet: Image.Image, rng: Random, dpi: int = DPI, *, thumb: bool = False) -> Image.Image:
    """Sign a sheet's slip, with a pen or a thumb, and fill in something beside it."""
    k = dpi / 25.4
    top = CUT_LINE_MM * k
    written = Image.new("L", sheet.size, 0)
    pen = ImageDraw.Draw(written)
    x, y = (SIGNER_LINE.left + rng.uniform(1, 6)) * k, top + SIGNER_LINE.top * k
    if thumb:
        mark = stamps.thumb_print(round(15 * k), rng).rotate(rng.uniform(-40, 40), expand=True)
        stamps.press(sheet, mark, stamps.RED, (round(x), round(y - 11 * k)))
    else:
        size = rng.uniform(6, 9) * k
        width = max(2, round(rng.uniform(0.35, 0.6) * k))
        name = rng.choice((2, 3, 3))
        handwriting.signature(pen, (x, y - size * 0.95), size, name, width, rng)
    handwriting.digits(
        pen, (90 * k, y - 5.5 * k), 4.5 * k, f"1380000{rng.randrange(9999):04d}"[:7], 3, rng
    )
    handwriting.tick(pen, (53 * k, y + 6 * k), 3.4 * k, 4, rng)
    stamps.press(sheet, written.filter(ImageFilter.GaussianBlur(0.6)), rng.choice(PENS), (0, 0))
    return sheet


def cut_off(sheet: Image.Image, dpi: int = DPI) -> Image.Image:
    """The slip alone."""
    return sheet.crop((0, round(CUT_LINE_MM * dpi / 25.4), sheet.width, sheet.height))


def on_glass(slip: Image.Image, rng: Random, dpi: int = DPI) -> Image.Image:
    """A slip on the scanner's A4 glass, somewhere."""
    k = dpi / 25.4
    glass = Image.new("RGB", (round(210 * k), round(297 * k)), (250, 250, 248))
    glass.paste(slip, (0, round(rng.uniform(0, 190) * k)))
    return glass


def scanned(sheet: Image.Image, style: str, rng: Random) -> Image.Image:
    """What the scanner makes of a sheet."""
    if style == "photo":
        return camera.photograph(sheet, upright=sheet.height > sheet.width, sharp=True, rng=rng)
    if style == "crumpled":
        sheet = _crumpled(sheet, rng)
    if style == "turned":
        quarter = rng.choice((90, 180, 270))
        sheet = sheet.rotate(quarter, expand=True)
    degrees = rng.uniform(-10, 10) if style == "skewed" else rng.uniform(-1.5, 1.5)
    page = sheet.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=(244, 244, 242))
    if style == "coarse":
        page = page.resize((page.width * 110 // DPI, page.height * 110 // DPI))
    if style == "shadow":
        page = _shaded(page, rng)
    if style == "dim":
        low, high = rng.randrange(10, 40), rng.randrange(110, 150)
        page = page.point([low + level * (high - low) // 255 for level in range(256)] * 3)
    page = page.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 0.9)))
    noise = rng.randrange(3, 12)
    grain = Image.frombytes("L", page.size, rng.randbytes(page.width * page.height))
    grain = grain.point([128 + (level - 128) * noise // 128 for level in range(256)])
    page = ImageChops.add(page, Image.merge("RGB", (grain,) * 3), scale=1, offset=-128)
    if style == "grey":
        return page.convert("L")
    if style == "fax":
        return page.convert("L").point([0 if level < 150 else 255 for level in range(256)], "1")
    return page


def _crumpled(sheet: Image.Image, rng: Random) -> Image.Image:
    """Fold lines, and places that lie a little aside."""
    rows, columns, strength = 6, 5, sheet.width / 210 * 0.7
    xs = [round(sheet.width * n / columns) for n in range(columns + 1)]
    ys = [round(sheet.height * n / rows) for n in range(rows + 1)]
    moved = {
        (c, r): (
            xs[c] + (rng.uniform(-1, 1) * strength if 0 < c < columns else 0),
            ys[r] + (rng.uniform(-1, 1) * strength if 0 < r < rows else 0),
        )
        for c in range(columns + 1)
        for r in range(rows + 1)
    }
    mesh = [
        (
            (xs[c], ys[r], xs[c + 1], ys[r + 1]),
            (*moved[c, r], *moved[c, r + 1], *moved[c + 1, r + 1], *moved[c + 1, r]),
        )
        for c in range(columns)
        for r in range(rows)
    ]
    page = sheet.transform(sheet.size, Image.Transform.MESH, mesh, Image.Resampling.BILINEAR)
    folds = Image.new("L", page.size, 255)
    draw = ImageDraw.Draw(folds)
    for _ in range(6):
        ends = [rng.uniform(0, page.width), 0, rng.uniform(0, page.width), page.height]
        draw.line(ends, fill=rng.randrange(150, 215), width=rng.randrange(2, 5))
    soft = folds.filter(ImageFilter.GaussianBlur(1.5))
    return ImageChops.multiply(page, Image.merge("RGB", (soft,) * 3))


def _shaded(page: Image.Image, rng: Random) -> Image.Image:
    """A soft dark edge along one side, as of a book's fold or a hand."""
    dark, edge = rng.randrange(70, 120), rng.uniform(0.3, 0.7)
    levels = bytes(
        max(dark, min(255, round(dark + (255 - dark) * (n / 64 / edge)))) for n in range(64)
    )
    strip = Image.frombytes("L", (64, 1), levels if rng.random() < 0.5 else levels[::-1])
    shade = strip.resize(page.size, Image.Resampling.BICUBIC)
    return ImageChops.multiply(page, Image.merge("RGB", (shade,) * 3))


def back(front: Image.Image, rng: Random) -> Image.Image:
    """The blank back of a sheet: the front shows through, dust, two holes, a dark edge."""
    through = front.transpose(Image.Transpose.FLIP_LEFT_RIGHT).filter(ImageFilter.GaussianBlur(2))
    page = through.point([255 - (255 - level) // 9 for level in range(256)] * 3)
    draw = ImageDraw.Draw(page)
    for _ in range(12):
        x, y = rng.randrange(page.width), rng.randrange(page.height)
        draw.ellipse((x, y, x + 3, y + 3), fill=(120, 120, 120))
    for y in (0.36, 0.64):
        x, r = round(page.width * 0.03), page.width // 70
        draw.ellipse((x - r, page.height * y - r, x + r, page.height * y + r), fill=(60, 60, 60))
    draw.rectangle((page.width - 8, 0, page.width, page.height), fill=(70, 70, 70))
    return scanned(page, rng.choice(("flat", "grey")), rng)


def side_by_side(sheets: Sequence[Image.Image]) -> Image.Image:
    """Two sheets on an A3."""
    both = Image.new("RGB", (sum(s.width for s in sheets), max(s.height for s in sheets)), "white")
    x = 0
    for sheet in sheets:
        both.paste(sheet, (x, 0))
        x += sheet.width
    return both


def stack(count: int, seed: int, *, styles: Sequence[str] = STYLES) -> Iterator[Sheet]:
    """So many slips in mixed order, one page after another; about one in six is not signed."""
    rng = Random(seed)
    pdf, codes = notices(count)
    sheets = printed(pdf)
    waiting: list[tuple[Image.Image, str, bool]] = []
    for number, (sheet, code) in enumerate(zip(sheets, codes, strict=True)):
        is_signed = rng.random() < 0.85
        if is_signed:
            signed(sheet, rng, thumb=rng.random() < 0.08)
        style = styles[number % len(styles)]
        if number % 20 in (7, 8):
            waiting.append((sheet, code, is_signed))
            if len(waiting) == 2:
                both = side_by_side([one[0] for one in waiting])
                page = scanned(both, "flat", rng)
                yield Sheet(page, "a3", tuple((c, s) for _, c, s in waiting))
                waiting = []
            continue
        kind = rng.random()
        if kind < 0.6 or style == "photo":
            sheet = cut_off(sheet)
            if kind < 0.3 and style != "photo":
                sheet = on_glass(sheet, rng)
        yield Sheet(scanned(sheet, style, rng), style, ((code, is_signed),))
        if number % 9 == 4:
            yield Sheet(back(sheet, rng), "back", ())
    for sheet, code, is_signed in waiting:
        yield Sheet(scanned(sheet, "flat", rng), "flat", ((code, is_signed),))


def pdf_of(pages: Sequence[Image.Image], dpi: int = DPI) -> bytes:
    """The scanner's file."""
    out = io.BytesIO()
    pages[0].save(out, "PDF", save_all=True, append_images=pages[1:], resolution=dpi, quality=70)
    return out.getvalue()
