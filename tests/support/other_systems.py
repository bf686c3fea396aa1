"""A stand-in for Windows: what its Python lacks and refuses. No Windows runs here, so nothing of it is proved by these alone."""

from __future__ import annotations

import errno
import fcntl
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

LACKING = {
    "fork",
    "register_at_fork",
    "getuid",
    "geteuid",
    "fchmod",
    "killpg",
    "statvfs",
    "sysconf",
}


class WindowsOs:
    """The module `os` as a module of ours sees it on Windows."""

    name = "nt"

    def __getattr__(self, name: str) -> Any:
        if name in LACKING:
            raise AttributeError(f"module 'os' has no attribute {name!r}")
        return getattr(os, name)

    def open(self, path: Any, flags: int, mode: int = 0o777) -> int:
        if Path(path).is_dir():
            raise PermissionError(errno.EACCES, "no handle for a folder", str(path))
        return os.open(path, flags, mode)

    def fsync(self, descriptor: int) -> None:
        """FlushFileBuffers wants a handle that could be written through."""
        if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, "Bad file descriptor")
        os.fsync(descriptor)


class WindowsSys:
    """The module `sys` as a module of ours sees it on Windows."""

    platform = "win32"

    def __getattr__(self, name: str) -> Any:
        return getattr(sys, name)


def msvcrt() -> Any:
    """Its locks: of bytes from where the file stands, refused with EACCES."""
    module: Any = ModuleType("msvcrt")
    module.LK_NBLCK = 2

    def locking(descriptor: int, _: int, __: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise PermissionError(errno.EACCES, "Permission denied") from error

    module.locking = locking
    return module
