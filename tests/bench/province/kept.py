"""What was measured last: found.json, which the command writes and docs/scale.md is made of."""

from __future__ import annotations

from pathlib import Path

import msgspec

from tests.bench.machine import Machine
from tests.bench.province.run import Run

FILE = Path(__file__).parent / "found.json"


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One measurement.

    Attributes:
        day: ISO, when.
        load: How many processes wanted a core when it began (the machine's load average).
        heavy_s: What benches of heavy work had reached by then (bounds.json), in seconds.
    """

    day: str
    machine: Machine
    load: float
    took_s: float
    heavy_s: dict[str, float]
    runs: list[Run]


def read() -> Found:
    """Read it."""
    return msgspec.json.decode(FILE.read_bytes(), type=Found)


def write(found: Found) -> None:
    """Write it."""
    FILE.write_bytes(msgspec.json.format(msgspec.json.encode(found)) + b"\n")
