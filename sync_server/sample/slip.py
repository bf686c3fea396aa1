"""Draw a signed receipt slip (签收单), flat: printed labels, a QR, handwriting and a thumb print.

Its layout stands for the lower part of the notice; only the QR and the labels matter to those who
read a photo.
"""

from __future__ import annotations

from random import Random

import segno
from PIL import Image, ImageDraw, ImageFilter

from shared.ids import show_case_code
from shared.paper import slip_mark
from sync_server.sample import handwriting, stamps
from sync_server.sample.fonts import paper_font

PX_PER_MM = 15
SIZE_MM = (210, 104)
QR_MM = 18
_PAPER = (246, 244, 238)
_BLACK = (38, 38, 42)
_PENS = ((28, 42, 120), (24, 24, 30), (20, 60, 140))
_ROW_MM = (56.0, 70.0, 84.0)
_RELATIONS = ("本人", "共同借款人", "父", "母", "其他")
_METHODS = ("当面送达", "邮寄", "短信/微信", "转交")


def flat_slip(
    case_code: str, *, name_masked: str, school: str, notice_no: str, signed_on: str, rng: Random
) -> Image.Image:
    """Draw the slip from above: RGB, 15 px a millimetre, 210 x 104 mm.

    Args:
        case_code: bare code of the case, printed and in the QR.
        name_masked: the borrower's masked name.
        school: the school's name.
        notice_no: the notice's number.
        signed_on: the day the signer writes, ISO.
        rng: the source of everything random.

    Returns:
        The picture.
    """
    paper = Image.new("RGB", (SIZE_MM[0] * PX_PER_MM, SIZE_MM[1] * PX_PER_MM), _PAPER)
    draw = ImageDraw.Draw(paper)
    _cut_line(draw)
    _text(draw, 105, 14, "还款提醒通知书签收单", 6.2, bold=True, anchor="mm")
    _text(draw, 16, 27, f"编号：{show_case_code(case_code)}", 4.2)
    _text(draw, 84, 27, f"借款学生：{name_masked}", 4.2)
    _text(draw, 16, 37, f"本人已收到{school}送达的还款提醒通知书", 4.2)
    _text(draw, 16, 45, f"（{notice_no}），送达人已说明还款办法和咨询电话。", 4.2)
    _qr(paper, draw, case_code)
    boxes = _form(draw)
    _fill_in(paper, boxes, signed_on, rng)
    return paper


def _mm(value: float) -> int:
    return round(value * PX_PER_MM)


def _text(
    draw: ImageDraw.ImageDraw,
    x_mm: float,
    y_mm: float,
    text: str,
    size_mm: float,
    *,
    bold: bool = False,
    anchor: str = "lm",
) -> float:
    """Print text and return where it ends, in mm."""
    font = paper_font(_mm(size_mm), bold=bold)
    draw.text((_mm(x_mm), _mm(y_mm)), text, font=font, fill=_BLACK, anchor=anchor)
    return x_mm + font.getlength(text) / PX_PER_MM


def _cut_line(draw: ImageDraw.ImageDraw) -> None:
    """Print the cut line, cut through as scissors do."""
    for x in range(0, SIZE_MM[0], 5):
        draw.line((_mm(x), _mm(0.8), _mm(x + 2.6), _mm(0.8)), fill=(120, 120, 120), width=4)
    _text(draw, 105, 4.0, "沿此线裁剪", 2.8, anchor="mm")


def _qr(paper: Image.Image, draw: ImageDraw.ImageDraw, case_code: str) -> None:
    code = segno.make(slip_mark(case_code), error="m", micro=False)
    rows = [bytes(0 if dark else 255 for dark in row) for row in code.matrix]
    modules = Image.frombytes("L", (len(rows), len(rows)), b"".join(rows))
    side = _mm(QR_MM)
    paper.paste(modules.resize((side, side), Image.Resampling.NEAREST), (_mm(180), _mm(22)))
    _text(draw, 180 + QR_MM / 2, 22 + QR_MM + 3.2, show_case_code(case_code), 3.2, anchor="mm")


def _form(draw: ImageDraw.ImageDraw) -> dict[str, list[float]]:
    """Print lines and boxes to fill in; return the x of every tick box, in mm, by row."""
    first, second, third = _ROW_MM
    for y, label in ((first, "签收人："), (second, "签收日期："), (third, "送达人：")):
        end = _text(draw, 16, y, label, 4.4)
        draw.line((_mm(end), _mm(y + 3.4), _mm(82), _mm(y + 3.4)), fill=_BLACK, width=3)
    for x, unit in ((39.5, "20"), (52.5, "年"), (65, "月"), (77.5, "日")):
        _text(draw, x, second, unit, 4.2)
    return {
        "relation": _choices(draw, first, "与借款人关系：", _RELATIONS),
        "method": _choices(draw, second, "送达方式：", _METHODS),
    }


def _choices(
    draw: ImageDraw.ImageDraw, y: float, label: str, words: tuple[str, ...]
) -> list[float]:
    x = _text(draw, 90, y, label, 4.2)
    found = []
    for word in words:
        found.append(x)
        draw.rectangle((_mm(x), _mm(y - 1.7), _mm(x + 3.4), _mm(y + 1.7)), outline=_BLACK, width=3)
        x = _text(draw, x + 4.2, y, word, 3.9) + 2.4
    return found


def _fill_in(
    paper: Image.Image, boxes: dict[str, list[float]], signed_on: str, rng: Random
) -> None:
    """Write signer and date with one pen, the visitors with another; sometimes a thumb print."""
    first, second, third = _ROW_MM
    pens = rng.sample(_PENS, 2)
    by_signer, by_visitor = (Image.new("L", paper.size, 0) for _ in pens)
    pen, hand = ImageDraw.Draw(by_signer), _mm(rng.uniform(8.5, 10))
    handwriting.signature(
        pen,
        (_mm(rng.uniform(36, 42)), _mm(first + 3.4) - hand),
        hand,
        rng.choice((2, 3, 3)),
        8,
        rng,
    )
    for x, number in zip(
        (44.5, 57.5, 70), (signed_on[2:4], signed_on[5:7], signed_on[8:]), strict=True
    ):
        handwriting.digits(pen, (_mm(x), _mm(second - 3)), _mm(6), number, 7, rng)
    handwriting.tick(
        pen, (_mm(rng.choice(boxes["relation"][:4])), _mm(first - 1.7)), _mm(3.4), 8, rng
    )
    pen, hand = ImageDraw.Draw(by_visitor), _mm(rng.uniform(7, 8))
    for x in (34, 60):
        handwriting.signature(
            pen, (_mm(x), _mm(third + 3) - hand), hand, rng.choice((2, 3)), 7, rng
        )
    handwriting.tick(pen, (_mm(boxes["method"][0]), _mm(second - 1.7)), _mm(3.4), 8, rng)
    for written, colour in zip((by_signer, by_visitor), pens, strict=True):
        left, top, right, bottom = written.getbbox() or (0, 0, 1, 1)
        soft = written.crop((left - 4, top - 4, right + 4, bottom + 4)).filter(
            ImageFilter.GaussianBlur(1)
        )
        stamps.press(
            paper,
            soft.point([level * 9 // 10 for level in range(256)]),
            colour,
            (left - 4, top - 4),
        )
    if rng.random() < 0.4:
        thumb = stamps.thumb_print(_mm(15), rng).rotate(
            rng.uniform(-40, 40), Image.Resampling.BICUBIC, expand=True
        )
        stamps.press(paper, thumb, stamps.RED, (_mm(rng.uniform(54, 66)), _mm(first - 11)))
