"""How far the season was on each of its days: people delivered, visited, repaid and explained.

The numbers of the last day are those of every other page (store/progress.py): who is counted there
is put on the day on which it came about, as the records stand now. What was corrected or taken back
since is on no day; what has no usable day, or one outside the line, is put on the nearest one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, timedelta
from itertools import accumulate

import msgspec

from shared.lifecycle import accepted
from shared.records.kind import Label
from shared.season import Season, china_day, iso_day, moment_of, phone_keeps_until
from sync_server.store import cases, reviews
from sync_server.store.database import Connection
from sync_server.store.progress import CaseStanding

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
    return lines(found, accepted_days(connection, found), season, today)


def accepted_days(connection: Connection, found: Iterable[CaseStanding]) -> dict[str, str]:
    """Return the day (China) on which each accepted statement was accepted, by case id."""
    ids = [line.case.id for line in found if line.standing.statement == "accepted"]
    facts = cases.facts_of(connection, ids)
    verdicts = reviews.reviews_of(connection, [f.fact.id for many in facts.values() for f in many])
    days = {}
    for case_id, many in facts.items():
        given = accepted([one.fact for one in many], verdicts, "statement")
        moment = moment_of(given[-1][1].at, assume=UTC) if given else None
        if moment is not None:
            days[case_id] = china_day(moment).isoformat()
    return days


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
    days = _days(season, today)
    counted = {name: Counter[date]() for name in LINES}
    undated = 0
    for line in found:
        for name, text in _reached(line, accepted_on):
            day = iso_day(text)
            undated += day is None
            counted[name][min(max(day or days[-1], days[0]), days[-1])] += 1
    return DayLines(
        days=days,
        counts={name: tuple(accumulate(counted[name][day] for day in days)) for name in LINES},
        undated=undated,
    )


def _reached(line: CaseStanding, accepted_on: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """Which lines count a person, each with the ISO day, "" for an unknown one."""
    one = line.standing
    if one.delivered:
        yield "delivered", one.delivered_on
    if one.visits:
        yield "visited", min((v.day for v in one.visits if v.day), default="")
    if one.repaid.paid:
        yield "repaid", one.repaid.paid_on or one.repaid.as_of
    elif one.group == "special" and one.statement == "accepted":
        yield "explained", accepted_on.get(line.case.id, "")


def _days(season: Season, today: date) -> tuple[date, ...]:
    notice = next((p.first for p in season.phases if p.key == NOTICE), None)
    first = min([p.first for p in season.phases] if notice is None else [notice])
    last = max(first, min(today, phone_keeps_until(season)))
    first = min(first, last)
    return tuple(first + timedelta(days=n) for n in range((last - first).days + 1))
