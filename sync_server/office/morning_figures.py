"""The numbers of many schools' morning sheets, without their people: what a table of them shows.

The same numbers as on each sheet (office/morning.py): kept sums where they hold, and beside them
only the few people who paid, came or whose promise falls due.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from shared import morning
from shared.morning import Figures, ToDo
from shared.season import Season, china_day
from sync_server.office import morning as sheets
from sync_server.office.morning import Day
from sync_server.office.morning_arrivals import arrivals
from sync_server.office.morning_phones import Phones, phones_of
from sync_server.office.repayment_changes import PersonChange, SchoolChanges
from sync_server.store import cases, school_days, school_totals, seasons
from sync_server.store.database import Connection
from sync_server.store.progress import SchoolSum
from sync_server.store.school_totals import Chased
from sync_server.store.scope import Scope
from sync_server.store.units import UnitRow


class SchoolFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of a school's sheet.

    Attributes:
        unit: The school.
        figures: Its numbers.
        to_do: What is to be chased, the first thing first.
        progress: The school's progress, as every other page has it.
    """

    unit: UnitRow
    figures: Figures
    to_do: tuple[ToDo, ...]
    progress: SchoolSum

    @property
    def first(self) -> ToDo | None:
        """The first thing to chase; None where there is nothing."""
        return self.to_do[0] if self.to_do else None


class MorningFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of schools on a day."""

    season: Season
    day: Day
    sheets: tuple[SchoolFigures, ...]


def read_in(
    connection: Connection,
    season_id: str,
    schools: Sequence[UnitRow],
    of: Scope,
    now: datetime,
    real_now: datetime,
) -> MorningFigures:
    """Read them inside a transaction.

    Args:
        connection: Who reads.
        season_id: The season.
        schools: The schools.
        of: What somebody sees, of which these are the schools.
        now: The season's clock.
        real_now: The real clock, by which phones are confirmed.
    """
    season = seasons.get(connection, season_id)
    day = sheets.day_of(connection, season, china_day(now))
    sums = school_totals.by_school(connection, season, of)
    # of a county a large part is promised for some day: those are kept by day
    chase = school_days.chased if of.is_county else school_totals.chased
    chased = chase(connection, season, of, day.today)
    changes = sheets.changes_of(connection, season_id, day, of)
    came = [(one.unit, one.people) for one in arrivals(connection, season_id, day.since_text, of)]
    arrived: dict[str, int] = {}
    for unit, people in came:
        arrived[unit] = arrived.get(unit, 0) + people
    phones = phones_of(connection, season_id, of, day.today, real_now)
    teachers = teachers_of(connection, season_id, changes)
    found = []
    for row in schools:
        total, one = sums.get(row.code) or SchoolSum(), changes.get(row.code)
        numbers = _figures(total, chased.get(row.code, Chased()), one, phones, teachers, day)
        numbers = msgspec.structs.replace(
            numbers,
            arrived=arrived.get(row.code, 0),
            phones=len(phones.silent.get(row.code, ())),
        )
        to_do = morning.to_do(numbers, season, day.today)
        found.append(SchoolFigures(unit=row, figures=numbers, to_do=to_do, progress=total))
    return MorningFigures(season=season, day=day, sheets=tuple(found))


def _figures(
    total: SchoolSum,
    chased: Chased,
    changes: SchoolChanges | None,
    phones: Phones,
    teachers: Mapping[str, str],
    day: Day,
) -> Figures:
    return Figures(
        **(paid_of(changes, phones, teachers, day) if changes else {}),
        unpaid=total.unpaid,
        unassigned=chased.unassigned,
        promised_today=chased.promised_today,
        promised_past=chased.promised_past,
        untouched=total.untouched,
        claimed=total.claimed,
        slips_at_school=total.paper_at_school,
        without_slip=total.paper_none,
        review=total.waiting,
    )


def paid_of(
    changes: SchoolChanges, phones: Phones, teachers: Mapping[str, str], day: Day
) -> dict[str, int]:
    """Return how many of a school paid, or have their payment taken back, by names of `Figures`."""
    paid: Sequence[PersonChange] = changes.newly_paid
    heard = [phones.list_on_phone(teachers.get(one.case, ""), day.fetched_from) for one in paid]
    return {
        "paid": len(paid),
        "paid_not_fetched": heard.count("not_fetched"),
        "paid_no_phone": heard.count("no_phone"),
        "came_back": len(changes.came_back),
    }


def teachers_of(
    connection: Connection, season: str, changes: Mapping[str, SchoolChanges]
) -> dict[str, str]:
    """Return the teacher of everybody who has paid since, by case id."""
    ids = [person.case for one in changes.values() for person in one.newly_paid]
    return cases.assignees(connection, season, ids)
