"""The contracts somebody may have meant: numbers that differ in one or two characters. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

MOST_EDITS = 2


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
    same = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        same += 1
    one, other = one[same:], other[same:]
    if not one or not other:
        return len(one) + len(other)
    if not most:
        return None
    found = [
        edits
        for rest in ((one[1:], other[1:]), (one[1:], other), (one, other[1:]))
        if (edits := _edits(*rest, most - 1)) is not None
    ]
    return min(found) + 1 if found else None
