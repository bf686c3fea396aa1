"""`python -m tests.bench.one adapters:push`: one bench, by what runs it, in this process; its values are the last line, in JSON."""

from __future__ import annotations

import os
import subprocess
import sys

import msgspec

from tests.bench.benches import BENCHES
from tests.bench.frame import NotHereError
from tests.bench.registry import Bench, Values

MARK = "VALUES "


class Outcome(msgspec.Struct, kw_only=True):
    """What came of a bench: values, or what the machine lacks, or what went wrong."""

    values: dict[str, list[float]] = {}
    lacking: str = ""
    failed: str = ""


def in_its_own_process(bench: Bench) -> Outcome:
    """Measure a bench in a process of its own: it finds nothing warm, and takes no other along if it dies."""
    began = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.one", bench.run],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        out, _ = began.communicate(timeout=60 * bench.minutes)
    except subprocess.TimeoutExpired:
        _end(began)
        return Outcome(failed=f"not done in {bench.minutes:g} minutes")
    for line in reversed(out.decode().splitlines()):
        if line.startswith(MARK):
            return msgspec.json.decode(line.removeprefix(MARK), type=Outcome)
    return Outcome(failed=f"ended with {began.returncode}")


def _end(began: subprocess.Popen[bytes]) -> None:
    """End a process with those it started."""
    os.killpg(began.pid, 9)
    began.wait()


def measured(bench: Bench) -> Outcome:
    """Measure a bench in this process."""
    try:
        values: Values = bench.measure()
    except NotHereError as error:
        return Outcome(lacking=str(error))
    found = {key: list(rounds) for key, rounds in values.items()}
    if wrong := {part.key for part in bench.parts} ^ set(found):
        return Outcome(failed=f"parts differ from the registry's: {', '.join(sorted(wrong))}")
    return Outcome(values=found)


def main() -> int:
    """Measure the bench that is named."""
    [bench] = [bench for bench in BENCHES if bench.run == sys.argv[1]]
    sys.stdout.write(f"{MARK}{msgspec.json.encode(measured(bench)).decode()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
