"""What was measured last and the bounds that follow from it: tests/bench/bounds.json, which the command writes.

A bound is what was reached and 15 % more (ADR 0050). docs/benchmarks.md is made of this file and prose.md alone.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from tests.bench.machine import Machine
from tests.bench.registry import EXPONENT, Bench, Holds, Part

FILE = Path(__file__).parent / "bounds.json"
SLACK = 0.15
"""How much worse than what was reached counts as broken."""


class Reached(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a part reached when it was last recorded.

    Attributes:
        day: ISO, when.
        machine: The key of the machine among Kept.machines.
        rounds: How many.
        median: Of them.
        low: The best round.
        high: The worst round.
        bound: What a later run must not exceed; None where nothing is bounded.
        lacking: Why it could not be measured; then the rest says nothing.
    """

    day: str
    machine: str
    rounds: int = 0
    median: float = 0
    low: float = 0
    high: float = 0
    bound: float | None = None
    lacking: str = ""


class Kept(msgspec.Struct, kw_only=True):
    """The whole file: machines by key, parts by "B1 push"."""

    machines: dict[str, Machine] = {}
    parts: dict[str, Reached] = {}


def name_of(bench: Bench, part: Part) -> str:
    """The name of a part in the file."""
    return f"{bench.number} {part.key}"


def load(path: Path = FILE) -> Kept:
    """The file; an empty one where there is none."""
    return msgspec.json.decode(path.read_bytes(), type=Kept) if path.exists() else Kept()


def save(kept: Kept, path: Path = FILE) -> None:
    """Write the file, one line a value, in order; machines that nothing names are left out."""
    used = {reached.machine for reached in kept.parts.values()}
    kept.machines = {key: found for key, found in kept.machines.items() if key in used}
    data = msgspec.json.format(msgspec.json.encode(kept, order="deterministic"), indent=1)
    path.write_bytes(data + b"\n")


def machine_key(kept: Kept, machine: Machine) -> str:
    """The key of a machine, which is added where it is new."""
    for key, found in kept.machines.items():
        if found == machine:
            return key
    key = f"m{1 + max((int(k[1:]) for k in kept.machines), default=0)}"
    kept.machines[key] = machine
    return key


def reached(part: Part, values: Sequence[float], *, day: str, machine: str) -> Reached:
    """What a part reached, with the bound that follows."""
    median = statistics.median(values)
    bounded = part.holds is not Holds.NOWHERE
    return Reached(
        day=day,
        machine=machine,
        rounds=len(values),
        median=_short(median),
        low=_short(min(values)),
        high=_short(max(values)),
        bound=_short(_bound(part, median)) if bounded else None,
    )


def _bound(part: Part, median: float) -> float:
    """An exponent is a logarithm: 15 % more of 0.02 would be noise, so 0.15 is added to it."""
    return max(median, 0) + SLACK if part.unit == EXPONENT else max(median, 0) * (1 + SLACK)


def broken(
    part: Part, values: Sequence[float], kept: Reached | None, *, same_machine: bool
) -> bool:
    """Whether the median of these values is over the bound, where that holds."""
    if kept is None or kept.bound is None or part.holds is Holds.NOWHERE:
        return False
    if part.holds is Holds.SAME_MACHINE and not same_machine:
        return False
    return statistics.median(values) > kept.bound


def missing(benches: Sequence[Bench], parts: Mapping[str, Reached]) -> list[str]:
    """The parts that have never been recorded."""
    names = [name_of(bench, part) for bench in benches for part in bench.parts]
    return [name for name in names if name not in parts]


def _short(value: float) -> float:
    return float(f"{value:.4g}")
