"""What a measurement ran on: never a name of a host, nor a path."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import msgspec


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What decides how fast a machine is, as far as it can be told."""

    processor: str
    cores: int
    memory_gib: int
    system: str
    python: str

    def in_words(self) -> str:
        """One line for a page."""
        return (
            f"{self.cores} cores of {self.processor}, {self.memory_gib} GiB, {self.system}, "
            f"Python {self.python}"
        )


def this_machine() -> Machine:
    """Look at this machine."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return Machine(
        processor=_processor(),
        cores=len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count() or 1,
        memory_gib=round(pages / 2**30),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    for line in info.read_text("utf-8").splitlines() if info.exists() else ():
        name, _, said = line.partition(":")
        if name.strip() == "model name":
            return said.strip()
    return platform.processor() or "unknown"
