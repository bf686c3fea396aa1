"""The outcomes of facts that are not accepted, made anew from their bytes each time."""

from __future__ import annotations

from shared import wire
from shared.problems import ProblemError, details
from shared.season import Season
from sync_server.store import fact_validation
from sync_server.store.resolution import OUT_OF_CHAIN


def dropped(sha256: str, reason: str) -> wire.Outcome:
    """Return the outcome of a fact that the centre dropped for this reason."""
    problem = details(ProblemError("fact.dropped", reason=reason))
    return wire.Outcome(outcome=wire.REJECTED, sha256=sha256, problem=problem)


def refused(
    code: str, sha256: str, data: bytes, season: Season | None, corrected: str
) -> wire.Outcome:
    """Return the outcome of a fact that is refused under a code.

    Args:
        code: Why.
        sha256: The fact's.
        data: Its bytes.
        season: The settings of its phone's season.
        corrected: For a correction, the kind of the record it corrects.
    """
    conflict = code in (*OUT_OF_CHAIN, "fact.conflict")
    outcome: wire.OutcomeCode = wire.CONFLICT if conflict else wire.REJECTED
    problem = fact_validation.as_problem(code, data, season, corrected)
    return wire.Outcome(outcome=outcome, sha256=sha256, problem=details(problem))
