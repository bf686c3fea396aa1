"""`make bench`: measure ours against the bare operation, in turns in one run, and compare with the bounds (ADR 0050).

    make bench                    measures everything and fails on a broken bound
    make bench PART="B1 B6"       some of it
    make bench RECORD=1           writes the bounds (what was reached and 15 % more) and docs/benchmarks.md, too
    make bench PEERS=1            installs the other programs that we are measured beside, as RECORD=1 does
    make bench REQUIRE_SAME_MACHINE=1   holds this machine to the seconds and megabytes of another, too

tests/bench/benches.py names the benches, tests/bench/bounds.json holds the bounds.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Sequence
from datetime import date

from tests.bench import benches, kept, machine, page
from tests.bench.one import Outcome, in_its_own_process
from tests.bench.registry import Bench, Holds, Part


class Run:
    """One run of the command: what is kept, and how many bounds were broken or benches failed."""

    def __init__(self, *, record: bool, same: bool) -> None:
        self.kept = kept.load()
        self.record = record
        self.broken = 0
        self.here = kept.machine_key(self.kept, machine.this_machine())
        self._same = same
        self._day = date.today().isoformat()

    def take(self, bench: Bench, outcome: Outcome) -> None:
        """Print a bench's rows, judge them, and keep them where the run records."""
        if outcome.failed:
            self.broken += 1
            say(f"{bench.number:4} {bench.words}: FAILED, {outcome.failed}")
            return
        for part in bench.parts:
            name = kept.name_of(bench, part)
            before = self.kept.parts.get(name)
            lacking = outcome.lacking or ("" if outcome.values[part.key] else "not measured yet")
            if lacking:
                say(f"{bench.number:4} {part.words:76.76} not measured: {lacking}")
                if self.record and before is None:
                    self.kept.parts[name] = kept.Reached(
                        day=self._day, machine=self.here, lacking=lacking
                    )
                continue
            values = outcome.values[part.key]
            if self.record:
                self.kept.parts[name] = kept.reached(part, values, day=self._day, machine=self.here)
            self._judge(bench, part, values, before)

    def _judge(
        self, bench: Bench, part: Part, values: Sequence[float], before: kept.Reached | None
    ) -> None:
        same = self._same or (before is not None and before.machine == self.here)
        over = kept.broken(part, values, before, same_machine=same)
        self.broken += over and not self.record
        say(row(bench, part, values, before, same=same) + ("  BROKEN" if over else ""))


def row(
    bench: Bench, part: Part, values: Sequence[float], before: kept.Reached | None, *, same: bool
) -> str:
    """Of a part: what was reached, its range, its bound and its aim, in one line."""
    show = page.number
    found = show(statistics.median(values), part.unit)
    spread = f"({show(min(values))} to {show(max(values))})" if len(values) > 1 else "(once)"
    if part.holds is Holds.NOWHERE:
        bound = "information"
    elif before is None or before.bound is None:
        bound = "no bound yet"
    elif part.holds is Holds.SAME_MACHINE and not same:
        bound = "bound of another machine"
    else:
        bound = f"bound {show(before.bound)}"
    aim = "" if part.aim is None else f"aim {show(part.aim)}"
    return f"{bench.number:4} {part.words:76.76} {found:>11}  {spread:20} {bound:24} {aim}"


def say(line: str) -> None:
    """Print a line at once: a run takes many minutes."""
    sys.stdout.write(line.rstrip() + "\n")
    sys.stdout.flush()


def main() -> int:
    """Run the benches asked for; 1 when a bound is broken or a bench failed, 2 for an unknown one."""
    asked = os.environ.get
    try:
        asked_for = benches.picked(asked("PART", ""))
    except ValueError as error:
        say(str(error))
        return 2
    run = Run(record=bool(asked("RECORD")), same=bool(asked("REQUIRE_SAME_MACHINE")))
    began_s = time.monotonic()
    say(machine.this_machine().in_words())
    for bench in asked_for:
        run.take(bench, in_its_own_process(bench))
    if run.record:
        kept.save(run.kept)
        page.write(run.kept)
    say(f"{run.broken} broken, {(time.monotonic() - began_s) / 60:.1f} minutes")
    return 1 if run.broken else 0


if __name__ == "__main__":
    sys.exit(main())
