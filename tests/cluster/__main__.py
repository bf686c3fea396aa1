"""`make cluster`: names what is missing here, else runs the tests of this folder and prints their table.

Seed and length as in tests/faults: SEED=n, LENGTH=long, or DOORSTEP_ROUNDS=n and the other amounts of story.py.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys

from tests.cluster import programs
from tests.cluster.story import RESULT


def main() -> int:
    """Run them; 0 when nothing was lost, doubled or stuck, 2 where a package is missing."""
    parser = argparse.ArgumentParser(prog="make cluster")
    parser.add_argument("--seed", default="")
    parser.add_argument("--length", default="", choices=["", "short", "long"])
    asked = parser.parse_args()
    found, lines = programs.find()
    if found is None:
        sys.stdout.write("\n".join(["the cluster needs:", *[f"  {line}" for line in lines], ""]))
        return 2
    environ = {**os.environ, "REQUIRE_CLUSTER": "1"}
    if asked.seed:
        environ["DOORSTEP_SEED"] = asked.seed
    if asked.length:
        environ["DOORSTEP_FAULTS"] = asked.length
    RESULT.unlink(missing_ok=True)
    options = ["-q", "-s", "-p", "no:cacheprovider", "-m", "extended"]
    command = [sys.executable, "-m", "pytest", *options, "tests/cluster"]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    running = subprocess.Popen(command, env=environ)
    try:
        code = running.wait()
    finally:
        running.terminate()  # it ends every process of the cluster before itself
        running.wait()
    if RESULT.exists():
        sys.stdout.write(f"\n{RESULT.read_text('utf-8')}\nalso in {RESULT}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
