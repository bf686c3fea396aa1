"""Files written whole or not at all, for their owner alone, and flushed to the disk.

The bytes go to a file of another name first, so that neither a kill nor a full disk leaves half a
file. That name is made up anew each time: two who write the same file at once do not meet. One that
a kill leaves behind ends in `.new` and is swept when the server starts.
"""

from __future__ import annotations

import errno
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from shared.problems import ProblemError

SUFFIX = ".new"
TO_FLUSH = os.O_RDONLY if os.name == "posix" else os.O_RDWR
"""How a file is opened to be flushed: Windows flushes only what could be written to."""
REPLACE_WITHIN_S = 2.0
"""How long a replacement waits where Windows refuses it: somebody reads the earlier file."""


def write(path: Path, data: bytes) -> None:
    """Write a file in place of an earlier one."""
    fresh = write_beside(path, data)
    try:
        replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
    flush(path.parent)


def replace(fresh: Path, path: Path) -> None:
    """Give a file the name of an earlier one; on Windows that waits until nobody has it open.

    Raises:
        PermissionError: it was open for REPLACE_WITHIN_S.
    """
    until = time.monotonic() + REPLACE_WITHIN_S
    while True:
        try:
            fresh.replace(path)
            return
        except PermissionError:
            if os.name == "posix" or time.monotonic() > until:
                raise
        time.sleep(0.02)


def write_once(path: Path, make: Callable[[], bytes]) -> None:
    """Write a file unless there is one; of two who write it at once, the first one's stays.

    An empty one is none: earlier versions, killed in their first second, left such files.

    Args:
        path: The file.
        make: Makes its bytes where there is none.
    """
    if path.exists():
        if path.stat().st_size:
            return
        path.unlink(missing_ok=True)
    fresh = write_beside(path, make())
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    except OSError:  # a file system without links
        if not path.exists():
            fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    flush(path.parent)


def write_beside(path: Path, data: bytes) -> Path:
    """Write to a new name beside a file; return that."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}{SUFFIX}")
    with private(fresh) as file:
        file.write(data)
    return fresh


@contextmanager
def private(path: Path, *, overwrite: bool = True) -> Iterator[BinaryIO]:
    """Open a file for writing that only its owner can read, flushed at the end.

    Args:
        path: The file.
        overwrite: Whether one that is there is replaced; if not, FileExistsError is raised.
    """
    how = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if overwrite else os.O_EXCL)
    with os.fdopen(os.open(path, how, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def full_disk_named() -> Iterator[None]:
    """Turn what a full disk raises into its problem; whatever else is raised stays as it is.

    Raises:
        ProblemError: disk.full.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ProblemError("disk.full") from error
        raise


def flush(path: Path) -> None:
    """Make a file, or the names in a folder, survive a power cut."""
    if path.is_dir() and os.name != "posix":
        return  # Windows has no handle for a folder
    descriptor = os.open(path, TO_FLUSH)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
