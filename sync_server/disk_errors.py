"""What a refusal of the disk or the operating system is reported as."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from shared.problems import ProblemError, Where


def disk_problem(error: OSError, where: Where | None = None) -> ProblemError:
    """Return disk.full or disk.broken.

    `where`: the file, for whoever runs the server; a phone gets no paths of it.
    """
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ProblemError("disk.full")
    return ProblemError("disk.broken", where, why=error.strerror or "")


@contextmanager
def disk_problems() -> Iterator[None]:
    """Turn a disk's refusals into problems.

    Raises:
        ProblemError: disk.full, disk.broken.
    """
    try:
        yield
    except OSError as error:
        raise disk_problem(error, Where(file=str(error.filename or ""))) from error


def raise_if_system(error: Exception) -> None:
    """Raise `error` again if the operating system raised it: too many open files, a broken disk.

    For code that blames a file for whatever its parser raises. Errors of the operating system have
    an errno; those that parsers derive from OSError (Pillow does) have none.
    """
    if isinstance(error, OSError) and error.errno is not None:
        raise error
