"""A refusal by the server as a `ProblemError`.

A known code has our sentences, another the server's own.
"""

from __future__ import annotations

from mobile.sync.client import RemoteError
from shared.problems import PROBLEMS, ProblemError


class RefusedError(ProblemError):
    """A refusal with a known code.

    A sentence with values in it is the server's own, since the values stayed there.
    """

    def __init__(self, code: str, title: str, detail: str) -> None:
        self.title, self.detail = title, detail
        super().__init__(code)

    def message(self, language: str = "zh") -> str:
        """Return what is wrong, in `zh` or `en`."""
        ours = self.problem.message(language)
        return self.title if self.title and "{" in ours else super().message(language)

    def fix(self, language: str = "zh") -> str:
        """Return what fixes it, in `zh` or `en`."""
        ours = self.problem.fix(language)
        return self.detail if self.detail and "{" in ours else super().fix(language)


def as_problem(problem: RemoteError) -> ProblemError:
    """Return a server's refusal as a registered problem; an unknown code becomes net.refused."""
    if problem.code in PROBLEMS:
        title, detail = (str(problem.details.get(key) or "") for key in ("title", "detail"))
        return RefusedError(problem.code, title, detail)
    return ProblemError("net.refused", why=problem.sentence or str(problem.status))
