"""Schools and their people, from 附件1 and 附件2 and from issued codes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, func, or_, select, true, update

from shared import spelling, wire
from shared.problems import ProblemError
from sync_server.store import feed, seasons
from sync_server.store import tables as t
from sync_server.store.device_seasons import PLACES
from sync_server.store.ids import new_id
from sync_server.store.parts import parts
from sync_server.store.rows import as_struct
from sync_server.store.scope import WHOLE_COUNTY, Of, Scope, where
from sync_server.store.stored_fact import StoredFact

ANY_SCHOOL: Final = true()
"""The condition on `unit` of every school."""
LACKS_SOMEBODY: Final = or_(t.unit.c.leader_name == "", t.unit.c.liaison_name == "")
"""The condition on `unit` that its leader in charge or its liaison is not named."""


class UnitRow(msgspec.Struct, frozen=True, kw_only=True):
    """A school: leader and liaison (附件1), centre officer (附件2) and townships.

    `retired_at`: since when it is no longer worked with (UTC ISO), "" while it is; `merged_into`:
    the school that has its people since. Phones get `shared.wire.Unit` of it, sealed documents
    `sealing.summary.Unit`.
    """

    code: str
    name: str
    leader_name: str = ""
    leader_duty: str = ""
    leader_phone: str = ""
    liaison_name: str = ""
    liaison_duty: str = ""
    liaison_phone: str = ""
    officer: str = ""
    townships: str = ""
    retired_at: str = ""
    merged_into: str = ""

    @property
    def is_gone(self) -> bool:
        """Whether it was retired or merged into another school."""
        return bool(self.retired_at or self.merged_into)


class Staff(msgspec.Struct, frozen=True, kw_only=True):
    """Someone of a school: a teacher or its liaison.

    Attributes:
        id: The id.
        unit: The school's code.
        name: The name.
        role: What the person is at the school.
        merged_into: The teacher whose earlier name this is; "" for a teacher's present name.
        left_at: When the teacher left (UTC ISO); "" while here.
        offered: Why the teacher's people are offered to others (store/teachers.py); "" for not.
        before: The same teacher's row of the season before; "" for none.
    """

    id: str
    unit: str
    name: str
    role: str
    merged_into: str = ""
    left_at: str = ""
    offered: str = ""
    before: str = ""

    @property
    def is_here(self) -> bool:
        """Whether this is a teacher whom people can be given to."""
        return not (self.merged_into or self.left_at)


def units(connection: Connection, season: str) -> list[UnitRow]:
    """All schools at work in order of code: what is chosen from, listed and rolled up."""
    return [row for row in every_unit(connection, season) if not row.is_gone]


def every_unit(connection: Connection, season: str, of: Of = WHOLE_COUNTY) -> list[UnitRow]:
    """All schools in order of code, with those that were retired or merged; or some of them."""
    query = select(t.unit).where(t.unit.c.season == season, where(t.unit.c.code, of))
    rows = connection.execute(query.order_by(t.unit.c.code)).mappings()
    return [as_struct(r, UnitRow) for r in rows]


def unit_names(connection: Connection, season: str) -> dict[str, str]:
    """The name of every school by its code, of those that are gone too: for what is history."""
    return {row.code: row.name for row in every_unit(connection, season)}


def within(connection: Connection, season: str, scope: Scope) -> list[UnitRow]:
    """The schools that somebody sees, in order of code."""
    return some_within(connection, season, scope)


def names_at_work(connection: Connection, season: str, of: Of, sought: str = "") -> dict[str, str]:
    """Return the names of the schools at work of somebody that a search means, in order of code."""
    query = select(t.unit.c.code, t.unit.c.name).where(*_at_work(season, of, sought))
    rows = connection.execute(query.order_by(t.unit.c.code)).all()
    return {row.code: row.name for row in rows}


def count_within(
    connection: Connection,
    season: str,
    of: Of,
    sought: str = "",
    which: ColumnElement[bool] = ANY_SCHOOL,
) -> int:
    """Count the schools at work of somebody, or those of them that a search means."""
    query = select(func.count()).select_from(t.unit).where(*_at_work(season, of, sought), which)
    return int(connection.execute(query).scalar_one())


def some_within(
    connection: Connection,
    season: str,
    of: Of,
    *,
    sought: str = "",
    which: ColumnElement[bool] = ANY_SCHOOL,
    first: int = 0,
    most: int = -1,
) -> list[UnitRow]:
    """Return some of the schools at work of somebody, in order of code.

    Args:
        connection: The store.
        season: The season.
        of: One school, or what somebody sees.
        sought: A part of a name, a code or a township; "" for every school.
        which: A further condition on `unit`.
        first: How many to pass over.
        most: How many at most; -1 for all.
    """
    query = select(t.unit).where(*_at_work(season, of, sought), which).order_by(t.unit.c.code)
    return _some(connection, query, first, most)


def count_gone(connection: Connection, season: str, sought: str = "") -> int:
    """Count the schools of the county that were retired or merged, or those a search means."""
    query = select(func.count()).select_from(t.unit).where(*_gone(season, sought))
    return int(connection.execute(query).scalar_one())


def some_gone(
    connection: Connection, season: str, *, sought: str = "", first: int = 0, most: int = -1
) -> list[UnitRow]:
    """Return some of the schools of the county that were retired or merged, in order of code."""
    query = select(t.unit).where(*_gone(season, sought)).order_by(t.unit.c.code)
    return _some(connection, query, first, most)


def _some(
    connection: Connection, query: Select[tuple[Any, ...]], first: int, most: int
) -> list[UnitRow]:
    query = query.offset(first) if first else query
    query = query.limit(most) if most >= 0 else query
    return [as_struct(row, UnitRow) for row in connection.execute(query).mappings()]


def _at_work(season: str, of: Of, sought: str) -> list[ColumnElement[bool]]:
    c = t.unit.c
    here = [c.season == season, c.retired_at == "", c.merged_into == "", where(c.code, of)]
    return [*here, *_meant(sought)]


def _gone(season: str, sought: str) -> list[ColumnElement[bool]]:
    c = t.unit.c
    return [c.season == season, or_(c.retired_at != "", c.merged_into != ""), *_meant(sought)]


def _meant(sought: str) -> list[ColumnElement[bool]]:
    if not sought:
        return []
    c = t.unit.c
    named = (column.contains(sought, autoescape=True) for column in (c.name, c.townships))
    return [or_(c.code == sought, *named)]


def every_name(connection: Connection) -> dict[str, str]:
    """The newest name of every school of any season, by code."""
    c = t.unit.c
    rows = connection.execute(select(c.code, c.name).order_by(c.season))
    return {row.code: row.name for row in rows}


def newest_names(connection: Connection, codes: Collection[str]) -> dict[str, str]:
    """The same, of these schools."""
    c, found = t.unit.c, dict[str, str]()
    for part in parts(sorted(codes)):
        query = select(c.code, c.name).where(c.code.in_(part)).order_by(c.season)
        found |= {row.code: row.name for row in connection.execute(query)}
    return found


def unit(connection: Connection, season: str, code: str) -> UnitRow | None:
    """Return a school by its code, be it gone; None if the season has none of it."""
    c = t.unit.c
    query = select(t.unit).where(c.season == season, c.code == code)
    row = connection.execute(query).mappings().first()
    return None if row is None else as_struct(row, UnitRow)


def names_of(connection: Connection, season: str, codes: Collection[str]) -> dict[str, str]:
    """Return the names of these schools, by code."""
    c, found = t.unit.c, dict[str, str]()
    for part in parts(sorted(codes)):
        query = select(c.code, c.name).where(c.season == season, c.code.in_(part))
        found |= {row.code: row.name for row in connection.execute(query)}
    return found


def at_work(connection: Connection, season: str, code: str) -> UnitRow:
    """Return a school that something may be begun with.

    Raises:
        ProblemError: unit.unknown, school.merged, school.retired.
    """
    row = unit(connection, season, code)
    if row is None:
        raise ProblemError("unit.unknown", unit=code)
    if row.merged_into:
        into = unit(connection, season, row.merged_into)
        raise ProblemError(
            "school.merged", school=row.name, into=into.name if into else row.merged_into
        )
    if row.retired_at:
        raise ProblemError("school.retired", school=row.name)
    return row


def put_unit(connection: Connection, season: str, name: str, **fields: str) -> tuple[str, bool]:
    """Create or change a school by its name; return (two-digit code, whether it is new).

    A retired school is at work again; the name of a merged one means the school that has its
    people.
    """
    everybody = every_unit(connection, season)
    found = next((u for u in everybody if u.name == name), None)
    if found is None:
        code = _new_code(connection, name, {u.code for u in everybody})
        row = {"season": season, "code": code, "name": name, **fields}
        connection.execute(t.unit.insert(), row)
        return code, True
    code = found.merged_into or found.code
    values = {**fields, **({"retired_at": ""} if found.is_gone and not found.merged_into else {})}
    if values:
        where = (t.unit.c.season == season) & (t.unit.c.code == code)
        connection.execute(update(t.unit).where(where).values(**values))
    return code, False


def _new_code(connection: Connection, name: str, here: set[str]) -> str:
    """Return a school's code: the one it has in another season, else one that no school has.

    Accounts, certificates and the change feed name a school by its code alone, whatever the season:
    a code that stood for two schools would show one of them the other's people. The code of a
    merged school is given to none again.

    Args:
        connection: The database.
        name: The school.
        here: The codes of its season.
    """
    c, earlier = t.unit.c, t.school_name.c
    merged = set(connection.execute(select(c.code).where(c.merged_into != "")).scalars())
    known = connection.execute(select(c.code).where(c.name == name).order_by(c.season.desc()))
    named = select(earlier.code).where(earlier.name == name).order_by(earlier.n.desc())
    for code in [*known.scalars(), *connection.execute(named).scalars()]:
        if code not in here | merged:
            return str(code)
    given = [
        *connection.execute(select(c.code).distinct()).scalars(),
        *connection.execute(select(earlier.code).distinct()).scalars(),
    ]
    newest = max((int(code) for code in given if code.isdecimal()), default=0)
    return f"{newest + 1:02d}"


def staff_of(
    connection: Connection, season: str, unit_code: str, role: str = "teacher"
) -> list[Staff]:
    """People of a school by role, in order of name: who is there, under their present names."""
    return [p for p in known_staff(connection, season, unit_code, role) if p.is_here]


def known_staff(
    connection: Connection, season: str, unit_code: str, role: str = "teacher"
) -> list[Staff]:
    """Everybody a school ever had, with who left and with earlier names, in order of name."""
    where = (t.staff.c.season == season) & (t.staff.c.unit == unit_code) & (t.staff.c.role == role)
    rows = connection.execute(select(t.staff).where(where).order_by(t.staff.c.name)).mappings()
    return [as_struct(r, Staff) for r in rows]


def staff_names(connection: Connection, season: str) -> dict[str, str]:
    """Every person's name by staff id."""
    rows = connection.execute(
        select(t.staff.c.id, t.staff.c.name).where(t.staff.c.season == season)
    )
    return {r.id: r.name for r in rows}


