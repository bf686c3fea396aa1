"""Late schools a part at a time, counted and paged in the database: for pages and alerts.

The rules themselves are those of shared/late_schools.py; here they are conditions on the kept sums
of a school (store/school_totals.py). A school whose sum does not hold is judged as the rules say.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select

from shared.late_schools import SchoolFigures, grounds
from shared.season import Season, china_day
from sync_server.office import late_schools
from sync_server.office.late_schools import School
from sync_server.services import Services
from sync_server.store import school_totals, seasons, summaries
from sync_server.store import tables as t
from sync_server.store.database import Connection
from sync_server.store.scope import Of, of_schools, where

_u, _s, _l = t.unit.c, t.school_sum.c, t.late_school.c
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


class Names(msgspec.Struct, frozen=True):
    """How many schools there are of a kind, and what the first of them are called."""

    count: int
    names: Sequence[str]


def part(services: Services, of: Of, *, first: int, most: int) -> Part:
    """Return a part: `first` are passed over, `most` at most are returned."""
    today = china_day(services.settings.now())

    def job(connection: Connection) -> Part:
        season = seasons.get(connection, services.season)
        named, decided = _named(connection, services, season, of), _decided(season)
        here = (_u.season == season.id, where(_u.code, of))
        meant = select(_u.code).where(*here, or_(named, decided)).order_by(_u.code)
        codes = list(connection.execute(meant.offset(first).limit(most)).scalars())
        schools = late_schools.found_in(connection, season.id, today, of_schools(codes))
        return Part(
            schools=schools,
            count=_count(connection, *here, or_(named, decided)),
            to_decide=_count(connection, *here, named, ~decided),
            decided=_count(connection, *here, decided),
        )

    return services.database.read(job)


def to_decide(services: Services, of: Of, most: int) -> Names:
    """Return the schools that the rules name and nobody has decided about."""

    def job(connection: Connection) -> Names:
        season = seasons.get(connection, services.season)
        here = (_u.season == season.id, where(_u.code, of), ~_decided(season))
        return _names(connection, most, *here, _named(connection, services, season, of))

    return services.database.read(job)


def waiting(services: Services, of: Of, most: int) -> Names:
    """Return the schools whose talk has no day, or had it and is not noted."""
    today = china_day(services.settings.now()).isoformat()
    later = t.late_school.alias().c
    newer = exists().where(later.season == _l.season, later.unit == _l.unit, later.n > _l.n)
    waits = or_(_l.state == "listed", and_(_l.state == "dated", _l.talk_on <= today))

    def job(connection: Connection) -> Names:
        season = services.season
        open_ = exists().where(_l.season == season, _l.unit == _u.code, ~newer, waits)
        return _names(connection, most, _u.season == season, where(_u.code, of), open_)

    return services.database.read(job)


def _names(connection: Connection, most: int, *which: ColumnElement[bool]) -> Names:
    count = _count(connection, *which)
    query = select(_u.name).where(*which).order_by(_u.code).limit(most)
    return Names(count, list(connection.execute(query).scalars()) if count else [])


def _count(connection: Connection, *which: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(t.unit).where(*which)
    return int(connection.execute(query).scalar_one())


def _decided(season: Season) -> ColumnElement[bool]:
    return exists().where(_l.season == season.id, _l.unit == _u.code)


def _named(
    connection: Connection, services: Services, season: Season, of: Of
) -> ColumnElement[bool]:
    """Return the condition on `unit` that a rule names a school today."""
    today = china_day(services.settings.now())
    limits = {ground.rule: ground.limit for ground in grounds(season, _WORST, today)}
    late = list[ColumnElement[bool]]()
    if "summary" in limits:
        late.append(~summaries.is_handed_in(season.id))
    if "delivered" in limits:
        late.append(_s.delivered * 100 < limits["delivered"] * _s.people)
    if "repaid" in limits:
        late.append(_s.paid * 100 < limits["repaid"] * _s.people)
    if not late:
        return false()
    kept = exists().where(_s.season == season.id, _s.unit == _u.code, _s.people > 0, or_(*late))
    unsure = school_totals.unsure_schools(connection, season, of)
    if not unsure:
        return kept
    judged = late_schools.found_in(connection, season.id, today, of_schools(unsure))
    named = [one.unit.code for one in judged if one.named]
    return or_(and_(kept, _u.code.not_in(unsure)), _u.code.in_(named))
