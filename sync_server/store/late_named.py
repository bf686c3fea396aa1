"""Conditions on `unit` about late schools, and how many and which schools they mean."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, exists, false, func, or_, select

from shared.late_schools import Rule
from sync_server.store import summaries
from sync_server.store import tables as t
from sync_server.store.scope import Of, where

Condition = ColumnElement[bool]
_u, _s, _l = t.unit.c, t.school_sum.c, t.late_school.c


class Names(msgspec.Struct, frozen=True):
    """How many schools there are of a kind, and what the first of them are called."""

    count: int
    names: Sequence[str]


def named(
    season: str, limits: Mapping[Rule, int], unsure: Collection[str], judged: Collection[str]
) -> Condition:
    """The condition that a rule names a school today.

    Args:
        season: The season.
        limits: The rules that may name a school today, with their percent.
        unsure: Schools whose kept sum does not hold.
        judged: Those of them that a rule names.
    """
    late = list[Condition]()
    if "summary" in limits:
        late.append(~summaries.is_handed_in(season))
    if "delivered" in limits:
        late.append(_s.delivered * 100 < limits["delivered"] * _s.people)
    if "repaid" in limits:
        late.append(_s.paid * 100 < limits["repaid"] * _s.people)
    if not late:
        return false()
    kept = exists().where(_s.season == season, _s.unit == _u.code, _s.people > 0, or_(*late))
    if not unsure:
        return kept
    return or_(and_(kept, _u.code.not_in(sorted(unsure))), _u.code.in_(sorted(judged)))


def decided(season: str) -> Condition:
    """The condition that something was decided about a school."""
    return exists().where(_l.season == season, _l.unit == _u.code)


def waiting(season: str, today: str) -> Condition:
    """The condition that a school's talk has no day, or had it and is not noted."""
    later = t.late_school.alias().c
    newer = exists().where(later.season == _l.season, later.unit == _l.unit, later.n > _l.n)
    waits = or_(_l.state == "listed", and_(_l.state == "dated", _l.talk_on <= today))
    return exists().where(_l.season == season, _l.unit == _u.code, ~newer, waits)


def either(one: Condition, other: Condition) -> Condition:
    """The condition that one of two holds."""
    return or_(one, other)


def count(connection: Connection, season: str, of: Of, *which: Condition) -> int:
    """Count the schools that conditions mean."""
    query = select(func.count()).select_from(t.unit)
    query = query.where(_u.season == season, where(_u.code, of), *which)
    return int(connection.execute(query).scalar_one())


def codes(
    connection: Connection, season: str, of: Of, which: Condition, first: int, most: int
) -> list[str]:
    """Return some of their codes, in order."""
    query = select(_u.code).where(_u.season == season, where(_u.code, of), which)
    query = query.order_by(_u.code).offset(first).limit(most)
    return list(connection.execute(query).scalars())


def names(connection: Connection, season: str, of: Of, most: int, *which: Condition) -> Names:
    """Return how many they are, and the first names in order of code."""
    n = count(connection, season, of, *which)
    query = select(_u.name).where(_u.season == season, where(_u.code, of), *which)
    found = connection.execute(query.order_by(_u.code).limit(most)) if n else None
    return Names(n, list(found.scalars()) if found is not None else [])
