"""Schools with their people in charge, carried from one season into another.

What stays the same from year to year: the school with its code and townships, its leader, its
liaison, its officer. Borrowers, teachers, records, positions and lists stay where they are;
settings and texts are office/seasons.py's. Where the other season has a school already, only what
it lacks whole is filled in: 附件1 and 附件2 of that season win.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, func, select, true, update

from sync_server.store import seasons
from sync_server.store import tables as t

GROUPS = {
    "townships": ("townships",),
    "officers": ("officer",),
    "leaders": ("leader_name", "leader_duty", "leader_phone"),
    "liaisons": ("liaison_name", "liaison_duty", "liaison_phone"),
}
"""Columns of a school that go together: a liaison's phone never stands beside another's name."""
COLUMNS = ("code", "name", *(column for group in GROUPS.values() for column in group))
"""The columns of a school that are carried."""


class Carried(msgspec.Struct, frozen=True, kw_only=True):
    """What comes over from a season, what stays there, and who would have no school.

    Attributes:
        source: The season it comes from.
        schools: Schools that are new in the other season.
        townships: Schools whose townships come over; so with officers, leaders and liaisons.
        people: Borrowers of the source, who stay there.
        records: Records of the source, which stay there.
        without_school: Accounts whose school the other season would not have.
    """

    source: str
    schools: int = 0
    townships: int = 0
    officers: int = 0
    leaders: int = 0
    liaisons: int = 0
    people: int = 0
    records: int = 0
    without_school: tuple[str, ...] = ()

    @property
    def anything(self) -> bool:
        """Whether anything comes over."""
        return any((self.schools, self.townships, self.officers, self.leaders, self.liaisons))


class _Plan(msgspec.Struct, frozen=True):
    """Rows of new schools, and what known ones lack, by code."""

    new: list[dict[str, str]]
    filled: dict[str, dict[str, str]]


def goes_on() -> ColumnElement[bool]:
    """Return which schools are carried: the one place for schools that are no more."""
    c = t.unit.c
    return (c.retired_at == "") & (c.merged_into == "")


def preview(connection: Connection, source: str, season: str) -> Carried:
    """Return what `carry` would do; the season need not be there yet."""
    return _counted(connection, source, season, _plan(connection, source, season))


def carry(connection: Connection, source: str, season: str) -> Carried:
    """Carry over what the season lacks; done again it finds nothing to do.

    Phones get the new contacts of their school with their next sync.
    """
    plan = _plan(connection, source, season)
    done = _counted(connection, source, season, plan)
    if plan.new:
        connection.execute(t.unit.insert(), [{"season": season, **row} for row in plan.new])
    c = t.unit.c
    for code, values in plan.filled.items():
        where = (c.season == season) & (c.code == code)
        connection.execute(update(t.unit).where(where).values(**values))
    if done.anything:
        seasons.announce(connection, season)
    return done


def _plan(connection: Connection, source: str, season: str) -> _Plan:
    old, here = _schools(connection, source, goes_on()), _schools(connection, season, true())
    codes, names = {row["code"]: row for row in here}, {row["name"]: row for row in here}
    plan = _Plan([], {})
    for row in old:
        # a code stands for one school in every season, whatever it is called there
        known = codes.get(row["code"]) or names.get(row["name"])
        if known is None:
            plan.new.append(row)
        elif lacking := _lacking(row, known):
            plan.filled[known["code"]] = lacking
    return plan


def _schools(
    connection: Connection, season: str, where: ColumnElement[bool]
) -> list[dict[str, str]]:
    c = t.unit.c
    query = select(*(c[name] for name in COLUMNS)).where(c.season == season, where)
    return [dict(row) for row in connection.execute(query.order_by(c.code)).mappings()]


def _lacking(old: Mapping[str, str], here: Mapping[str, str]) -> dict[str, str]:
    """Return the groups that the school has in the old season and not at all here."""
    return {
        name: old[name]
        for group in GROUPS.values()
        if any(old[name] for name in group) and not any(here[name] for name in group)
        for name in group
    }


def _counted(connection: Connection, source: str, season: str, plan: _Plan) -> Carried:
    moved: list[Mapping[str, Any]] = [*plan.new, *plan.filled.values()]
    groups = {
        name: sum(any(row.get(column) for column in group) for row in moved)
        for name, group in GROUPS.items()
    }
    cases, facts = t.case_file.c.season == source, t.fact.c.season == source
    return Carried(
        source=source,
        schools=len(plan.new),
        people=_count(connection, t.case_file.c.id, cases),
        records=_count(connection, t.fact.c.id, facts & (t.fact.c.data != b"")),
        without_school=_without_school(connection, season, {row["code"] for row in plan.new}),
        **groups,
    )


def _count(connection: Connection, column: ColumnElement[Any], where: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count(column)).where(where)).scalar_one()


def _without_school(connection: Connection, season: str, coming: set[str]) -> tuple[str, ...]:
    """Return the accounts of a school that the season has not and will not get."""
    a, here = t.account.c, select(t.unit.c.code).where(t.unit.c.season == season)
    rows = connection.execute(
        select(a.name, a.unit).where(a.unit != "", a.unit.not_in(here)).order_by(a.name)
    )
    return tuple(row.name for row in rows if row.unit not in coming)
