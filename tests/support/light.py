"""What makes a session of tests light: a collector of garbage that leaves alone what stays, and temporary folders in memory."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path

MEMORY = Path("/dev/shm")
LEAST_BYTES = 2 << 30
"""Room that the folders of a whole run need several times over."""
OBJECTS = (10_000, 20, 20)
"""Thresholds of the garbage collector: a window of the app alone is tens of thousands of objects that stay."""


@contextmanager
def kept_from_the_collector() -> Iterator[None]:
    """What is made meanwhile stays until the end: modules and tests are half a million objects.

    Looking through them again and again took a sixth of the processor time of a worker.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(*OBJECTS)
        gc.enable()


def into_memory(environ: MutableMapping[str, str], place: Path = MEMORY) -> None:
    """Let pytest put the folders of tests where nothing waits for a disk, if there is room and programs may run there.

    A kill of a process loses nothing there either; a full disk is mounted by the tests that need one.
    """
    if os.access(place, os.W_OK) and hasattr(os, "statvfs"):
        found = os.statvfs(place)
        ample = found.f_bavail * found.f_frsize >= LEAST_BYTES
        if ample and not found.f_flag & getattr(os, "ST_NOEXEC", 0):
            environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(place))
