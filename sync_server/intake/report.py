"""What an import found, row by row: counts, totals and every problem.

Readers collect into `Findings`; a `Report` is the result. Each problem has row, column, code and
fix. A rejected row is never dropped silently: each has at least one problem of level `error`.
Sentences come from `shared.problems`, in Chinese or English.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from shared import identity
from shared.problems import PROBLEMS, ProblemError, fill

ERROR, WARNING = "error", "warning"
MANY_ALIKE = 20
"""So many equal messages are one line with a count."""


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over what was accepted, in fen."""

    principal_fen: int = 0
    interest_fen: int = 0
    total_fen: int = 0


class RowProblem(msgspec.Struct, frozen=True, kw_only=True):
    """One problem.

    `row` counts from 1 as the spreadsheet shows it, None for the file; `column` is its header;
    level: error | warning. An error means the row is rejected (or the file, when `row` is None); a
    warning, that it was read and someone should look. `rows`: all rows with this very problem,
    where there are so many that they make one line; `row` is the first of them.
    """

    row: int | None
    column: str
    code: str
    level: str
    values: dict[str, str] = {}
    rows: tuple[int, ...] = ()

    def message(self, language: str = "zh") -> str:
        """What is wrong, in `zh` or `en`."""
        message = fill(PROBLEMS[self.code].message(language), self.values)
        if not self.rows:
            return message
        count, rows = len(self.rows), some(self.rows)
        many = f"(共 {count} 行:{rows})" if language == "zh" else f" ({count} rows: {rows})"
        return message + many

    def fix(self, language: str = "zh") -> str:
        """What fixes it, in `zh` or `en`."""
        return fill(PROBLEMS[self.code].fix(language), self.values)

    def as_json(self, language: str = "zh") -> dict[str, Any]:
        """Return the machine form, with its sentences."""
        return {
            "row": self.row,
            "column": self.column,
            "code": self.code,
            "message": self.message(language),
            "mend": self.fix(language),
            "level": self.level,
        }


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The counts and problems of a file.

    `read` = `accepted` + `rejected`, in rows that hold data; `warned`: rows not rejected that have
    a warning.
    """

    read: int = 0
    accepted: int = 0
    rejected: int = 0
    warned: int = 0
    people: int = 0
    contracts: int = 0
    totals: Totals = Totals()
    problems: tuple[RowProblem, ...] = ()

    def as_json(self, language: str = "zh") -> dict[str, Any]:
        """Return the form of `import --json`: plain values, sentences in `zh` or `en`."""
        plain: dict[str, Any] = {name: getattr(self, name) for name in self.__struct_fields__}
        plain["totals"] = msgspec.to_builtins(self.totals)
        plain["problems"] = [problem.as_json(language) for problem in self.problems]
        return plain


def refused(error: ProblemError) -> Report:
    """Return the report of a file that could not be read at all."""
    where = error.where
    problem = RowProblem(
        row=where.row,
        column=where.column,
        code=error.code,
        level=ERROR,
        values=_plain(error.values),
    )
    return Report(problems=(problem,))


Progress = Callable[[int, int], None]
"""Takes how many rows of how many were read."""


def no_progress(done: int, total: int) -> None:
    """Take progress that nobody waits for."""


class Findings:
    """Collects problems while a file is read. `read` counts the rows that hold data."""

    def __init__(self, progress: Progress = no_progress) -> None:
        """Start with no problem.

        Args:
            progress: takes how many rows of how many were read.
        """
        self.progress = progress
        self.read = 0
        self.rejected: set[int] = set()
        self._problems: list[RowProblem] = []
        self._notes: dict[tuple[str, str], _Note] = {}

    @property
    def count(self) -> int:
        """How many problems there are so far; a reader sees by it whether a cell was reported."""
        return len(self._problems)

    def reject(self, row: int, column: str, code: str, **values: object) -> None:
        """Reject a row; several reasons may be given for one row."""
        self.rejected.add(row)
        self._problems.append(
            RowProblem(row=row, column=column, code=code, level=ERROR, values=_plain(values))
        )

    def warn(self, row: int | None, column: str, code: str, **values: object) -> None:
        """Warn of a row (or, with None, the file), which is accepted."""
        self._problems.append(
            RowProblem(row=row, column=column, code=code, level=WARNING, values=_plain(values))
        )

    def note(self, row: int, column: str, code: str, what: str = "") -> None:
        """Note what is alike in many cells of a column: one warning in the end, with a count.

        Args:
            row: the row.
            column: the column's header.
            code: the problem's code; its sentence may name `count`, `rows` and `what`.
            what: what was found, where it differs from row to row; all are named together.
        """
        note = self._notes.setdefault((column, code), _Note([], {}))
        if row not in note.rows[-1:]:
            note.rows.append(row)
        note.what.update(dict.fromkeys(filter(None, what.split("、"))))

    def report(self, *, totals: Totals, people: int = 0, contracts: int = 0) -> Report:
        """Return everything found so far in the order of rows, the file's own problems first."""
        noted = [_noted(column, code, note) for (column, code), note in self._notes.items()]
        rows = {row for note in self._notes.values() for row in note.rows}
        rows |= {p.row for p in self._problems if p.level == WARNING and p.row is not None}
        problems = [*self._problems, *noted]
        return Report(
            read=self.read,
            accepted=self.read - len(self.rejected),
            rejected=len(self.rejected),
            warned=len(rows - self.rejected),
            people=people,
            contracts=contracts,
            totals=totals,
            problems=tuple(sorted(_gathered(problems), key=lambda p: p.row or 0)),
        )


class _Note(NamedTuple):
    """Rows with the same finding in a column; `what` keeps the order in which it was found."""

    rows: list[int]
    what: dict[str, None]


def _noted(column: str, code: str, note: _Note) -> RowProblem:
    values = {"count": str(len(note.rows)), "rows": some(note.rows), "what": "、".join(note.what)}
    counted = "{count}" in PROBLEMS[code].zh or len(note.rows) < 2
    return RowProblem(
        row=note.rows[0],
        column=column,
        code=code,
        level=WARNING,
        values=values if "{count}" in PROBLEMS[code].zh else {},
        rows=() if counted else tuple(note.rows),
    )


def _gathered(problems: Sequence[RowProblem]) -> list[RowProblem]:
    """Make one line of `MANY_ALIKE` and more equal messages; it stands at the first row."""
    alike: dict[tuple[str, str, str, tuple[tuple[str, str], ...]], list[RowProblem]] = {}
    for problem in problems:
        values = tuple(sorted(problem.values.items()))
        alike.setdefault((problem.column, problem.code, problem.level, values), []).append(problem)
    found: list[RowProblem] = []
    for same in alike.values():
        rows = sorted({p.row for p in same if p.row is not None})
        if len(rows) < MANY_ALIKE:
            found += same
        else:
            found.append(msgspec.structs.replace(same[0], row=rows[0], rows=tuple(rows)))
    return found


def some(numbers: Sequence[int]) -> str:
    """Return row numbers as people list them; the first ten of many."""
    return joined(sorted(numbers)[:10]) + ("……" if len(numbers) > 10 else "")


def joined(numbers: Iterable[int]) -> str:
    """Return row numbers as people list them."""
    return "、".join(str(number) for number in sorted(numbers))


def _plain(values: dict[str, Any]) -> dict[str, str]:
    """Values as text; a row whose cells slipped into the next column shows no whole number."""
    return {key: identity.mask_numbers(str(value)) for key, value in values.items()}
