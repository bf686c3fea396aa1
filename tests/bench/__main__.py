"""`make bench`: compare ours with the bare operation, interleaved in one run (ADR 0012).

    B1  push through HTTP, ledger and feed     /  the same facts verified and inserted by a bare
    loop B3  photo: upright, shrink, check, encode  /  Pillow's draft decode and encode alone
    B4  bytes of a first sync on the wire      /  gzip-6 of the cases alone
    B6  seal: render, sign, verify             /  one typst compile of the same pages

Medians of ratios are reported, never absolute times. A ratio above its bound fails the run.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

from tests.bench import photo, push, seal, wire_bytes

ROUNDS = 5
BENCHES: tuple[
    tuple[str, str, float, Callable[[], tuple[Callable[[], object], Callable[[], object]]]], ...
] = (
    ("B1", "push / bare verify and insert", push.BOUND, push.pair),
    ("B3", "photo / bare decode and encode", photo.BOUND, photo.pair),
    ("B6", "seal / bare compile", seal.BOUND, seal.pair),
)


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> int:
    """Run every benchmark; 1 when a bound is exceeded."""
    broken = 0
    for name, words, bound, pair in BENCHES:
        ours, bare = pair()
        ratios = []
        for _ in range(ROUNDS):
            base = timed(bare)
            ratios.append(timed(ours) / base)
        broken += report(name, words, ratios, bound)
    broken += report(
        "B4", "first sync on the wire / gzip of the cases", [wire_bytes.ratio()], wire_bytes.BOUND
    )
    return 1 if broken else 0


def report(name: str, words: str, ratios: list[float], bound: float) -> bool:
    median = statistics.median(ratios)
    over = median > bound
    line = (
        f"{name}  {words:44} {median:6.2f}  ({min(ratios):.2f} to {max(ratios):.2f})  bound {bound}"
    )
    sys.stdout.write(line + ("  BROKEN\n" if over else "\n"))
    return over


if __name__ == "__main__":
    sys.exit(main())
