"""Counting people by where they stand. Pure."""

from __future__ import annotations

import msgspec

from shared.cases import Case
from shared.lifecycle import Standing
from shared.season import Season, slips_late_after


class Progress(msgspec.Struct, kw_only=True):
    """Counts over cases: people, unless the name says fen; `late`: delivered after the due day.

    `repaid_fen` counts no more of a person than was due, as a summary does.
    """

    people: int = 0
    due_fen: int = 0
    assigned: int = 0
    delivered: int = 0
    delivered_unpaid: int = 0
    late: int = 0
    paid: int = 0
    repaid_fen: int = 0
    visited: int = 0
    visits: int = 0
    promised: int = 0
    special: int = 0
    unreachable: int = 0
    untouched: int = 0
    explained: int = 0
    returned: int = 0

    @property
    def unpaid(self) -> int:
        """People who have not repaid everything."""
        return self.people - self.paid

    @property
    def touched(self) -> int:
        """Unpaid people of whom something is recorded: a visit, an attempt or a statement."""
        return self.unpaid - self.untouched

    @property
    def unexplained(self) -> int:
        """Unpaid people in special circumstances without an accepted statement."""
        return self.special - self.explained


def add(total: Progress, case: Case, standing: Standing, season: Season) -> None:
    """Count one more person. A change here raises lifecycle.JUDGE_VERSION."""
    on_time_until = slips_late_after(season)
    total.people += 1
    total.due_fen += case.total_fen
    total.assigned += bool(case.assignee)
    total.delivered += standing.delivered
    total.late += bool(on_time_until and standing.delivered_on > on_time_until.isoformat())
    total.repaid_fen += standing.repaid.counted_fen(case)
    total.visits += len(standing.visits)
    total.visited += bool(standing.visits)
    total.returned += len(standing.returned)
    if standing.repaid.paid:
        total.paid += 1
        return
    total.delivered_unpaid += standing.delivered
    total.promised += standing.group == "promised"
    total.special += standing.group == "special"
    total.unreachable += standing.group == "unreachable"
    total.untouched += not (standing.visits or standing.attempts or standing.statement != "none")
    total.explained += standing.group == "special" and standing.statement == "accepted"
