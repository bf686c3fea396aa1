"""How we behave at a door: hours, two visitors, who may hear what, attempts a day.

Guide, never gag: every rule answers with flags to show before the act; none refuses the record of what happened.
The floor we keep (season.limits), not law that binds a school (domain.md §3.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from shared import codes
from shared.facts import Fact
from shared.season import CST, Limits, china_day, day_of, moment_of

THIRD_PARTIES = frozenset({"neighbour", "village_cadre"})


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
    if met in THIRD_PARTIES and not may_ask_third_party(earlier, limits):
        flags.append("third_party_early")
    return tuple(flags)


def call_flags(when: datetime, to: str, earlier: Sequence[Fact], limits: Limits) -> tuple[str, ...]:
    """What to say before dialling: calls of that day in China to the same person (a record names no number)."""
    day = china_day(when).isoformat()
    today = [f for f in earlier if _rang(f) == (to or "self") and day_of(f.happened_at) == day]
    effective = [f for f in today if codes.find(codes.CALLS, str(f.body.get("outcome"))).group == "effective"]
    flags = []
    if len(today) >= limits.dials_a_day or len(effective) >= limits.effective_calls_a_day:
        flags.append("too_many_calls")
    if to in THIRD_PARTIES and not may_ask_third_party(earlier, limits):
        flags.append("third_party_early")
    return tuple(flags)


def may_ask_third_party(earlier: Sequence[Fact], limits: Limits) -> bool:
    """Third parties open after an invalid number or three failed tries in a row; a reached one starts anew.

    Only tries at the household count: a neighbour reached is not the borrower reached.
    """
    failures, invalid = 0, False
    for fact in earlier:
        came = _came_of(fact)
        if came == "effective":
            failures, invalid = 0, False
        elif came == "failed":
            failures += 1
            invalid = invalid or fact.body.get("outcome") == "invalid_number"
    return invalid or failures >= limits.failures_before_third_party


def last_visit(earlier: Sequence[Fact]) -> datetime | None:
    """When the last visit happened by the teachers' own words; None before the first."""
    moments = [moment_of(f.happened_at) for f in earlier if f.kind == "visit"]
    return max((m for m in moments if m is not None), default=None)


def _rang(fact: Fact) -> str:
    """Whom a call rang; "" for a message or another kind of fact. Defaults are left out of a body."""
    rang = fact.kind == "contact_attempt" and fact.body.get("channel", "phone") == "phone"
    return str(fact.body.get("to", "self")) if rang else ""


def _came_of(fact: Fact) -> str:
    """effective | failed for a try at the household, "" for anything else."""
    if fact.kind == "contact_attempt" and fact.body.get("to", "self") not in THIRD_PARTIES:
        return codes.find(codes.CALLS, str(fact.body.get("outcome"))).group
    if fact.kind == "visit" and fact.body.get("met") not in THIRD_PARTIES:
        return "failed" if fact.body.get("met") == "nobody" else "effective"
    return ""
