"""Late schools a part at a time, counted and paged in the database: for pages and alerts.

The rules themselves are those of shared/late_schools.py; in the store they are conditions on the
kept sums of a school. A school whose sum does not hold is judged as the rules say.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from shared.late_schools import SchoolFigures, grounds
from shared.season import Season, china_day
from sync_server.office import late_schools
from sync_server.office.late_schools import School
from sync_server.services import Services
from sync_server.store import late_named, school_totals, seasons
from sync_server.store.database import Connection
from sync_server.store.late_named import Condition, Names
from sync_server.store.scope import Of, of_schools

_WORST = SchoolFigures(people=1, delivered=0, repaid=0, handed_in=False)


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Some of the schools that a rule names now or about which something was decided, by code.

    Attributes:
        schools: Those of the part.
        count: How many there are.
        to_decide: Of how many of them nothing is decided.
        decided: Of how many something is.
    """

    schools: Sequence[School]
    count: int
    to_decide: int
    decided: int


def part(services: Services, of: Of, *, first: int, most: int) -> Part:
    """Return a part: `first` are passed over, `most` at most are returned."""
    today = china_day(services.settings.now())

    def job(connection: Connection) -> Part:
        season = seasons.get(connection, services.season)
        named, decided = _named(connection, services, season, of), late_named.decided(season.id)
        either = late_named.either(named, decided)
        codes = late_named.codes(connection, season.id, of, either, first, most)
        return Part(
            schools=late_schools.found_in(connection, season.id, today, of_schools(codes)),
            count=late_named.count(connection, season.id, of, either),
            to_decide=late_named.count(connection, season.id, of, named, ~decided),
            decided=late_named.count(connection, season.id, of, decided),
        )

    return services.database.read(job)


def to_decide(services: Services, of: Of, most: int) -> Names:
    """Return the schools that the rules name and nobody has decided about."""

    def job(connection: Connection) -> Names:
        season = seasons.get(connection, services.season)
        which = _named(connection, services, season, of), ~late_named.decided(season.id)
        return late_named.names(connection, season.id, of, most, *which)

    return services.database.read(job)


def waiting(services: Services, of: Of, most: int) -> Names:
    """Return the schools whose talk has no day, or had it and is not noted."""
    season, today = services.season, china_day(services.settings.now()).isoformat()
    which = late_named.waiting(season, today)
    return services.database.read(lambda c: late_named.names(c, season, of, most, which))


def _named(connection: Connection, services: Services, season: Season, of: Of) -> Condition:
    """Return the condition that a rule names a school today."""
    today = china_day(services.settings.now())
    limits = {ground.rule: ground.limit for ground in grounds(season, _WORST, today)}
    unsure = school_totals.unsure_schools(connection, season, of) if limits else []
    judged = late_schools.found_in(connection, season.id, today, of_schools(unsure))
    named = [one.unit.code for one in judged if one.named] if unsure else []
    return late_named.named(season.id, limits, unsure, named)
