"""One process writes to a phone's folder: whoever holds its lock file.

The system gives a lock back when its process ends, however it ends, so nothing is ever left to
clear away. The file itself is empty and stays.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

NAME = "phone.lock"


class FolderLock:
    """The lock of one folder; see mobile.ports.api.WriterLock."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / NAME
        self._descriptor: int | None = None

    def take(self) -> bool:
        if self._descriptor is not None:
            return True
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(descriptor)
        except OSError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __del__(self) -> None:
        self.release()


def _lock(descriptor: int) -> None:
    """Lock a file for this process alone. Raises: OSError when another has it."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
