"""A refusal from the server as a problem of ours: a code we know keeps its row, another its own sentences."""

from __future__ import annotations

from mobile.sync.client import RemoteError
from shared.problems import PROBLEMS, ProblemError


class RefusedError(ProblemError):
    """A refusal with a code we know. A sentence with values in it is the server's own: the values stayed there."""

    def __init__(self, code: str, title: str, detail: str) -> None:
        self._title, self._detail = title, detail
        super().__init__(code)

    def message(self, language: str = "zh") -> str:
        row = self.problem.zh if language == "zh" else self.problem.en
        return self._title if self._title and "{" in row else super().message(language)

    def fix(self, language: str = "zh") -> str:
        row = self.problem.fix_zh if language == "zh" else self.problem.fix_en
        return self._detail if self._detail and "{" in row else super().fix(language)


def as_problem(problem: RemoteError) -> ProblemError:
    """The same refusal in our registry's terms."""
    if problem.code in PROBLEMS:
        title, detail = (str(problem.details.get(key) or "") for key in ("title", "detail"))
        return RefusedError(problem.code, title, detail)
    return ProblemError("net.refused", why=problem.sentence or str(problem.status))
