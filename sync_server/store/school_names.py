"""Every name a school had or is written by, across seasons: imports match them all.

A row is a name that is no longer the present one (NAME), another spelling that somebody confirmed
(SPELLING), or a name of a school that was merged into this one (MERGED). The present name stands in
`unit`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

import msgspec
from sqlalchemy import Connection, func, select, update

from shared import school_names as rules
from shared.problems import ProblemError
from shared.school_names import Known, Names
from sync_server.store import feed, seasons, units
from sync_server.store import tables as t
from sync_server.store.parts import parts
from sync_server.store.rows import as_struct

Kind = Literal["name", "spelling", "merged"]
NAME: Kind = "name"
SPELLING: Kind = "spelling"
MERGED: Kind = "merged"


class NameRow(msgspec.Struct, frozen=True, kw_only=True):
    """A name of a school.

    Attributes:
        code: The school's code.
        n: Counts from 1 in each school.
        name: The name.
        kind: See the module.
        since: From when it was the name (UTC ISO), "" for from the beginning.
        until: When it ceased to be, or for a spelling when it was confirmed.
        who: Who changed or confirmed it.
        run: The import that brought it, "" for none.
    """

    code: str
    n: int
    name: str
    kind: Kind
    since: str
    until: str
    who: str
    run: str = ""


def history(connection: Connection, code: str = "") -> list[NameRow]:
    """Return the names of a school (all schools), the oldest first."""
    query = select(t.school_name).order_by(t.school_name.c.code, t.school_name.c.n)
    if code:
        query = query.where(t.school_name.c.code == code)
    return [as_struct(row, NameRow) for row in connection.execute(query).mappings()]


def histories(connection: Connection, codes: Collection[str]) -> dict[str, list[NameRow]]:
    """Return the names of these schools by code, the oldest first."""
    c, found = t.school_name.c, dict[str, list[NameRow]]()
    for part in parts(sorted(codes)):
        query = select(t.school_name).where(c.code.in_(part)).order_by(c.code, c.n)
        for row in connection.execute(query).mappings():
            found.setdefault(row["code"], []).append(as_struct(row, NameRow))
    return found


def known(connection: Connection, season: str) -> Names:
    """Return the names of the schools of a season, of retired ones too, to match written ones.

    What the same code is called in another season counts as another name.
    """
    others: dict[str, list[str]] = {}
    for row in history(connection):
        others.setdefault(row.code, []).append(row.name)
    u = t.unit.c
    elsewhere = select(u.code, u.name).where(u.season != season).order_by(u.season, u.code)
    for found in connection.execute(elsewhere):
        others.setdefault(found.code, []).append(found.name)
    schools = [
        Known(code=row.code, name=row.name, others=tuple(dict.fromkeys(others.get(row.code, ()))))
        for row in units.every_unit(connection, season)
        if not row.merged_into
    ]
    return Names(schools, county(connection, season))


def county(connection: Connection, season: str) -> str:
    """Return the county whose name may stand before that of a school; "" where none is known."""
    found = seasons.find(connection, season)
    return found.season.letterhead.county if found else ""


def note(
    connection: Connection, code: str, name: str, kind: Kind, *, at: str, who: str, run: str = ""
) -> None:
    """Add a name to a school's history; one that it has already is not added twice."""
    rows = history(connection, code)
    if kind != NAME and any(row.name == name for row in rows):
        return
    earlier = [row.until for row in rows if row.kind == NAME]
    c = t.school_name.c
    newest = connection.execute(select(func.max(c.n)).where(c.code == code)).scalar() or 0
    row = {"code": code, "n": newest + 1, "name": name, "kind": kind, "until": at}
    row |= {"who": who, "run": run}
    row["since"] = earlier[-1] if kind == NAME and earlier else ""
    connection.execute(t.school_name.insert(), row)


def take_back(connection: Connection, season: str, run: str) -> None:
    """Forget the names that an import brought, when the import is undone; phones hear of it."""
    of_run = t.school_name.delete().where(t.school_name.c.run == run)
    if connection.execute(of_run).rowcount:
        seasons.announce(connection, season)


def rename(
    connection: Connection,
    season: str,
    code: str,
    name: str,
    *,
    at: str,
    who: str,
    run: str = "",
) -> str:
    """Give a school another name; its code and all that hangs on it stay.

    Args:
        connection: The writer's.
        season: The season. By hand, others that are not closed follow; an import keeps to its own.
        code: The school.
        name: The new name.
        at: When (UTC ISO).
        who: Who does it.
        run: The import that does it, "" for none.

    Returns:
        The name before; "" where it has this name already.

    Raises:
        ProblemError: unit.unknown, school.merged, school.retired, school.name_taken.
    """
    row = units.at_work(connection, season, code)
    if row.name == name:
        return ""
    check_free(connection, season, name, but=code)
    u = t.unit.c
    live = [season] if run else _live(connection, season)
    for each in live:
        _move_aside(connection, each, name, code)
        same = (u.season == each) & (u.code == code) & (u.merged_into == "")
        connection.execute(update(t.unit).where(same).values(name=name))
    note(connection, code, row.name, NAME, at=at, who=who, run=run)
    feed.advance(connection, code, [feed.Line(kind="briefing")])
    return row.name


def check_free(connection: Connection, season: str, name: str, but: str = "") -> None:
    """Refuse a name that another school has now, however it is spelt.

    Raises:
        ProblemError: school.name_taken.
    """
    head, wanted = county(connection, season), rules.key(name, county(connection, season))
    for row in units.every_unit(connection, season):
        if row.code != but and not row.merged_into and rules.key(row.name, head) == wanted:
            raise ProblemError("school.name_taken", name=name, school=row.name, unit=row.code)


def check_not_merged(connection: Connection, season: str, name: str) -> None:
    """Refuse a name that means the school into which its own was merged, however it is spelt.

    Raises:
        ProblemError: school.merged.
    """
    head = county(connection, season)
    here = {row.code: row.name for row in units.units(connection, season)}
    wanted = rules.key(name, head)
    for row in history(connection):
        if row.kind == MERGED and row.code in here and rules.key(row.name, head) == wanted:
            raise ProblemError("school.merged", school=row.name, into=here[row.code])


def _live(connection: Connection, season: str) -> list[str]:
    """Return this season and the others that may still be changed."""
    states = {row.id: row.state for row in seasons.states(connection)}
    return [s for s, state in states.items() if s == season or state in ("preparing", "open")]


def _move_aside(connection: Connection, season: str, name: str, code: str) -> None:
    """Let the row of a merged school make room for its name, which another takes over."""
    u = t.unit.c
    for row in units.every_unit(connection, season):
        if row.name == name and row.code != code:
            if not row.merged_into:
                raise ProblemError("school.name_taken", name=name, school=row.name, unit=row.code)
            aside = (u.season == season) & (u.code == row.code)
            values = {"name": f"{name}({row.code})"}
            connection.execute(update(t.unit).where(aside).values(**values))
