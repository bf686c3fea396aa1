"""A refusal from the server as a problem of ours: a code we know keeps its row, another its own sentences."""

from __future__ import annotations

from mobile.sync.client import RemoteError
from shared.problems import PROBLEMS, ProblemError


def as_problem(problem: RemoteError) -> ProblemError:
    """The same refusal in our registry's terms; values are in the server's sentences already."""
    if problem.code in PROBLEMS:
        values = {k: v for k, v in problem.details.items() if k.isidentifier() and k not in ("code", "where")}
        return ProblemError(problem.code, **values)
    return ProblemError("net.refused", why=problem.sentence or str(problem.status))
