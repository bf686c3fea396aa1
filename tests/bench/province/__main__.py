"""`make province`: measure the parts on both engines, and write found.json and docs/scale.md.

    make province                 parts 1/400, 1/200 and 1/100, and calls alone over 1/25: about six minutes
    make province FRACTION=50     the largest part with a morning; the others are a half and a quarter of it
    make province LARGEST=0       without the larger database
    python -m tests.bench.province --write    the page alone, from found.json and prose.md

It needs PostgreSQL's programs (Debian: postgresql), Linux (/proc) and about a gigabyte of room below the system's
temporary folder. Nothing is compared with a bound: benches do that.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from datetime import date
from pathlib import Path

from tests.bench import kept as benches
from tests.bench.machine import this_machine
from tests.bench.province import kept, page
from tests.bench.province.arithmetic import of_its_calls
from tests.bench.province.engines import Name
from tests.bench.province.run import Run, run
from tests.bench.province.whole_tables import HEAVY

ENGINES: tuple[Name, ...] = ("SQLite", "PostgreSQL")
_DEBIAN = Path("/usr/lib/postgresql")
STEPS = (4, 2, 1)
PHONES_OVER_LARGEST = 40
"""Phones that ask where only the calls are measured."""


def main() -> int:
    """Measure and write, or write alone."""
    if "--write" in sys.argv[1:]:
        page.write(kept.read())
        return 0
    if sys.platform != "linux":
        raise SystemExit("processor time of another process is read from /proc: Linux alone")
    if not shutil.which("initdb") and not any(_DEBIAN.glob("*/bin/initdb")):
        raise SystemExit("PostgreSQL is not installed: apt-get install postgresql")
    began, load = time.perf_counter(), os.getloadavg()[0]
    fraction = int(os.environ.get("FRACTION") or 100)
    largest = int(os.environ.get("LARGEST") or 25)
    runs = [one for name in ENGINES for one in measured(name, fraction, largest)]
    reached = benches.load().parts
    found = kept.Found(
        day=date.today().isoformat(),
        machine=this_machine(),
        load=load,
        took_s=time.perf_counter() - began,
        heavy_s={name: reached[name].median for name, *_ in HEAVY if name in reached},
        runs=runs,
    )
    kept.write(found)
    page.write(found)
    say(f"docs/scale.md written, {found.took_s:.0f} s")
    return 0


def measured(name: Name, fraction: int, largest: int) -> list[Run]:
    """An engine's runs, the smallest part first."""
    found = []
    for step in STEPS:
        found.append(run(name, fraction * step))
        say(in_words(found[-1]))
    if largest:
        found.append(run(name, largest, phones=PHONES_OVER_LARGEST, with_morning=False))
        say(in_words(found[-1]))
    return found


def in_words(found: Run) -> str:
    """A line for the terminal."""
    calls = ", ".join(f"{kind} {cost.ms:.1f}" for kind, cost in found.costs.items())
    text = f"{found.engine} 1/{found.fraction}, {found.took_s:.0f} s: ms {calls}"
    if morning := found.morning:
        text += (
            f"; morning {morning.used.server_s:.1f} + {morning.used.database_s:.1f} s, "
            f"{of_its_calls(found, morning):.2f} of what the calls cost"
        )
    return text


def say(words: str) -> None:
    """Print at once."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
