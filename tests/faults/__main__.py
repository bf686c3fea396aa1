"""`make faults`: the long forms part after part, and at the end one table of what was tried and counted.

`make faults PART=kills,flips` runs these; SEED=7 repeats a run. A part that fails does not stop the others.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.long_form import COUNTS, collected, row_of

BUILD = Path("build")
TABLE = BUILD / "faults.txt"
HEAD = (
    "| what | tried | lost | doubled | what became of them | seconds |\n|---|---|---|---|---|---|"
)


@dataclass(frozen=True)
class Part:
    """Tests of one kind of fault.

    Attributes:
        words: What they do.
        minutes: How long they take on two cores that do nothing else, about.
        tests: Files and folders for pytest.
        environ: What makes it the long form, besides DOORSTEP_FAULTS.
        if_asked: It runs only where PART names it.
    """

    words: str
    minutes: int
    tests: Sequence[str]
    environ: Mapping[str, str] = field(default_factory=dict)
    if_asked: bool = False


def _faults(*names: str) -> list[str]:
    return [f"tests/faults/test_{name}.py" for name in names]


PARTS = {
    "kills": Part(
        "1,000 kills of the server and 1,000 of the phone, 100 while it changes its key",
        10,
        _faults("kill_server", "kill_phone", "kill_renewal"),
    ),
    "steps": Part(
        "10,000 random steps of phones, office and network, compared with a model",
        8,
        _faults("random_steps"),
    ),
    "flips": Part(
        "5,000 flipped bits in everything that is sealed, signed, handed over or kept",
        4,
        _faults("flipped_bits"),
    ),
    "partition": Part(
        "20 phones through partitions; hand-over files and recovery over bad lines",
        4,
        _faults("partition", "handover", "handover_torn", "recover", "restore"),
    ),
    "crash": Part(
        "a kill at every step of what the office does",
        15,
        _faults("crash_office", "kill_summary"),
    ),
    "full": Part(
        "a disk that is full at every write of what the office does",
        12,
        _faults("no_space", "disk_full"),
    ),
    "shapes": Part(
        "78 shapes of a summary and 45 of a notice read back from paper; pages while heavy jobs compute",
        10,
        [
            f"tests/sync_server/test_{name}.py"
            for name in ("paper_layout", "notice_layout", "started_work")
        ],
    ),
    "machines": Part(
        "10,000 steps each of the machines of pushes and of copies, 1,200 of records set apart",
        10,
        [f"tests/sync_server/test_{n}_machine.py" for n in ("ledger", "copies", "quarantine")],
        {"HYPOTHESIS_PROFILE": "long"},
    ),
    "properties": Part(
        "2,000 examples of every other property, and the longer hostile texts and odd records",
        180,
        ["tests/shared", "tests/mobile", "tests/sync_server", "--ignore=tests/mobile/ui"],
        {"HYPOTHESIS_PROFILE": "long"},
        if_asked=True,
    ),
}


def run(name: str, part: Part, seed: str) -> tuple[bool, list[str]]:
    """Run a part; whether it passed, and its rows."""
    counts = BUILD / f"faults-{name}.jsonl"
    counts.unlink(missing_ok=True)
    environ = {**part.environ, "DOORSTEP_FAULTS": "long"} | os.environ
    environ |= {"DOORSTEP_SEED": seed, COUNTS: str(counts.resolve())}
    begun = time.monotonic()
    options = ["-q", "-n", "auto", "--dist", "worksteal", f"--hypothesis-seed={seed}"]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, *part.tests]
    done = subprocess.run(command, env=environ, check=False).returncode == 0
    minutes = (time.monotonic() - begun) / 60
    _say(f"part {name}: {'passed' if done else 'FAILED'}, {minutes:.1f} minutes")
    rows = [row_of(count) for count in collected(counts)]
    if done and not rows:
        rows = [f"| part {name} passed: {part.words} | | | | | {minutes * 60:.0f} |"]
    return done, rows if done else [*rows, f"| part {name} FAILED | | | | | {minutes * 60:.0f} |"]


def main() -> int:
    """Run the parts that are asked for; 0 when all passed."""
    parser = argparse.ArgumentParser(prog="make faults")
    parser.add_argument("--part", default="", help=", ".join(PARTS))
    parser.add_argument("--seed", default="")
    asked = parser.parse_args()
    names = [name for name in asked.part.split(",") if name] or [
        name for name, part in PARTS.items() if not part.if_asked
    ]
    if unknown := set(names) - set(PARTS):
        parser.error(f"{', '.join(sorted(unknown))}: the parts are {', '.join(PARTS)}")
    seed = asked.seed or os.environ.get("DOORSTEP_SEED") or "1"
    BUILD.mkdir(exist_ok=True)
    _say(f"seed {seed}; about {sum(PARTS[n].minutes for n in names)} minutes on two cores:")
    for name in names:
        _say(f"  {name:10} {PARTS[name].minutes:3} min  {PARTS[name].words}")
    passed, rows = True, list[str]()
    for name in names:
        done, more = run(name, PARTS[name], seed)
        passed, rows = passed and done, rows + more
        TABLE.write_text("\n".join([f"seed {seed}: {', '.join(names)}", "", HEAD, *rows, ""]))
    _say(f"\n{TABLE.read_text()}\nalso in {TABLE}")
    return 0 if passed else 1


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
