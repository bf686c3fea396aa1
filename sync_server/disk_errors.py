"""What a disk's refusal is reported as."""

from __future__ import annotations

import errno

from shared.problems import ProblemError, Where


def disk_problem(error: OSError, where: Where | None = None) -> ProblemError:
    """Return disk.full or disk.broken.

    `where`: the file, for whoever runs the server; a phone gets no paths of it.
    """
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ProblemError("disk.full")
    return ProblemError("disk.broken", where, why=error.strerror or "")
