"""The morning sheets of several schools as rows: what comes first in each, and who has looked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from shared.season import Season
from sync_server.console.parts.overview import part_at
from sync_server.office import morning_figures, morning_ranks
from sync_server.office.morning import Day
from sync_server.office.morning_figures import SchoolFigures
from sync_server.office.morning_ranks import Ranks
from sync_server.services import Services
from sync_server.store import accounts, behind, morning_looks, seasons, units
from sync_server.store.database import Connection
from sync_server.store.morning_looks import Look
from sync_server.store.scope import Scope, of_schools

Part = Callable[[Sequence[str]], Sequence[str]]
"""Chooses what is listed of the codes of all schools, who has most to chase first."""


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """The sheets of the schools that somebody sees.

    Attributes:
        season: The season.
        day: The day.
        count: How many of them have people.
        totals: Their figures added up, by the names of the table's columns.
        unseen: How many of them have not looked at their own sheet today.
        listed: Those that the page shows, who has most to chase first.
        looks: Who looked today, by school; of those listed.
        last_looks: The last day on which each school itself looked; of those listed.
        shown: The names of the accounts that looked.
    """

    season: Season
    day: Day
    count: int
    totals: Mapping[str, int]
    unseen: int
    listed: Sequence[SchoolFigures]
    looks: Mapping[str, Sequence[Look]]
    last_looks: Mapping[str, str]
    shown: Mapping[str, str]

    def by_school(self, unit: str) -> Look | None:
        """Return the first look of the school itself today."""
        return next((one for one in self.looks.get(unit, ()) if one.at_school), None)

    def by_officer(self, unit: str) -> Look | None:
        """Return the first look of an officer of the school today."""
        return next((one for one in self.looks.get(unit, ()) if not one.at_school), None)

    def total(self, name: str) -> int:
        """Return a figure of all these schools."""
        return self.totals[name]

    def name(self, look: Look) -> str:
        """Return the name of whoever looked."""
        return self.shown.get(look.account, look.account)


async def load_ranks(services: Services, scope: Scope) -> Ranks:
    """Read which of the schools that somebody sees comes first, and their sums."""
    now, real = services.settings.now(), services.settings.real_now()

    def job(connection: Connection) -> Ranks:
        behind.check_counted(connection, seasons.get(connection, services.season), scope)
        return morning_ranks.read_in(connection, services.season, scope, now, real)

    return await services.read(job)


def part_of(at: int, most: int) -> Part:
    """Return what lists a part of the schools: `at` from 1, `most` schools; -1 for all of them."""

    def part(order: Sequence[str]) -> Sequence[str]:
        first = (part_at(at, len(order), most) - 1) * most if most > 0 else 0
        return order[first : first + most] if most > 0 else order

    return part


async def load_figures(services: Services, ranks: Ranks, part: Part) -> Rows:
    """Read the numbers of some of the schools, without their people."""
    listed = part(ranks.order)
    return await services.read(lambda c: _rows(c, services, ranks, listed))


def _rows(connection: Connection, services: Services, ranks: Ranks, listed: Sequence[str]) -> Rows:
    season, here = services.season, of_schools(listed)
    schools = units.some_within(connection, season, here)
    now, real = services.settings.now(), services.settings.real_now()
    found = morning_figures.read_in(connection, season, schools, here, now, real)
    place = {unit: n for n, unit in enumerate(listed)}
    looks: dict[str, list[Look]] = {}
    for one in morning_looks.of_day(connection, season, ranks.day.today.isoformat(), here):
        looks.setdefault(one.unit, []).append(one)
    who = {one.account for many in looks.values() for one in many}
    return Rows(
        season=found.season,
        day=found.day,
        count=len(ranks.order),
        totals=ranks.totals,
        unseen=ranks.unseen,
        listed=sorted(found.sheets, key=lambda sheet: place[sheet.unit.code]),
        looks=looks,
        last_looks=morning_looks.last_days(connection, season, here),
        shown=accounts.names_of(connection, who),
    )