def staff_named(connection: Connection, staff_ids: Collection[str], scope: Scope) -> dict[str, str]:
    """Return the names of those of these people whose school somebody sees, by staff id."""
    s, found = t.staff.c, dict[str, str]()
    for part in parts(sorted(staff_ids)):
        query = select(s.id, s.name).where(s.id.in_(part), scope.rows(s.unit))
        found |= {row.id: row.name for row in connection.execute(query)}
    return found


def name_of(connection: Connection, staff_id: str) -> str:
    """The name of a person of whatever season; "" of nobody known here."""
    query = select(t.staff.c.name).where(t.staff.c.id == staff_id)
    return connection.execute(query).scalar() or ""


def same_person(connection: Connection, one: str, other: str) -> bool:
    """Whether two rows are one teacher in two seasons: carried over, or of one school by name."""
    s = t.staff.c
    schools = connection.execute(select(s.season, s.unit).where(s.id.in_((one, other)))).all()
    if len(schools) != 2 or schools[0].season == schools[1].season:
        return False
    linked = ((s.id == one) & (s.before == other)) | ((s.id == other) & (s.before == one))
    if connection.execute(select(s.id).where(linked)).first():
        return True
    if schools[0].unit != schools[1].unit:
        return False
    return bool(_names(connection, one) & _names(connection, other))


