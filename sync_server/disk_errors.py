"""What a disk's refusal is reported as."""

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
