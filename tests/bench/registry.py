"""Every bench of `make bench` by number: what is divided by what, the aim, and how it is measured.

To add one, write a module whose docstring says what is divided by what, with a function that returns the values of
`ROUNDS` rounds for each of its parts, and add it here with an aim; `make bench RECORD=1 PART=B1` writes its bounds. A
bench runs in a process of its own and may raise `NotHereError` for what this machine lacks. Lower is better everywhere.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, cast

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
        aim: What issue 20 asks for, None where it asks for nothing.
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
    """One row of issue 20's table.

    Attributes:
        number: B0 to B12.
        words: What it is about.
        run: "module:function" of what measures it, in tests.bench.
        parts: Its numbers.
        minutes: The most it may take, then it counts as failed.
    """

    number: str
    words: str
    run: str
    parts: tuple[Part, ...]
    minutes: float = 5

    def measure(self) -> Values:
        """Measure it in this process. Raises NotHereError."""
        module, _, name = self.run.partition(":")
        found = importlib.import_module(f"tests.bench.{module}")
        return cast(Callable[[], Values], getattr(found, name))()


def _facts(**words: tuple[str, str]) -> tuple[Part, ...]:
    return tuple(
        Part(key=key, words=said, unit=unit, holds=Holds.NOWHERE)
        for key, (said, unit) in words.items()
    )


def _machine(key: str, words: str, unit: str, aim: float | None) -> Part:
    return Part(key=key, words=words, unit=unit, aim=aim, holds=Holds.SAME_MACHINE)


BENCHES: tuple[Bench, ...] = (
    Bench(
        number="B1",
        words="push",
        run="adapters:push",
        parts=(Part(key="push", words="push of 1,000 facts ÷ bare verify and insert", aim=1.67),),
    ),
    Bench(
        number="B2",
        words="a photo's upload",
        run="upload:values",
        parts=(
            Part(
                key="photo",
                words="durable photo of 200 KB through tus ÷ raw durable file",
                aim=1.33,
            ),
            *_facts(ms=("a photo from its first byte to its receipt", "ms")),
        ),
    ),
    Bench(
        number="B2",
        words="a photo's upload beside another server",
        run="peers:tus",
        parts=(
            Part(
                key="tus",
                words="durable photo of 200 KB with its receipt ÷ @tus/server's, which flushes nothing",
                holds=Holds.NOWHERE,
                peer="@tus/server 2.4.5 with @tus/file-store, in node",
            ),
        ),
    ),
    Bench(
        number="B3",
        words="the phone's photo",
        run="adapters:photo",
        parts=(
            Part(key="photo", words="photo pipeline ÷ bare draft decode and encode", aim=1.15),
        ),
    ),
    Bench(
        number="B4",
        words="bytes of a sync",
        run="adapters:wire_bytes",
        parts=(
            Part(key="first", words="bytes of a first sync ÷ gzip-6 of the cases", aim=1.15),
        ),
    ),
    Bench(
        number="B5",
        words="a slow line",
        run="slow_line:values",
        parts=(
            Part(
                key="first",
                words="first sync through 1 Mbit/s and 200 ms ÷ the line's time for its bytes",
                aim=1.25,
            ),
            *_facts(s=("a first sync of 3,917 cases through that line", "s")),
        ),
        minutes=10,
    ),
    Bench(
        number="B6",
        words="a seal",
        run="seal:values",
        parts=(
            Part(
                key="seal",
                words="sealed PDF of 200 people ÷ first typst compile of its pages",
                aim=4,
            ),
            *_facts(s=("processor time of a seal of 200 people", "s")),
        ),
        minutes=8,
    ),
    Bench(
        number="B6",
        words="a seal beside other programs",
        run="peers:weasyprint",
        parts=(
            Part(
                key="weasyprint",
                words="sealed PDF of 200 people ÷ the same rows by weasyprint, signed by pyHanko",
                aim=0.1,
                peer="weasyprint 70.0 and pyHanko 0.38.0",
            ),
        ),
        minutes=8,
    ),
    Bench(
        number="B7",
        words="roll-up",
        run="roll_up:values",
        parts=(
            Part(
                key="counties",
                words="roll-up of 100 counties ÷ half a bare serial verify loop",
                aim=1.2,
            ),
        ),
        minutes=8,
    ),
    Bench(
        number="B11",
        words="lists, slips and notices",
        run="paper:values",
        parts=(
            _machine("list", "preview of a list of 10,000 rows", "s", 3),
            _machine("slips", "265 slips read and filed", "s", 180),
            _machine("notices", "1,000 notices set", "s", 15),
            Part(key="slip", words="a page of slips ÷ bare reader of codes"),
            Part(key="not_filed", words="slips not filed by their code", unit="%", aim=0.5),
            Part(key="misfiled", words="slips under a wrong person", unit="slips", aim=0),
        ),
        minutes=10,
    ),
    Bench(
        number="B12",
        words="the phone in week three",
        run="adapters:week_three",
        parts=(
            Part(key="PIN to Today", words="last digit to Today, week three ÷ first day", aim=1.5),
            Part(key="save", words="save to its confirmation, week three ÷ first day", aim=1.2),
            Part(key="photo", words="photo to its thumbnail, week three ÷ first day", aim=1.2),
            Part(key="search", words="a key of a search, week three ÷ first day", aim=1.5),
            Part(key="mb", words="stored for a form and its save, week three", unit="MB"),
        ),
        minutes=10,
    ),
)


def picked(names: str) -> tuple[Bench, ...]:
    """The benches of `PART="B1 B6"`, all where it is empty. Raises ValueError for an unknown one."""
    asked = names.replace(",", " ").upper().split()
    known = {bench.number for bench in BENCHES}
    if unknown := [name for name in asked if name not in known]:
        raise ValueError(f"no bench {' '.join(unknown)}; there are {' '.join(sorted(known))}")
    return tuple(bench for bench in BENCHES if not asked or bench.number in asked)


