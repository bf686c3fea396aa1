"""A due list written and read back, and what its report says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sync_server.intake.due_list import DueList, read_due_list
from sync_server.intake.report import RowProblem
from tests.support.intake_files import HEADER, due_rows, write_xlsx


def read(
    tmp_path: Path,
    *lines: dict[str, Any],
    header: tuple[str, ...] = HEADER,
    write: Any = write_xlsx,
    **how: Any,
) -> DueList:
    return read_due_list(write(tmp_path / "名单", due_rows(lines, header)), "2019", **how)


def found(result: DueList, level: str = "") -> set[tuple[int | None, str, str]]:
    return {(p.row, p.column, p.code) for p in result.report.problems if level in ("", p.level)}


def only(result: DueList) -> RowProblem:
    (problem,) = result.report.problems
    return problem
