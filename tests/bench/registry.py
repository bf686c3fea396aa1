"""What a bench is: its number, what is divided by what, its aim, where its bound holds, and what measures it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import cast

import msgspec

EXPONENT = "exponent"
"""The unit of a growth exponent: 0 stays as it is, 1 grows with the county."""
Values = Mapping[str, Sequence[float]]
"""Of each part of a bench its values, round by round."""


class Holds(StrEnum):
    """Where a bound holds."""

    EVERYWHERE = "everywhere"
    """A ratio, an exponent, a number of bytes: a slower machine changes nothing."""
    SAME_MACHINE = "same machine"
    """Seconds, or memory: only the machine that the bound was written on is held to it."""
    NOWHERE = "nowhere"
    """Printed as information."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One number of a bench.

    Attributes:
        key: Its name among the values of its bench.
        words: What is divided by what, or what is counted.
        unit: The unit, empty for a ratio.
        aim: What is aimed at, None for nothing.
        holds: Where its bound holds.
        peer: The program beside which it is measured, for the table of peers.
    """

    key: str
    words: str
    unit: str = ""
    aim: float | None = None
    holds: Holds = Holds.EVERYWHERE
    peer: str = ""


class Bench(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table.

    Attributes:
        number: B0 to B12.
        words: What it is about.
        run: "module:function" of what measures it, in tests.bench.
        parts: Its numbers.
        minutes: The most it may take, on a busy machine too; then it counts as failed.
    """

    number: str
    words: str
    run: str
    parts: tuple[Part, ...]
    minutes: float = 20

    def measure(self) -> Values:
        """Measure it in this process. Raises NotHereError."""
        module, _, name = self.run.partition(":")
        found = importlib.import_module(f"tests.bench.{module}")
        return cast(Callable[[], Values], getattr(found, name))()
