"""QR codes as segno draws them, their mask chosen faster.

A QR code is masked by the one of eight patterns that is easiest to read. segno scores each in
Python module by module, nearly all of the work of drawing a code. Here a whole symbol is one
integer, a byte a module, and a score a few operations on it. The mask is the one that segno
chooses, so that pages stay the same byte for byte. Source: ISO/IEC 18004:2015, 7.8.3.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, cast

MASKS = 8
APART = 4
"""Light modules behind each row: as many as must lie beside a pattern like a finder's."""
FINDER = bytes((1, 0, 1, 1, 1, 0, 1))


class _Symbol(NamedTuple):
    """What all symbols of a size share, each as the rows and as the columns.

    `region`: 1 where data lie; `fixed`: the other modules before a format is written; `masks`: the
    patterns within the region.
    """

    region: tuple[int, int]
    fixed: tuple[int, int]
    masks: tuple[tuple[int, int], ...]
    pairs: int
    """1 where a module has one to the right."""
    squares: int
    """1 where a module has one to the right and one below."""
    below: int
    """Bits from a module to the one below."""
    bytes: int


def make(text: str) -> Any:
    """Make a QR code, error level M: the same as segno.make with its own choice of a mask.

    Args:
        text: what it says; alphanumeric where a small code is wanted.

    Returns:
        segno's QR code.
    """
    import segno
    from segno import consts, encoder

    first = segno.make(text, error="m", micro=False, boost_error=False, mask=0)
    size, symbol = len(first.matrix), _symbol(len(first.matrix))
    best = best_mask(first.matrix)
    if not best:
        return first
    changed = _joined(first.matrix) ^ symbol.masks[0][0] ^ symbol.masks[best][0]
    line, step = changed.to_bytes(symbol.bytes, "little"), size + APART
    matrix = tuple(bytearray(line[at : at + size]) for at in range(APART, len(line), step))
    tools: Any = encoder  # untyped in segno
    drawn_as: Any = segno.QRCode
    level: Any = consts.ERROR_LEVEL_M
    tools.add_format_info(matrix, first.version, level, best)
    return drawn_as(tools.Code(matrix, first.version, level, best, ()))


def svg(text: str) -> bytes:
    """Draw a QR code as SVG without border, error level M.

    Args:
        text: alphanumeric where a small code is wanted.

    Returns:
        The SVG file.
    """
    import io

    out = io.BytesIO()
    make(text).save(out, kind="svg", border=0, xmldecl=False)
    return out.getvalue()


def best_mask(matrix: Sequence[Sequence[int]]) -> int:
    """Return the mask that scores lowest, the first of equals; `matrix` is a symbol with mask 0."""
    symbol = _symbol(len(matrix))
    masked = _both(matrix)
    data = [
        (masked[way] ^ symbol.masks[0][way]) & symbol.region[way] | symbol.fixed[way]
        for way in (0, 1)
    ]
    scores = [
        _score(data[0] ^ mask[0], data[1] ^ mask[1], len(matrix), symbol) for mask in symbol.masks
    ]
    return scores.index(min(scores))


def _score(rows: int, columns: int, size: int, symbol: _Symbol) -> int:
    """The four penalties of 7.8.3.1."""
    same = ~(rows ^ rows >> 8) & symbol.pairs
    same_down = ~(columns ^ columns >> 8) & symbol.pairs
    below = ~(rows ^ rows >> symbol.below) & symbol.squares
    squares = 3 * (same & same >> symbol.below & below).bit_count()
    dark = rows.bit_count() / size**2
    balance = 10 * int(abs(dark * 100 - 50) / 5)
    finders = _finders(rows, symbol.bytes) + _finders(columns, symbol.bytes)
    return _runs(same) + _runs(same_down) + squares + finders + balance


def _runs(same: int) -> int:
    """Three for each run of five modules of one colour, one more for each further module."""
    fives = same & same >> 8 & same >> 16 & same >> 24
    return fives.bit_count() + 2 * (fives & ~(fives >> 8)).bit_count()


def _finders(modules: int, size: int) -> int:
    """40 for each row or column of a finder with four light modules before or behind it."""
    line = modules.to_bytes(size, "little")
    found, at = 0, line.find(FINDER)
    while at >= 0:
        end = at + len(FINDER)
        if 1 in line[at - APART : at] and 1 in line[end : end + APART]:
            end = at + APART  # none: the next may begin with the second half of this one
        else:
            found += 40
        at = line.find(FINDER, end)
    return found


@lru_cache(maxsize=MASKS)
def _symbol(size: int) -> _Symbol:
    from segno import encoder

    tools: Any = encoder
    drawn = tools.make_matrix(size, size)
    tools.add_finder_patterns(drawn, size, size)
    tools.add_alignment_patterns(drawn, size, size)
    fixed = [[module if module < 2 else 0 for module in row] for row in drawn]
    drawn[-8][8] = 1  # the dark module: light until the format is written
    inside = [[int(module > 1) for module in row] for row in drawn]
    patterns = tools.get_data_mask_functions(False)
    across = range(size)
    return _Symbol(
        region=_both(inside),
        fixed=_both(fixed),
        masks=tuple(
            _both([[int(inside[i][j] and pattern(i, j)) for j in across] for i in across])
            for pattern in patterns
        ),
        pairs=_joined([[1] * (size - 1) + [0]] * size),
        squares=_joined([[1] * (size - 1) + [0]] * (size - 1)),
        below=8 * (size + APART),
        bytes=APART + size * (size + APART),
    )


def _both(matrix: Sequence[Sequence[int]]) -> tuple[int, int]:
    """A matrix row by row and column by column."""
    return _joined(matrix), _joined(cast(Iterable[Sequence[int]], zip(*matrix, strict=True)))


def _joined(rows: Iterable[Sequence[int]]) -> int:
    """Rows as one integer, the first module lowest, light modules around each."""
    apart = bytes(APART)
    return int.from_bytes(apart + b"".join(bytes(row) + apart for row in rows), "little")
