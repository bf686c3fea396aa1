"""Which known school an unknown name may mean: only suggested, somebody chooses."""

from __future__ import annotations

import re
from collections.abc import Sequence

from shared import spelling

MOST = 3
"""Suggestions for one name."""
_NUMBER = re.compile(r"[0-9一二三四五六七八九十]+")


def alike(name: str, known: Sequence[str]) -> list[str]:
    """Return the known names nearest to this one, where they differ little. Pure.

    Numbers tell schools apart: 第一小学 never suggests 第二小学.
    """
    key = spelling.school_key(name)
    found = []
    for other in known:
        other_key = spelling.school_key(other)
        if _NUMBER.findall(key) != _NUMBER.findall(other_key):
            continue
        distance = edits(key, other_key)
        if distance <= min(len(key), len(other_key)) // 4:
            found.append((distance, other))
    nearest = min(found, default=(0, ""))[0]
    return [other for distance, other in sorted(found) if distance == nearest][:MOST]


def edits(one: str, other: str) -> int:
    """Return how many characters must be added, dropped or changed to make one text the other."""
    before = list(range(len(other) + 1))
    for n, a in enumerate(one, start=1):
        now = [n]
        for m, b in enumerate(other, start=1):
            now.append(min(before[m] + 1, now[-1] + 1, before[m - 1] + (a != b)))
        before = now
    return before[-1]
