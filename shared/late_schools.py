"""Which schools are late by the season's rules, and the numbers that each stands on. Pure.

The rules are data of the season (`LateRules`). They name a school; whether its head is called in
(约谈) a person decides.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

import msgspec

from shared.season import LateRules, Season

Rule = Literal["summary", "delivered", "repaid"]


class SchoolFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules look at: people of a school by where they stand, and its summary."""

    people: int
    delivered: int
    repaid: int
    handed_in: bool


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """Why a rule names a school.

    Attributes:
        rule: Which rule.
        deadline: The last day (ISO) on which it was in time.
        limit: The rule's days or percent.
        part: People delivered or repaid; 0 for the summary.
        whole: All people of the school, the denominator.
        days_late: Days since the deadline.
    """

    rule: Rule
    deadline: str
    limit: int
    part: int = 0
    whole: int = 0
    days_late: int = 0


def deadline_of(season: Season, rule: Rule) -> date | None:
    """Return the last day of a rule; None where the season has no such deadline."""
    statements = season.deadlines.get("statements")
    if rule == "summary":
        return statements
    if rule == "delivered":
        return season.late.delivered_by or season.deadlines.get("slips")
    return season.late.repaid_by or statements


def may_name(season: Season, today: date) -> bool:
    """Return whether a rule names any school at all on a day: one of nobody's people would be."""
    worst = SchoolFigures(people=1, delivered=0, repaid=0, handed_in=False)
    return bool(grounds(season, worst, today))


def grounds(season: Season, figures: SchoolFigures, today: date) -> tuple[Ground, ...]:
    """Return why a school is late on a day, by rule; nothing for one without people.

    Args:
        season: Its rules and deadlines.
        figures: What stands of the school now.
        today: The day in China.
    """
    if not figures.people:
        return ()
    rules = season.late
    found = (
        _summary(rules, deadline_of(season, "summary"), figures, today),
        _share(
            "delivered",
            rules.delivered_percent,
            deadline_of(season, "delivered"),
            (figures.delivered, figures.people),
            today,
        ),
        _share(
            "repaid",
            rules.repaid_percent,
            deadline_of(season, "repaid"),
            (figures.repaid, figures.people),
            today,
        ),
    )
    return tuple(one for one in found if one is not None)


def _summary(
    rules: LateRules, deadline: date | None, figures: SchoolFigures, today: date
) -> Ground | None:
    """Late from `summary_days` days after the deadline, until the summary is handed in."""
    if not rules.summary_days or deadline is None or figures.handed_in:
        return None
    if today < deadline + timedelta(days=rules.summary_days):
        return None
    return Ground(
        rule="summary",
        deadline=deadline.isoformat(),
        limit=rules.summary_days,
        whole=figures.people,
        days_late=(today - deadline).days,
    )


def _share(
    rule: Rule, percent: int, deadline: date | None, share: tuple[int, int], today: date
) -> Ground | None:
    """Late from the day after the deadline, while the share is below the percent."""
    part, whole = share
    if not percent or deadline is None or today <= deadline or part * 100 >= percent * whole:
        return None
    return Ground(
        rule=rule,
        deadline=deadline.isoformat(),
        limit=percent,
        part=part,
        whole=whole,
        days_late=(today - deadline).days,
    )
