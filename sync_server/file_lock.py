"""Locks on files that say who is at work: a lock ends with its process, however that ends.

Two openings of one file exclude each other within a process too, so that threads and processes are
the same here. A lock says who is alive and who waits; what is true stands in the database.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

POLL_S = 0.05
TAKEN = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
FAR = 1 << 30
"""The byte that is locked on Windows, beyond any text: a locked byte cannot be read there."""


def acquire_lock(path: Path) -> int | None:
    """Lock a file, made if need be, without waiting.

    Args:
        path: The file.

    Returns:
        The descriptor that holds the lock until it is closed; None when somebody else has it.
    """
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(descriptor)
            if _is_still(path, descriptor):
                return descriptor
        except OSError as error:
            os.close(descriptor)
            if error.errno in TAKEN:
                return None
            raise
        os.close(descriptor)  # whoever had it deleted the file, and another may have made it anew


def _is_still(path: Path, descriptor: int) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    return False


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        os.lseek(descriptor, FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def holding(path: Path) -> Iterator[None]:
    """Hold the lock of a file, made for it and removed at the end; waits for whoever holds it."""
    while (descriptor := acquire_lock(path)) is None:
        time.sleep(POLL_S)
    try:
        yield
    finally:
        _remove(path, descriptor)


def is_held(path: Path) -> bool:
    """Return whether somebody alive holds the lock of this file."""
    if not path.exists():
        return False
    if (descriptor := acquire_lock(path)) is None:
        return True
    _remove(path, descriptor)
    return False


def remove_unheld(path: Path) -> None:
    """Remove the file of a lock that nobody holds; one that is held stays."""
    if (descriptor := acquire_lock(path)) is not None:
        _remove(path, descriptor)


def _remove(path: Path, descriptor: int) -> None:
    """Remove the file of a lock that we hold, and give the lock back."""
    if sys.platform == "win32":  # which removes no file that is open, ours or somebody else's
        os.close(descriptor)
        with suppress(PermissionError):
            path.unlink(missing_ok=True)
    else:
        path.unlink(missing_ok=True)
        os.close(descriptor)
