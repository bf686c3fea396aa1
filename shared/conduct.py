"""How we behave at a door: hours, two visitors, who may hear what, attempts a day.

Guide, never gag: every rule answers with flags to show before the act; none refuses the record of what happened.
The floor we keep (season.limits), not law that binds a school (domain.md §3.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from shared import codes
from shared.facts import Fact
from shared.season import CST, Limits, china_day


def may_hear_amounts(who: str) -> bool:
    """Only the borrower and the co-borrower owe it; everyone else hears nothing of the debt."""
    return who in codes.MAY_HEAR_AMOUNTS


def visit_flags(
    when: datetime, visitors: Sequence[str], earlier: Sequence[Fact], limits: Limits, met: str = ""
) -> tuple[str, ...]:
    """What to say before or note after a visit at `when` (aware). `earlier` are this case's facts in force."""
    flags = []
    local = when.astimezone(CST)
    if not limits.visit_from_hour <= local.hour < limits.visit_until_hour:
        flags.append("outside_hours")
    if len({v.strip() for v in visitors if v.strip()}) < limits.visitors:
        flags.append("alone")
    last = last_visit(earlier)
    if last is not None and timedelta(0) <= when - last < timedelta(days=limits.days_between_visits):
        flags.append("too_soon")
    if met in ("neighbour", "village_cadre") and not may_ask_third_party(earlier, limits):
        flags.append("third_party_early")
    return tuple(flags)


def call_flags(when: datetime, to: str, earlier: Sequence[Fact], limits: Limits) -> tuple[str, ...]:
    """What to say before dialling: attempts of that day are counted by the day in China."""
    today = [f for f in earlier if f.kind == "contact_attempt" and _day(f) == china_day(when).isoformat()]
    effective = [f for f in today if codes.find(codes.CALLS, str(f.body.get("outcome"))).group == "effective"]
    flags = []
    if len(today) >= limits.dials_a_day or len(effective) >= limits.effective_calls_a_day:
        flags.append("too_many_calls")
    if to in ("neighbour", "village_cadre") and not may_ask_third_party(earlier, limits):
        flags.append("third_party_early")
    return tuple(flags)


def may_ask_third_party(earlier: Sequence[Fact], limits: Limits) -> bool:
    """Third parties open after an invalid number or three failed tries in a row; a reached one starts anew."""
    failures = 0
    for fact in earlier:
        if fact.kind == "contact_attempt":
            outcome = str(fact.body.get("outcome"))
            if outcome == "invalid_number":
                return True
            failures = 0 if outcome == "reached" else failures + 1
        elif fact.kind == "visit":
            failures = failures + 1 if fact.body.get("met") == "nobody" else 0
    return failures >= limits.failures_before_third_party


def last_visit(earlier: Sequence[Fact]) -> datetime | None:
    """When the last visit happened by the teachers' own words; None before the first."""
    moments = [datetime.fromisoformat(f.happened_at) for f in earlier if f.kind == "visit"]
    return max((m for m in moments if m.tzinfo is not None), default=None)


def _day(fact: Fact) -> str:
    return china_day(datetime.fromisoformat(fact.happened_at)).isoformat()
