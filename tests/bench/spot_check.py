"""How likely a spot check finds an invented visit, by its size: drawn many times, and by the formula.

`python -m tests.bench.spot_check` writes the table of docs/spot-check.md. Every trial hides invented
visits among a school's and draws by a bulletin's hash as the office does; equal seeds give equal
tables.
"""

from __future__ import annotations

import random
import sys
from fractions import Fraction
from math import comb

import msgspec

from shared.digest import sha256_hex
from shared.ids import case_code
from shared.spot_check import draw

SCHOOL = "01"
SCHOOLS = (40, 80, 265)
"""People of a school with a recorded visit."""
SIZES = (5, 10, 15, 20, 30)
INVENTED_PERCENT = 5
TRIALS = 4_000
SEED = 2026


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """Of a school and a size: how many trials found at least one invented visit, and the chance."""

    people: int
    invented: int
    size: int
    found: int
    trials: int
    chance: Fraction


def chance(people: int, invented: int, size: int) -> Fraction:
    """Return the chance that a sample holds at least one of the invented (hypergeometric)."""
    if size >= people:
        return Fraction(1 if invented else 0)
    return 1 - Fraction(comb(people - invented, size), comb(people, size))


def rates(trials: int = TRIALS, seed: int = SEED) -> list[Rate]:
    """Draw every school so many times; a larger size draws the same people first."""
    made = []
    for people in SCHOOLS:
        invented = people * INVENTED_PERCENT // 100
        codes = [case_code(SCHOOL, number) for number in range(1, people + 1)]
        hidden = random.Random(f"{seed} {people}")
        found = dict.fromkeys(SIZES, 0)
        for trial in range(trials):
            false = set(hidden.sample(codes, invented))
            bulletin = sha256_hex(f"{seed} {people} {trial}".encode())
            drawn = draw(codes, bulletin, SCHOOL, max(SIZES))
            first = next((at for at, code in enumerate(drawn) if code in false), people)
            for size in SIZES:
                found[size] += first < size
        made += [
            Rate(
                people=people,
                invented=invented,
                size=size,
                found=found[size],
                trials=trials,
                chance=chance(people, invented, size),
            )
            for size in SIZES
        ]
    return made


def main() -> int:
    """Write the table: the simulation, and the formula in brackets."""
    found = rates()
    sys.stdout.write("| people | invented | " + " | ".join(map(str, SIZES)) + " |\n")
    for people in SCHOOLS:
        row = [one for one in found if one.people == people]
        cells = [
            f"{100 * one.found / one.trials:.1f} ({float(100 * one.chance):.1f})" for one in row
        ]
        sys.stdout.write(f"| {people} | {row[0].invented} | " + " | ".join(cells) + " |\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
