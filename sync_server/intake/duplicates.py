"""Resolve lines of a file that share a key.

Equal repeats count once; repeats that disagree are all rejected.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from sync_server.intake.report import Findings, joined


class HasRow(Protocol):
    """A line that knows its row in the file, from 1."""

    @property
    def row(self) -> int:
        """The row in the file, from 1."""
        ...


Line = TypeVar("Line", bound=HasRow)


def resolve_duplicates(
    lines: Iterable[Line],
    *,
    key: Callable[[Line], str],
    fault: Callable[[Sequence[Line]], str],
    repeated: str,
    label: str,
    findings: Findings,
) -> list[Line]:
    """Keep one line a key, in the order they came.

    Args:
        lines: the lines.
        key: what a line must have alone.
        fault: the code that rejects all lines of one key, "" when they agree.
        repeated: the code of the warning for further lines that agree.
        label: the column that is named in problems.
        findings: collects the problems.

    Returns:
        The lines kept.
    """
    by_key: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_key[key(line)].append(line)
    kept = []
    for same in by_key.values():
        code = fault(same) if len(same) > 1 else ""
        if not code:
            kept.append(same[0])
        for line in same if code else same[1:]:
            report = findings.reject if code else findings.warn
            report(line.row, label, code or repeated, rows=joined(other.row for other in same))
    return kept
