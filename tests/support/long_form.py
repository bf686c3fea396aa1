"""How much a test of faults tries, from which seed, and what it counted.

`make faults` asks for the long form (DOORSTEP_FAULTS=long); `make test` runs the short one. DOORSTEP_<NAME> sets one
amount, DOORSTEP_SEED the seed. The short form's seed changes from day to day: its samples go through all places.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

LONG = os.environ.get("DOORSTEP_FAULTS") == "long"
SEED = int(os.environ.get("DOORSTEP_SEED") or datetime.now(UTC).toordinal())
"""What `dice` begins with; tests/conftest.py hands it to all workers of a run."""
COUNTS = "DOORSTEP_COUNTS"
"""The file to which each count is appended, where somebody collects them."""


class Count(msgspec.Struct, kw_only=True):
    """One line of the table at the end of `make faults`.

    Attributes:
        what: What was tried; lines of the same words are added up.
        tried: How often.
        lost: Records, photos or changes that were acknowledged and are gone.
        doubled: Those that are there twice.
        named: What became of the tries, by name: states that were found, problems that refused.
        seconds: How long it took.
    """

    what: str
    tried: int
    lost: int = 0
    doubled: int = 0
    named: dict[str, int] = {}
    seconds: float = 0.0


def amount(name: str, *, short: int, long: int) -> int:
    """How many to try: as DOORSTEP_<name> says, else by the form."""
    return int(os.environ.get(f"DOORSTEP_{name}") or (long if LONG else short))


def rounds(total: int, size: int) -> list[tuple[int, int]]:
    """Number and tries of each round: `total` in rounds of `size` at most, which several workers share."""
    return [(n, min(size, total - n * size)) for n in range(-(-total // size))]


def dice(*of: object) -> random.Random:
    """Choices that repeat for the same seed and the same words."""
    return random.Random(f"{SEED} {of}")


@contextmanager
def counting(what: str) -> Iterator[Count]:
    """Fill in what was tried; printed, and kept for the table, when nothing failed."""
    count, begun = Count(what=what, tried=0), time.monotonic()
    yield count
    count.seconds = time.monotonic() - begun
    keep(count)


def show(line: str) -> None:
    """Put a measured line into a test's output, which `pytest -rP` shows."""
    sys.stdout.write(f"{line}\n")


def keep(count: Count) -> None:
    """Print a count, and append it to the file of counts."""
    show(f"counted: {line_of(count)}")
    if path := os.environ.get(COUNTS):
        with Path(path).open("ab") as file:
            file.write(msgspec.json.encode(count) + b"\n")


def collected(path: Path) -> list[Count]:
    """What a run counted, lines of the same words added up, in the order of their first."""
    found: dict[str, Count] = {}
    lines = path.read_bytes().splitlines() if path.exists() else []
    for count in (msgspec.json.decode(line, type=Count) for line in lines):
        total = found.setdefault(count.what, Count(what=count.what, tried=0))
        total.tried += count.tried
        total.lost += count.lost
        total.doubled += count.doubled
        total.seconds += count.seconds
        total.named = dict(Counter(total.named) + Counter(count.named))
    return list(found.values())


def line_of(count: Count) -> str:
    """A count as one line."""
    return (
        f"{count.what}: {count.tried:,} tried, {count.lost} lost, {count.doubled} doubled,"
        f" {_named(count.named)}, {count.seconds:.0f} s"
    )


def row_of(count: Count) -> str:
    """A count as a row of a table."""
    cells = (
        count.what,
        f"{count.tried:,}",
        str(count.lost),
        str(count.doubled),
        _named(count.named),
        f"{count.seconds:.0f}",
    )
    return f"| {' | '.join(cells)} |"


def _named(named: Mapping[str, int]) -> str:
    return "; ".join(f"{name} {count:,}" for name, count in sorted(named.items())) or "nothing else"