def _names(connection: Connection, staff: str) -> set[str]:
    """A teacher's names, the present one and those before."""
    s = t.staff.c
    query = select(s.name).where((s.id == staff) | (s.merged_into == staff))
    return set(connection.execute(query).scalars())


def named(connection: Connection, season: str, unit_code: str, name: str) -> Staff | None:
    """Return the teacher of a school whose name is spelled like this one, be it an earlier name."""
    key = spelling.name_key(name)
    alike = [
        person
        for person in known_staff(connection, season, unit_code)
        if spelling.name_key(person.name) == key
    ]
    return min(alike, key=lambda p: (p.name != name, not p.is_here), default=None)


def check_is_here(connection: Connection, person: Staff) -> None:
    """Refuse a name of somebody who left, and a name that is another teacher's earlier one.

    Raises: ProblemError staff.name_left, staff.name_merged.
    """
    if person.merged_into:
        query = select(t.staff.c.name).where(t.staff.c.id == person.merged_into)
        teacher = connection.execute(query).scalar() or ""
        raise ProblemError("staff.name_merged", name=person.name, teacher=teacher)
    if person.left_at:
        raise ProblemError("staff.name_left", name=person.name)


def put_teacher(connection: Connection, season: str, unit_code: str, name: str) -> str:
    """The id of a teacher of a school; made when new.

    Raises: ProblemError staff.name_left, staff.name_merged.
    """
    found = named(connection, season, unit_code, name)
    if found is not None:
        check_is_here(connection, found)
        return found.id
    return add_teacher(connection, season, unit_code, name)


