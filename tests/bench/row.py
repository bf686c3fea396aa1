"""A line of a bench that measures an amount, not a ratio."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """What was measured: words, value, unit, and the most it is meant to be (None: shown beside another)."""

    words: str
    value: float
    unit: str
    aim: float | None = None

    def __str__(self) -> str:
        aim = "" if self.aim is None else f"  (aim {self.aim:g})"
        return f"{self.words:<44} {self.value:8.2f} {self.unit}{aim}"
