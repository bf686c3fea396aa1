"""What one job of each kind may take: what the real work takes, times a generous factor.

Source: docs/benchmarks.md#heavy-work. A limit of CPU time is what stops a hostile file; the one on
the clock is for what waits for ever, and leaves a busy computer time.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Kind = Literal[
    "bundle",
    "check",
    "import",
    "lists",
    "notices",
    "picture",
    "print",
    "roll_up",
    "scan",
    "seal",
    "slips",
    "stack",
]
MIB = 2**20
SCAN_CPU_S = 20
"""CPU seconds of any scan: its libraries, and pages that are not of this document."""
SCAN_PAGE_CPU_S = 4
"""More CPU seconds for each printed page: a scanned page takes 0.3, and some are sent three times.

Source: docs/benchmarks.md#heavy-work.
"""
MOST_OPEN_FILES = 128
"""File descriptors of one job: files are read one after the other."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a job may take.

    Attributes:
        wall_s: Seconds from its start to its end; the time in the queue does not count.
        cpu_s: Seconds of CPU; less than `wall_s`, because others work beside it.
        memory_mib: Memory of its own, in MiB.
        file_mib: The largest file it may write, in MiB.
        open_files: File descriptors.
        of_file: Whether somebody's file decides what it takes, so that another file is the fix.
    """

    wall_s: float
    cpu_s: int
    memory_mib: int
    file_mib: int
    open_files: int = MOST_OPEN_FILES
    of_file: bool = False


LIMITS: dict[Kind, Limits] = {
    "bundle": Limits(wall_s=1800, cpu_s=480, memory_mib=2048, file_mib=16384),
    "check": Limits(wall_s=180, cpu_s=20, memory_mib=1024, file_mib=64, of_file=True),
    "import": Limits(wall_s=300, cpu_s=90, memory_mib=2048, file_mib=64, of_file=True),
    "lists": Limits(wall_s=900, cpu_s=240, memory_mib=2048, file_mib=256),
    "notices": Limits(wall_s=900, cpu_s=240, memory_mib=2048, file_mib=1024),
    "picture": Limits(wall_s=120, cpu_s=15, memory_mib=2048, file_mib=64, of_file=True),
    "print": Limits(wall_s=900, cpu_s=240, memory_mib=2048, file_mib=1024),
    "roll_up": Limits(wall_s=1800, cpu_s=480, memory_mib=2048, file_mib=1024),
    "scan": Limits(wall_s=600, cpu_s=180, memory_mib=2048, file_mib=1024, of_file=True),
    "seal": Limits(wall_s=1800, cpu_s=480, memory_mib=3072, file_mib=16384),
    "slips": Limits(wall_s=600, cpu_s=120, memory_mib=1024, file_mib=64, of_file=True),
    "stack": Limits(wall_s=600, cpu_s=120, memory_mib=2048, file_mib=64, of_file=True),
}
"""By kind of job; of a scan, and of a piece of a stack of slips, for the most pages.

Evidence holds a school's photos, so that a seal writes the largest file.
"""


def limits_of(kind: Kind, pages: int = 0) -> Limits:
    """Return what a job may take.

    Args:
        kind: What is done.
        pages: The pages that the job reads, of a scan by our own print and not by the upload; 0
            where they are not known.
    """
    limits = LIMITS[kind]
    if kind not in ("scan", "stack") or not pages:
        return limits
    cpu_s = min(limits.cpu_s, SCAN_CPU_S + SCAN_PAGE_CPU_S * pages)
    return msgspec.structs.replace(limits, cpu_s=cpu_s)
