"""What each kind of file gives the verbs: what it would do, and the way to do it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sync_server.intake.report import RowProblem
from sync_server.store.database import Connection


class ImportRun(NamedTuple):
    """One import as it happens.

    `id`: of the row in the history. `file_name`: as people know it. `sha256`: of the file's bytes.
    `who`: the account that does it. `now`: UTC text. `today`: ISO day in China.
    """

    id: str
    season: str
    kind: str
    file_name: str
    sha256: str
    who: str
    now: str
    today: str


@dataclass(kw_only=True)
class Prepared:
    """What a file would do to the season, found by reading only.

    Attributes:
        take: Does it, in the writer's transaction; returns what changed.
        problems: What the season adds to the file's own problems.
        details: Further keys of the report.
        blocked: Whether it waits for something that was not confirmed.
    """

    take: Callable[[Connection], Any]
    problems: Sequence[RowProblem] = ()
    details: dict[str, Any] = field(default_factory=dict)
    blocked: bool = False

    def add_to(self, report: dict[str, Any], language: str = "zh") -> dict[str, Any]:
        """Return a file's report with what the season says of it first."""
        problems = [problem.as_json(language) for problem in self.problems]
        return {**report, **self.details, "problems": [*problems, *report["problems"]]}
