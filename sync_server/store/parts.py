"""Lists of ids in parts that one statement can carry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_PART = 500


def parts(ids: Sequence[str]) -> Iterator[list[str]]:
    """Yield ids in parts that a statement can carry."""
    for start in range(0, len(ids), _PART):
        yield list(ids[start : start + _PART])
