"""`make bench`: compare ours with the bare operation, interleaved in one run (ADR 0012).

    B1  push through HTTP, ledger and feed     /  the same facts verified and inserted by a bare
    loop B3  photo: upright, shrink, check, encode  /  Pillow's draft decode and encode alone
    B4  bytes of a first sync on the wire      /  gzip-6 of the cases alone
    B6  seal: render, sign, verify             /  one typst compile of the same pages
    B14 a stack of slips: not filed, misfiled  /  the bare reader of QR codes
    B9 to B13 (where a Chromium is) the web app in week three / on its first day, see week_three.py

Medians of ratios are reported, never absolute times. A ratio above its bound fails the run.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

from tests.bench import photo, push, seal, slips, week_three, wire_bytes
from tests.support.browser.driver import find_browser

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
    broken += a_stack_of_slips()
    broken += in_the_browser()
    return 1 if broken else 0


def a_stack_of_slips() -> int:
    """How many bounds a stack of slips exceeds."""
    found = slips.measure()
    broken = report(
        "B14", "slips not filed, percent", [found.not_filed_percent], slips.NOT_FILED_PERCENT
    )
    broken += report("B14", "slips under a wrong person", [float(found.misfiled)], 0.0)
    ratio = found.seconds / found.bare_seconds
    return broken + report("B14", "a page of slips / bare reader of codes", [ratio], slips.BOUND)


def in_the_browser() -> int:
    """How many bounds the web app of week three exceeds; not measured where there is no Chromium."""
    if find_browser() is None:
        sys.stdout.write("B9 to B13  not measured: no Chromium on the path\n")
        return 0
    ratios, save_mb = week_three.ratios()
    broken = 0
    for number, (name, each) in enumerate(ratios.items(), 9):
        words = f"{name}, week three / first day"
        broken += report(f"B{number}", words, each, week_three.BOUNDS[name])
    broken += report(
        "B13", "megabytes stored for a form and its save", [save_mb], week_three.SAVE_MB
    )
    return broken


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
