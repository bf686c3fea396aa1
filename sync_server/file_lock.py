"""Locks on files that say who is at work: a lock ends with its process, however that ends.

Two openings of one file exclude each other within a process too, so that threads and processes are
the same here. A lock says who is alive and who waits; what is true stands in the database.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sync_server.folder_lock import take

POLL_S = 0.05


@contextmanager
def holding(path: Path) -> Iterator[None]:
    """Hold the lock of a file, made for it and removed at the end; waits for whoever holds it."""
    while (descriptor := take(path)) is None:
        time.sleep(POLL_S)
    try:
        yield
    finally:
        with suppress(PermissionError):  # Windows keeps a file that somebody has open
            path.unlink(missing_ok=True)
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Return whether somebody alive holds the lock of this file."""
    if not path.exists():
        return False
    if (descriptor := take(path)) is None:
        return True
    _remove(path, descriptor)
    return False


def remove_unheld(path: Path) -> None:
    """Remove the file of a lock that nobody holds; one that is held stays."""
    if (descriptor := take(path)) is not None:
        _remove(path, descriptor)


def _remove(path: Path, descriptor: int) -> None:
    with suppress(PermissionError):
        path.unlink(missing_ok=True)
    os.close(descriptor)
