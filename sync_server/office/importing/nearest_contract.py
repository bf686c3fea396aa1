"""The contracts somebody may have meant: numbers that differ in one or two characters. Pure."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import NamedTuple

MOST_EDITS = 2
_NE: Callable[[str, str], bool] = operator.ne


class Nearest(NamedTuple):
    """The nearest known contract numbers, and in how many characters they differ."""

    numbers: tuple[str, ...]
    edits: int


def nearest(number: str, known: Mapping[str, object]) -> Nearest:
    """Return the known numbers nearest to another one, none where all differ in more.

    Args:
        number: A number that is not known, as numbers are compared.
        known: The known numbers.
    """
    best: list[str] = []
    fewest = MOST_EDITS
    for other in known:
        edits = _edits(number, other, fewest)
        if edits is not None:
            best = [*best, other] if edits == fewest else [other]
            fewest = edits
    return Nearest(tuple(best), fewest)


def _edits(one: str, other: str, most: int) -> int | None:
    """Return how many characters are changed, missing or too many; None for more than `most`."""
    if abs(len(one) - len(other)) > most:
        return None
    if len(one) == len(other):
        changed = sum(map(_NE, one, other))
        if changed <= 1:
            return changed
        if most < MOST_EDITS:
            return None
    pairs = zip(one, other, strict=False)
    start = next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
    return _distance(one[start:], other[start:], most)


def _distance(one: str, other: str, most: int) -> int | None:
    row = list(range(len(other) + 1))
    for n, a in enumerate(one, start=1):
        before, row = row, [n]
        for m, b in enumerate(other, start=1):
            row.append(min(before[m] + 1, row[-1] + 1, before[m - 1] + (a != b)))
        if min(row) > most:
            return None
    return row[-1] if row[-1] <= most else None
