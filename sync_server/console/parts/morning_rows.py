"""The morning sheets of several schools as rows: what comes first in each, and who has looked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from shared.season import Season
from sync_server.console.parts.overview import part_at
from sync_server.office import morning_figures
from sync_server.office.morning import Day
from sync_server.office.morning_figures import MorningFigures, SchoolFigures
from sync_server.services import Services
from sync_server.store import accounts, behind, morning_looks, seasons
from sync_server.store.database import Connection
from sync_server.store.morning_looks import Look
from sync_server.store.scope import Scope, of_schools
from sync_server.store.units import UnitRow

LAST = 10**6
"""The place of a school where nothing is to be chased."""


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """The sheets of the schools that somebody sees.

    Attributes:
        season: The season.
        day: The day.
        sheets: Those with people, who has most to chase first.
        looks: Who looked today, by school.
        last_looks: The last day on which each school itself looked.
        shown: The names of accounts.
        listed: Those of `sheets` that the page shows.
    """

    season: Season
    day: Day
    sheets: Sequence[SchoolFigures]
    looks: Mapping[str, Sequence[Look]]
    last_looks: Mapping[str, str]
    shown: Mapping[str, str]
    listed: Sequence[SchoolFigures]

    def by_school(self, unit: str) -> Look | None:
        """Return the first look of the school itself today."""
        return next((one for one in self.looks.get(unit, ()) if one.at_school), None)

    def by_officer(self, unit: str) -> Look | None:
        """Return the first look of an officer of the school today."""
        return next((one for one in self.looks.get(unit, ()) if not one.at_school), None)

    @property
    def unseen(self) -> int:
        """How many schools have not looked at their own sheet today."""
        return sum(self.by_school(sheet.unit.code) is None for sheet in self.sheets)

    def total(self, name: str) -> int:
        """Return a figure of all these schools."""
        return sum(getattr(sheet.figures, name) for sheet in self.sheets)

    def name(self, look: Look) -> str:
        """Return the name of whoever looked."""
        return self.shown.get(look.account, look.account)


async def load_figures(
    services: Services,
    schools: Sequence[UnitRow],
    scope: Scope | None = None,
    *,
    at: int = 1,
    most: int = -1,
) -> Rows:
    """Read the numbers of these schools, without their people.

    Args:
        services: The server's services.
        schools: The schools, all at work.
        scope: What somebody sees, where these are all schools of it.
        at: Which part of them is listed, from 1.
        most: How many a part has; -1 for all of them.
    """
    now, real = services.settings.now(), services.settings.real_now()
    of = of_schools([row.code for row in schools]) if scope is None else scope

    def job(connection: Connection) -> Rows:
        behind.check_counted(connection, seasons.get(connection, services.season), of)
        found = morning_figures.read_in(connection, services.season, schools, of, now, real)
        rows = _rows(connection, services.season, of, found)
        first = (part_at(at, len(rows.sheets), most) - 1) * most if most > 0 else 0
        listed = rows.sheets[first : first + most] if most > 0 else rows.sheets
        return msgspec.structs.replace(rows, listed=listed)

    return await services.read(job)


def _rows(connection: Connection, season: str, scope: Scope, found: MorningFigures) -> Rows:
    today = found.day.today.isoformat()
    looks: dict[str, list[Look]] = {}
    for one in morning_looks.of_day(connection, season, today, scope):
        looks.setdefault(one.unit, []).append(one)
    return Rows(
        season=found.season,
        day=found.day,
        listed=(),
        sheets=sorted((s for s in found.sheets if s.progress.people), key=_order),
        looks=looks,
        last_looks=morning_looks.last_days(connection, season, scope),
        shown={},
    )


def _order(sheet: SchoolFigures) -> tuple[Any, ...]:
    first = sheet.first
    place, n = (first.place, first.n) if first else (LAST, 0)
    return place, -n, sheet.unit.code