def add_teacher(connection: Connection, season: str, unit_code: str, name: str) -> str:
    """Make a teacher of a school whose name nobody there has; return the id."""
    staff_id = new_id()
    connection.execute(
        t.staff.insert(),
        {"id": staff_id, "season": season, "unit": unit_code, "name": name, "role": "teacher"},
    )
    feed.advance(connection, unit_code, [feed.Line(kind="briefing")])
    return staff_id


def briefing(connection: Connection, season: str, unit_code: str, staff: str = "") -> wire.Briefing:
    """What is the same for every case of a school, and the name of a phone's teacher.

    Phones do not need the county's recipients.

    Args:
        connection: The database.
        season: The season.
        unit_code: The school.
        staff: The phone's teacher; "" for no phone's.
    """
    everybody = known_staff(connection, season, unit_code)
    names = {p.id: p.name for p in everybody}
    row = unit(connection, season, unit_code) or UnitRow(code=unit_code, name=unit_code)
    newest = (
        select(t.snapshot.c.as_of)
        .where(t.snapshot.c.season == season)
        .order_by(t.snapshot.c.as_of.desc())
    )
    return wire.Briefing(
        season=msgspec.structs.replace(seasons.get(connection, season), recipients=()),
        unit=wire.Unit(
            code=row.code, name=row.name, liaison=row.liaison_name, liaison_phone=row.liaison_phone
        ),
        staff=tuple(p.name for p in everybody if p.is_here),
        list_as_of=connection.execute(newest.limit(1)).scalar() or "",
        teacher=wire.Teacher(id=staff, name=names[staff]) if staff in names else msgspec.UNSET,
        renamed={p.name: names[p.merged_into] for p in everybody if p.merged_into in names}
        or msgspec.UNSET,
    )


def device_names(connection: Connection, season: str) -> dict[str, str]:
    """The teacher's name by the id of a phone, and what an office device is called."""
    c = PLACES.c
    joined = PLACES.outerjoin(t.staff, c.staff == t.staff.c.id)
    query = select(c.id, c.kind, c.name.label("own"), t.staff.c.name).select_from(joined)
    rows = connection.execute(query.where(c.season == season))
    named = {r.id: r.own if r.kind else r.name for r in rows}
    return {device: name for device, name in named.items() if name}


def visitors(connection: Connection, fact_ids: Sequence[str]) -> dict[str, str]:
    """The id of the teacher who visited, of those of these records that come from paper."""
    f, found = t.fact.c, dict[str, str]()
    for part in parts(fact_ids):
        query = select(f.id, f.visited_by).where(f.id.in_(part), f.visited_by != "")
        found |= {row.id: row.visited_by for row in connection.execute(query)}
    return found


def visitor_names(
    connection: Connection, season: str, facts: Sequence[StoredFact]
) -> dict[str, str]:
    """The name of the teacher whose record each fact is, by its id: whose phone, or whose sheet."""
    phones, staff = device_names(connection, season), staff_names(connection, season)
    went = visitors(connection, [one.fact.id for one in facts])
    return {
        one.fact.id: staff.get(went[one.fact.id], "")
        if one.fact.id in went
        else phones.get(one.device, "")
        for one in facts
    }
