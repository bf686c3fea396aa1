"""When a record came later than it should have: one rule for review and paper. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from shared.records.base import Fact
from shared.season import Season, day_in_season

ON_TIME = timedelta(days=1)
"""A record that comes so long after what it states is not late: a phone syncs in the evening."""


def late_receipt(
    record: str, stated: str, stored: Iterable[tuple[Fact, str]], season: Season
) -> str:
    """Return the day on which a record came, where that was late.

    Late is more than a day after the day it states, by days in China. What counts is the first
    version of it that states that day: a correction of something else makes nothing late, and one
    that moves the day back does.

    Args:
        record: The record's id.
        stated: The day or moment that it states now.
        stored: The case's facts in the server's order, with the times they were received.
        season: The season; a day that it cannot hold is none (a server's clock may show any).

    Returns:
        The ISO day in China, "" where it was not late or nothing is known.
    """
    day = day_in_season(season, stated)
    if not day:
        return ""
    versions, came = {record}, list[str]()
    for fact, received_at in stored:
        if fact.kind == "correction" and str(fact.body.get("corrects")) in versions:
            versions.add(fact.id)
        if fact.id in versions and day_in_season(season, fact.happened_at) == day:
            came.append(day_in_season(season, received_at))
    first = min(filter(None, came), default="")
    if not first:
        return ""
    late = date.fromisoformat(first) - date.fromisoformat(day)
    return first if late > ON_TIME else ""
