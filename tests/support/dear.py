"""Which test files took the most processor time, that of the processes they started included.

Wall time says little about a file where several workers and other people's programs share two cores.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

PROC = Path("/proc")
SHOWN = int(os.environ.get("DOORSTEP_DEAR") or 10)
"""How many files are named; DOORSTEP_DEAR=60 names more."""


def used_s(root: int | None = None) -> float:
    """Processor seconds of a process and of all its descendants so far, those that have ended included."""
    if not (PROC / "self/stat").exists():
        return sum(os.times()[:4])
    ticks, parents = _processes()
    of = {root or os.getpid()}
    # a child may have a smaller number than its parent: until no process is added
    while added := {pid for pid, parent in parents.items() if parent in of} - of:
        of |= added
    return sum(ticks.get(pid, 0) for pid in of) / os.sysconf("SC_CLK_TCK")


def _processes() -> tuple[dict[int, int], dict[int, int]]:
    """Of each process its ticks, with those of children it waited for, and its parent."""
    ticks, parents = {}, {}
    for entry in os.scandir(PROC):
        if entry.name.isdigit():
            try:
                text = (PROC / entry.name / "stat").read_text()
            except OSError:  # it has ended
                continue
            fields = text.rpartition(")")[2].split()
            parents[int(entry.name)] = int(fields[1])
            ticks[int(entry.name)] = sum(map(int, fields[11:15]))
    return ticks, parents


class Dear:
    """Processor seconds by test file, in one process and then of all workers."""

    def __init__(self) -> None:
        self.of_file_s: dict[str, float] = {}
        self._before_s = used_s()

    def ended(self, item: pytest.Item, following: pytest.Item | None) -> None:
        """A test has ended: with the last one of a file its time is known."""
        file = file_of(item)
        if following is None or file_of(following) != file:
            now_s = used_s()
            self.add({file: now_s - self._before_s})
            self._before_s = now_s

    def add(self, of_file_s: Mapping[str, float]) -> None:
        """What a process has measured."""
        for file, spent_s in of_file_s.items():
            self.of_file_s[file] = self.of_file_s.get(file, 0.0) + spent_s

    def lines(self) -> Iterator[str]:
        """The dearest files of a run of many."""
        if len(self.of_file_s) <= SHOWN:
            return
        total_s = sum(self.of_file_s.values())
        yield f"processor time {total_s:.0f} s; the {SHOWN} dearest files (tests/support/dear.py):"
        dearest = sorted(self.of_file_s.items(), key=lambda found: -found[1])
        for file, spent_s in dearest[:SHOWN]:
            yield f"  {spent_s:.0f} s {file}"


def file_of(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]
