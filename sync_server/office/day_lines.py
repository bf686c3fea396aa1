"""How far the season was on each of its days: people delivered, visited, repaid and explained.

The numbers of the last day are those of every other page (store/progress.py): who is counted there
is put on the day on which it came about, as the records stand now. What was corrected or taken back
since is on no day; what has no usable day, or one outside the line, is put on the nearest one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import accumulate

import msgspec

from shared.records.kind import Label
from shared.season import Season, iso_day, phone_keeps_until
from sync_server.store import school_days
from sync_server.store.database import Connection
from sync_server.store.progress import CaseStanding
from sync_server.store.scope import Of

LINES: Mapping[str, Label] = {
    "delivered": Label("通知书送达", "notices delivered"),
    "visited": Label("走访过", "visited"),
    "repaid": Label("已还清", "repaid"),
    "explained": Label("说明已通过", "statements accepted"),
}
"""What is drawn, in order; each counts people."""
NOTICE = "notice"
"""The phase with whose first day the lines begin."""


class DayLines(msgspec.Struct, frozen=True, kw_only=True):
    """The lines.

    Attributes:
        days: Every day, the first one first; never empty.
        counts: By name of a line, how many people it had reached by each day.
        undated: How many of all these have no usable day, and stand on the last one.
    """

    days: tuple[date, ...]
    counts: Mapping[str, tuple[int, ...]]
    undated: int = 0

    def last(self, line: str) -> int:
        """Return what a line has reached."""
        return self.counts[line][-1]

    @property
    def rows(self) -> list[tuple[date, list[int]]]:
        """The days with the numbers of all lines, the newest day first."""
        columns = [self.counts[name] for name in LINES]
        pairs = zip(self.days, zip(*columns, strict=True), strict=True)
        return [(day, list(numbers)) for day, numbers in reversed(list(pairs))]


def read(
    connection: Connection, season: Season, found: Sequence[CaseStanding], today: date
) -> DayLines:
    """Return the lines of some people, as store/progress.py read them."""
    return lines(found, school_days.accepted_days(connection, found), season, today)


def kept(connection: Connection, season: Season, of: Of, today: date) -> DayLines:
    """Return the lines of everybody of a school, or of those somebody sees; reads no person."""
    return drawn(school_days.total(connection, season, of, LINES), season, today)


def lines(
    found: Iterable[CaseStanding], accepted_on: Mapping[str, str], season: Season, today: date
) -> DayLines:
    """Put everybody who counts on the day on which it came about. Pure.

    Args:
        found: The people.
        accepted_on: ISO days of the accepted statements, by case id.
        season: The season; its dates bound the line.
        today: The last day, unless the season was over before.
    """
    return drawn(school_days.counted(found, accepted_on).days, season, today)


def drawn(by_day: Mapping[str, Mapping[str, int]], season: Season, today: date) -> DayLines:
    """Draw the lines of people that are counted by day. Pure."""
    days = _days(season, today)
    counted = {name: Counter[date]() for name in LINES}
    undated = 0
    for name in LINES:
        for text, n in by_day.get(name, {}).items():
            day = iso_day(text)
            undated += n * (day is None)
            counted[name][min(max(day or days[-1], days[0]), days[-1])] += n
    return DayLines(
        days=days,
        counts={name: tuple(accumulate(counted[name][day] for day in days)) for name in LINES},
        undated=undated,
    )


def _days(season: Season, today: date) -> tuple[date, ...]:
    notice = next((p.first for p in season.phases if p.key == NOTICE), None)
    first = min([p.first for p in season.phases] if notice is None else [notice])
    last = max(first, min(today, phone_keeps_until(season)))
    first = min(first, last)
    return tuple(first + timedelta(days=n) for n in range((last - first).days + 1))
