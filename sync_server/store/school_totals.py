"""Sums over schools that are added up in the database, out of the kept sums of each school.

A school of which a case is due, or whose sum has another basis, is judged from its facts instead
(store/standing_reading.py): what is read here is never old.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, case, func, select, text

from shared.season import Season
from sync_server.store import standing_reading
from sync_server.store import tables as t
from sync_server.store.scope import Of, as_scope, where
from sync_server.store.standing_basis import basis_of
from sync_server.store.standing_reading import SchoolSum

_s, _c = t.school_sum.c, t.case_standing.c
_NAMES = SchoolSum.__struct_fields__


def total(connection: Connection, season: Season, of: Of) -> SchoolSum:
    """Add up everybody on the lists of a school, or of those somebody sees."""
    unsure = unsure_schools(connection, season, of)
    sums = (func.coalesce(func.sum(_s[name]), 0).label(name) for name in _NAMES)
    query = select(*sums).where(_s.season == season.id, where(_s.unit, of))
    row = connection.execute(query.where(_s.unit.not_in(unsure))).mappings().one()
    whole = SchoolSum(**{name: int(row[name]) for name in _NAMES})
    for one in _judged(connection, season, unsure).values():
        add(whole, one)
    return whole


def by_school(connection: Connection, season: Season, of: Of) -> dict[str, SchoolSum]:
    """Return the sums by school; "" has the people of no school."""
    unsure = unsure_schools(connection, season, of)
    query = select(t.school_sum).where(_s.season == season.id, where(_s.unit, of))
    rows = connection.execute(query.where(_s.people > 0, _s.unit.not_in(unsure))).mappings()
    found = {row["unit"]: SchoolSum(**{name: row[name] for name in _NAMES}) for row in rows}
    return found | _judged(connection, season, unsure)


def shares(connection: Connection, season: Season, of: Of) -> dict[str, tuple[int, int, int]]:
    """Return people, delivered and repaid of each school: what rules of late schools look at."""
    unsure = unsure_schools(connection, season, of)
    query = select(_s.unit, _s.people, _s.delivered, _s.paid)
    query = query.where(_s.season == season.id, where(_s.unit, of), _s.unit.not_in(unsure))
    found = {unit: (people, given, paid) for unit, people, given, paid in connection.execute(query)}
    made = _judged(connection, season, unsure).items()
    return found | {unit: (one.people, one.delivered, one.paid) for unit, one in made}


def columns(
    connection: Connection, season: Season, of: Of, names: Sequence[str]
) -> list[tuple[Any, ...]]:
    """Return some of the sums of each school, behind its code; of a school with none, or zeros."""
    unsure = unsure_schools(connection, season, of)
    query = select(_s.unit, *(_s[name] for name in names))
    query = query.where(_s.season == season.id, where(_s.unit, of), _s.unit.not_in(unsure))
    found = [tuple(row) for row in connection.execute(query)]
    made = _judged(connection, season, unsure).items()
    return found + [(unit, *(getattr(one, name) for name in names)) for unit, one in made]


def add(whole: SchoolSum, one: SchoolSum) -> None:
    """Add a school to a sum."""
    for name in _NAMES:
        setattr(whole, name, getattr(whole, name) + getattr(one, name))


class Chased(NamedTuple):
    """Unpaid people of a school to chase: with no teacher, promised for today, for a day before."""

    unassigned: int = 0
    promised_today: int = 0
    promised_past: int = 0


def chased(connection: Connection, season: Season, of: Of, today: date) -> dict[str, Chased]:
    """Count the unpaid people to chase by school; a school with none may be left out."""
    unsure, day = unsure_schools(connection, season, of), today.isoformat()
    here = (_c.season == season.id, where(_c.unit, of), _c.unit.not_in(unsure))
    listed = (*here, _c.off_list == "", _c.paid == 0)
    # said as the indexes say it: a value beside the statement would use none
    of_nobody = select(_c.unit, func.count()).where(*listed, text("case_standing.assignee = ''"))
    promised = select(
        _c.unit,
        func.sum(case((_c.promised_on == day, 1), else_=0)),
        func.sum(case((_c.promised_on < day, 1), else_=0)),
    ).where(*listed, text("case_standing.promised_on <> ''"))
    found = {u: Chased(int(n)) for u, n in connection.execute(of_nobody.group_by(_c.unit))}
    for unit, now, past in connection.execute(promised.group_by(_c.unit)):
        before = found.get(unit, Chased())
        found[unit] = before._replace(promised_today=int(now), promised_past=int(past))
    for unit, rows in standing_reading.rows_of(connection, season, unsure).items():
        unpaid = [row for row in rows if not row.paid]
        found[unit] = Chased(
            unassigned=sum(not row.assignee for row in unpaid),
            promised_today=sum(row.promised_on == day for row in unpaid),
            promised_past=sum("" < row.promised_on < day for row in unpaid),
        )
    return found


def recorded(connection: Connection, season: Season, unit: str, unlike: Sequence[str]) -> set[str]:
    """Return the people of a school whose kept delivery record holds and is none of these."""
    query = select(_c.case_id).where(standing_reading.holds(season), _c.unit == unit)
    return set(connection.execute(query.where(_c.delivery_record.not_in(unlike))).scalars())


def unsure_schools(connection: Connection, season: Season, of: Of) -> list[str]:
    """Return the schools whose kept sum does not hold now, in order of code."""
    stale = select(_s.unit).where(
        _s.season == season.id, _s.basis != basis_of(season), where(_s.unit, of)
    )
    found = set(connection.execute(stale).scalars())
    scope = as_scope(of)
    touched = standing_reading.touched_schools(connection, season)
    found |= {unit for unit in touched if unit == of or scope.sees(unit) or scope.is_county}
    return sorted(found)


def _judged(connection: Connection, season: Season, schools: list[str]) -> dict[str, SchoolSum]:
    rows = standing_reading.rows_of(connection, season, schools)
    return {unit: standing_reading.added(people) for unit, people in rows.items()}
