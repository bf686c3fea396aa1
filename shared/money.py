"""Amounts of money: spreadsheet cells in, integer fen (1 yuan = 100 fen), figures and 大写 out."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from fractions import Fraction

from shared.problems import ProblemError

MOST_FEN = 10**14 - 1
"""The largest amount read or written: one fen under a trillion (万亿) yuan, where the words would
need another unit.
"""

_FULL_WIDTH = {0xFF10 + i: 0x30 + i for i in range(10)} | {
    ord("，"): ",",
    ord("．"): ".",
    ord("－"): "-",
    ord("＋"): "+",
}
_PLAIN = re.compile(
    r"([+-]?)[¥￥]?([+-]?)((?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]*)?|\.[0-9]+)元?"
)
_USUAL = re.compile(r"[0-9]{1,10}\.[0-9]{2}")
_BLANK = re.compile(r"[\s\u200b\ufeff]+")
_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_SECTIONS = ("", "万", "亿")


def parse_fen(value: str | int | Decimal) -> int:
    """Return the fen of an amount in yuan. Zeros beyond the second decimal are accepted.

    Args:
        value: Text (`1,657.00`, full-width digits, ¥, 元), a whole number of yuan, or a Decimal.

    Raises:
        ProblemError: money.unreadable (blank, not an amount, a bool, or beyond `MOST_FEN`),
            money.negative, money.too_precise (less than a fen).

    """
    if isinstance(value, str) and _USUAL.fullmatch(value):
        return int(value[:-3] + value[-2:])
    if isinstance(value, bool):
        raise ProblemError("money.unreadable", value=value)
    amount = _read(value) if isinstance(value, str) else Decimal(value)
    if not amount.is_finite() or (amount and amount.adjusted() > 20):
        raise ProblemError("money.unreadable", value=value)
    if amount < 0:
        raise ProblemError("money.negative", value=value)
    if amount and amount.adjusted() < -20:
        raise ProblemError("money.too_precise", value=value)
    fen = Fraction(amount) * 100  # exact; a Decimal product would round at 28 digits
    if fen.denominator != 1:
        raise ProblemError("money.too_precise", value=value)
    return _bounded(int(fen), value)


def from_float(value: float) -> int:
    """Return the fen of a spreadsheet's number cell in yuan: the nearest fen within 1e-6 fen.

    A cell that is the closest float to a whole fen always passes, for large floats are coarser than
    1e-6 fen.

    Raises:
        ProblemError: money.unreadable (not finite, too large), money.negative, money.too_precise.

    """
    if not math.isfinite(value) or abs(value) > MOST_FEN:
        raise ProblemError("money.unreadable", value=value)
    fen = round(value * 100)
    if fen / 100 != value and abs(value * 100 - fen) > 1e-6:
        raise ProblemError("money.negative" if value < 0 else "money.too_precise", value=value)
    if fen < 0:
        raise ProblemError("money.negative", value=value)
    return _bounded(fen, value)


def yuan(fen: int) -> str:
    """Return fen as figures in yuan: 649028686 -> `6,490,286.86`.

    A difference below zero gets a minus.
    """
    whole, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{whole:,}.{rest:02d}"


def in_words(fen: int) -> str:
    """Return 人民币大写: 整 after 元 and after 角, never after 分; inner zeros are one 零.

    Raises:
        ValueError: Below zero or beyond `MOST_FEN`.

    Source: docs/sources.md#amounts-in-words.

    """
    if not 0 <= fen <= MOST_FEN:
        raise ValueError(f"no words for {fen} fen")
    whole, rest = divmod(fen, 100)
    jiao, last = divmod(rest, 10)
    words = _whole(whole) + "元" if whole else ""
    if jiao:
        words += _DIGITS[jiao] + "角"
    elif last and whole:
        words += "零"
    if last:
        return f"人民币{words}{_DIGITS[last]}分"
    return f"人民币{words or '零元'}整"


def _read(text: str) -> Decimal:
    match = _PLAIN.fullmatch(_BLANK.sub("", text.translate(_FULL_WIDTH)))
    if match is None or (match[1] and match[2]):
        raise ProblemError("money.unreadable", value=text)
    return Decimal(match[1] + match[2] + match[3].replace(",", ""))


def _bounded(fen: int, value: object) -> int:
    if fen > MOST_FEN:
        raise ProblemError("money.unreadable", value=value)
    return fen


def _whole(number: int) -> str:
    """A whole number above zero, section of four digits by section."""
    words = ""
    for section in reversed(range(len(_SECTIONS))):
        part = number // 10000**section % 10000
        if not part:
            continue
        gap = words and (part < 1000 or number // 10000 ** (section + 1) % 10000 == 0)
        words += ("零" if gap else "") + _section(part) + _SECTIONS[section]
    return words


def _section(part: int) -> str:
    """One to four digits, no zero before or after, one 零 for any run between."""
    words, zero = "", False
    for place in reversed(range(4)):
        digit = part // 10**place % 10
        if digit:
            words += ("零" if zero and words else "") + _DIGITS[digit] + _PLACES[place]
        zero = not digit
    return words
