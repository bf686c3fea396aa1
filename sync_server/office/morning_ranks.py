"""Which of many schools comes first on a morning, and the sums of all of them: numbers alone.

A page that shows a part of the schools asks for these of all, and for whole figures
(office/morning_figures.py) of the part: no school's names, phones or people are read for its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from shared import morning
from shared.season import Season, china_day
from sync_server.office import morning as sheets
from sync_server.office import morning_figures
from sync_server.office.morning import Day
from sync_server.office.morning_phones import phones_of, silent_by_school
from sync_server.store import morning_looks, school_days, school_totals, seasons
from sync_server.store.database import Connection
from sync_server.store.school_totals import Chased
from sync_server.store.scope import Scope

LAST = 10**6
"""The place of a school where nothing is to be chased."""
FEW_SCHOOLS = 30
"""Of so many schools, whom to chase is counted from their people."""
SUMMED = ("people", "paid", "untouched", "claimed", "paper_at_school", "paper_none", "waiting")
"""What of the kept sums a place asks for."""
_NONE = Chased()


class Ranks(msgspec.Struct, frozen=True, kw_only=True):
    """Schools with people by what comes first in them, and their sums.

    Attributes:
        day: The day.
        order: Their codes, who has most to chase first.
        totals: Numbers of all of them by the names of `shared.morning.COLUMNS`.
        unseen: How many of them have not looked at their own sheet today.
        review: Records that wait for a verdict, by school; schools without any are left out.
    """

    day: Day
    order: Sequence[str]
    totals: Mapping[str, int]
    unseen: int
    review: Mapping[str, int]


def read_in(
    connection: Connection, season_id: str, of: Scope, now: datetime, real_now: datetime
) -> Ranks:
    """Read them inside a transaction.

    Args:
        connection: Who reads.
        season_id: The season.
        of: What somebody sees.
        now: The season's clock.
        real_now: The real clock, by which phones are confirmed.
    """
    season = seasons.get(connection, season_id)
    day = sheets.day_of(connection, season, china_day(now))
    counted = _counted(connection, season, day, of, real_now)
    fields = _chased_fields(season, day)
    order = sorted((*_place(numbers, fields), unit) for unit, numbers in counted.items())
    looked = morning_looks.looked(connection, season_id, day.today.isoformat(), of)
    return Ranks(
        day=day,
        order=[unit for _, _, unit in order],
        totals={
            name: sum(one.get(name, 0) for one in counted.values()) for name in morning.COLUMNS
        },
        unseen=sum(unit not in looked for unit in counted),
        review={unit: one["review"] for unit, one in counted.items() if one["review"]},
    )


def _counted(
    connection: Connection, season: Season, day: Day, of: Scope, real_now: datetime
) -> dict[str, dict[str, int]]:
    """The numbers of each school with people that decide its place, by the names of `Figures`."""
    # of many schools a large part is promised for some day: those are kept by day
    many = of.units is None or len(of.units) > FEW_SCHOOLS
    chase = school_days.chased if many else school_totals.chased
    chased = chase(connection, season, of, day.today)
    found: dict[str, dict[str, int]] = {}
    for unit, *numbers in school_totals.columns(connection, season, of, SUMMED):
        people, paid, untouched, claimed, at_school, without, waiting = numbers
        if not unit or not people:
            continue
        to_chase = chased.get(unit, _NONE)
        found[unit] = {
            "unpaid": people - paid,
            "untouched": untouched,
            "claimed": claimed,
            "slips": at_school + without,
            "review": waiting,
            "unassigned": to_chase.unassigned,
            "promised_today": to_chase.promised_today,
            "promised_past": to_chase.promised_past,
        }
    for unit, n in silent_by_school(connection, season.id, of, day.today, real_now).items():
        if unit in found:
            found[unit]["phones"] = n
    _add_changes(connection, season, day, of, real_now, found)
    return found


def _add_changes(
    connection: Connection,
    season: Season,
    day: Day,
    of: Scope,
    real_now: datetime,
    found: dict[str, dict[str, int]],
) -> None:
    """Add who paid, and whose payment was taken back, where a file came since yesterday morning."""
    changes = sheets.changes_of(connection, season.id, day, of)
    if not changes:
        return
    phones = phones_of(connection, season.id, of, day.today, real_now)
    teachers = morning_figures.teachers_of(connection, season.id, changes)
    for unit, one in changes.items():
        if unit in found:
            found[unit] |= morning_figures.paid_of(one, phones, teachers, day)


def _chased_fields(season: Season, day: Day) -> list[tuple[int, str]]:
    """The places of the rule that count on a day, each with the number that it asks for."""
    slips = season.deadlines.get("slips")
    is_over = slips is not None and day.today > slips
    return [
        (place, chase.field)
        for place, chase in enumerate(morning.CHASES, 1)
        if is_over or not chase.after_slips
    ]


def _place(numbers: Mapping[str, int], fields: Sequence[tuple[int, str]]) -> tuple[int, int]:
    """Return the place of a school and, below zero, how much is to be chased. Pure."""
    for place, name in fields:
        if n := numbers.get(name):
            return place, -n
    return LAST, 0
