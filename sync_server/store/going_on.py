"""Teachers and phones go on into the season that opens.

Their rows of the season before stay: whoever reads that season finds who was whom. A teacher gets
a row of the new season that names the one before; a phone keeps its row, key, token and chain, and
its place in the season before is noted (store/device_seasons.py). Who was at a school that was
merged since goes on at the one that has its people.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal

import msgspec
from sqlalchemy import Connection, func, select, update

from shared import spelling
from sync_server.store import device_seasons, schools_now, units
from sync_server.store import tables as t
from sync_server.store.device_seasons import CONFIRMED, PENDING, PLACES, REVOKED
from sync_server.store.ids import new_id
from sync_server.store.rows import as_struct
from sync_server.store.units import Staff

NO_SCHOOL: Final = "school"
RETIRED: Final = "retired"
LEFT: Final = "left"
NOT_MOVED: Final = "not_moved"
Why = Literal["school", "retired", "left", "not_moved"]
"""Why a phone stayed in its season: the new one has no such school, or it was retired; or the
teacher left; or it came after the opening, or a version that moved nobody opened the season."""


class GoneOn(msgspec.Struct, frozen=True, kw_only=True):
    """What went on at an opening. `came_back`: phones that were in this season before."""

    source: str = ""
    teachers: int = 0
    phones: int = 0
    came_back: int = 0


class Stays(msgspec.Struct, frozen=True, kw_only=True):
    """A phone that did not go on, with its school and teacher of the season before.

    `unit`: the school that it would go on to, which is another one where its own was merged.
    """

    device: str
    name: str
    season: str
    unit: str
    school: str
    teacher: str
    staff: str
    why: Why


def source(connection: Connection, season: str) -> str:
    """Return the newest season before this one that had phones, else teachers; "" for none."""
    for c, phones in ((PLACES.c, PLACES.c.kind == ""), (t.staff.c, t.staff.c.role != "")):
        newest = select(func.max(c.season)).where(c.season < season, phones)
        if found := connection.execute(newest).scalar():
            return str(found)
    return ""


def carry(connection: Connection, season: str) -> GoneOn:
    """Move teachers and phones into a season that opens; done again, it moves who came since.

    Phones that were in this season before come back as they were: a season that is opened again.
    """
    came_back = _bring_back(connection, season)
    of = source(connection, season)
    if not of:
        return GoneOn(came_back=came_back)
    added, people = _teachers(connection, of, season)
    ready = _ready(connection, of, people)
    device_seasons.keep(connection, list(ready))
    d = t.device.c
    for device_id, to in ready.items():
        place = {"season": season, "unit": to.unit, "staff": to.id, "state": PENDING}
        place["confirmed_at"] = ""
        connection.execute(update(t.device).where(d.id == device_id).values(**place))
    return GoneOn(source=of, teachers=added, phones=len(ready), came_back=came_back)


def waiting(connection: Connection, season: str, unit: str) -> list[str]:
    """Return the phones of a school that went on into this season and wait for its liaison.

    Not those of a teacher who left, nor those enrolled anew: somebody looks at each of these.
    """
    d, p, s = t.device.c, t.device_season.c, t.staff.c
    confirmed = select(p.device).where(p.device == d.id, p.state == CONFIRMED).exists()
    query = (
        select(d.id)
        .join_from(t.device, t.staff, d.staff == s.id)
        .where(d.season == season, d.unit == unit, d.state == PENDING, s.left_at == "", confirmed)
        .order_by(d.id)
    )
    return list(connection.execute(query).scalars())


def bring(connection: Connection, phone: Stays, season: str) -> None:
    """Move a phone that stayed into this season, as its teacher's; it waits there.

    Raises: ProblemError staff.name_left, staff.name_merged.
    """
    known = _by_school(connection, season).get(phone.unit, [])
    school = _School(connection, season, phone.unit, known)
    row = connection.execute(select(t.staff).where(t.staff.c.id == phone.staff)).mappings().one()
    person = as_struct(row, Staff)
    staff = school.row_of(person)
    to = staff.id if staff else units.put_teacher(connection, season, phone.unit, person.name)
    place = {"season": season, "unit": phone.unit, "staff": to}
    device_seasons.go(connection, phone.device, {**place, "state": PENDING, "confirmed_at": ""})


def staying(connection: Connection, season: str) -> list[Stays]:
    """Return the phones of the season before that did not go on into this one, with the reason."""
    of = source(connection, season)
    here, retired = (
        schools_now.of_season(connection, season),
        schools_now.retired(connection, season, of),
    )
    schools = units.unit_names(connection, of)
    d, s = t.device.c, t.staff.c
    query = (
        select(d.id, d.name, d.unit, d.staff, s.name.label("teacher"), s.left_at)
        .join_from(t.device, t.staff, d.staff == s.id)
        .where(d.season == of, d.kind == "", d.state != REVOKED)
        .order_by(d.unit, s.name, d.id)
    )

    def why(unit: str, left_at: str) -> Why:
        if unit not in here:
            return RETIRED if unit in retired else NO_SCHOOL
        return LEFT if left_at else NOT_MOVED

    return [
        Stays(
            device=row.id,
            name=row.name,
            season=of,
            unit=here.get(row.unit, row.unit),
            school=schools.get(row.unit, row.unit),
            teacher=row.teacher,
            staff=row.staff,
            why=why(row.unit, row.left_at),
        )
        for row in connection.execute(query)
    ]


def may_have_unsent(connection: Connection, device_id: str, season: str) -> bool:
    """Whether a phone may hand in records of a season, noted where its teacher was there.

    A phone that is enrolled with a new key has no place of before: this gives it one.
    """
    now = device_seasons.rows(connection, device_id)
    if any(row["season"] == season for row in now):
        return True
    here = next(row for row in now if not row["now_in"])
    unit, staff = str(here["unit"]), str(here["staff"])
    mine = _same(connection, staff, season, unit)
    if mine:
        there = select(t.staff.c.unit).where(t.staff.c.id == mine)
        was = str(connection.execute(there).scalar_one())
        device_seasons.put(connection, device_id, season, was, mine)
    return bool(mine)


def _same(connection: Connection, staff: str, season: str, unit: str) -> str:
    """Return the row that a teacher of a school has in another season; "" for none."""
    s = t.staff.c
    own = connection.execute(select(s.name, s.before).where(s.id == staff)).one()
    linked = select(s.id).where(s.season == season, (s.id == own.before) | (s.before == staff))
    found = connection.execute(linked).scalar()
    if found is None:
        named = units.named(connection, season, unit, own.name)
        found = (named.merged_into or named.id) if named else ""
    return str(found)


def _bring_back(connection: Connection, season: str) -> int:
    c = PLACES.c
    query = select(PLACES).where(
        c.season == season, c.now_in != "", c.kind == "", c.state != REVOKED
    )
    rows = list(connection.execute(query).mappings())
    for row in rows:
        names = ("season", "unit", "staff", "state", "confirmed_at")
        device_seasons.go(connection, row["id"], {name: str(row[name]) for name in names})
    return len(rows)


def _ready(connection: Connection, of: str, people: Mapping[str, Staff]) -> dict[str, Staff]:
    """Return the phones of a season that go on, each with its teacher's row of the new one."""
    d = t.device.c
    query = select(d.id, d.staff).where(d.season == of, d.kind == "", d.state != REVOKED)
    rows = connection.execute(query.order_by(d.id))
    return {row.id: people[row.staff] for row in rows if row.staff in people}


def _teachers(connection: Connection, of: str, season: str) -> tuple[int, dict[str, Staff]]:
    """Give the teachers who are there a row of the new season.

    Returns:
        How many rows were made, and the new row of each teacher who goes on by the one before.
    """
    added, people = 0, dict[str, Staff]()
    before, there = (_by_school(connection, one) for one in (of, season))
    leads_to = schools_now.of_season(connection, season)
    for unit in units.units(connection, season):
        # the school's own first: a namesake of a merged one is marked with the school's name
        merged = sorted(c for c, to in leads_to.items() if to == unit.code and c != unit.code)
        school = _School(connection, season, unit.code, there.get(unit.code, []))
        for code in (unit.code, *merged):
            _go_on(school, before.get(code, []), people)
        added += school.added
    return added, people


def _go_on(school: _School, before: Iterable[Staff], people: dict[str, Staff]) -> None:
    """Let those of a school of the season before who are there go on at this one."""
    for person in (p for p in before if p.is_here):
        if row := school.row_of(person):
            people[person.id] = row
    for person in (p for p in before if p.merged_into in people):
        school.also_called(person, people[person.merged_into].id)


def _by_school(connection: Connection, season: str) -> dict[str, list[Staff]]:
    found: dict[str, list[Staff]] = {}
    query = select(t.staff).where(t.staff.c.season == season).order_by(t.staff.c.name)
    for row in connection.execute(query).mappings():
        found.setdefault(row["unit"], []).append(as_struct(row, Staff))
    return found


class _School:
    """The teachers of a school in the season that opens, some of whom may be there already."""

    def __init__(self, connection: Connection, season: str, unit: str, known: list[Staff]) -> None:
        self._connection, self._unit = connection, unit
        self._of = {"season": season, "unit": unit, "role": "teacher"}
        self._by_id = dict[str, Staff]()
        self._by_name, self._linked = dict[str, Staff](), dict[str, Staff]()
        for person in known:
            self._note(person)
        self.added = 0

    def row_of(self, person: Staff) -> Staff | None:
        """Return the row of a teacher of the season before, made when new; None who left here."""
        found = self._linked.get(person.id) or self._namesake(person)
        if found is None:
            self.added += 1
            return self._add(self._free(person), before=person.id)
        found = self._by_id.get(found.merged_into, found)
        if found.left_at:
            return None
        if not found.before:
            link = update(t.staff).where(t.staff.c.id == found.id).values(before=person.id)
            self._connection.execute(link)
            found = msgspec.structs.replace(found, before=person.id)
            self._note(found)
        return found

    def also_called(self, person: Staff, row: str) -> None:
        """Keep an earlier name of a teacher who went on, unless somebody here has it."""
        if spelling.name_key(person.name) not in self._by_name:
            self._add(person.name, merged_into=row)

    def _namesake(self, person: Staff) -> Staff | None:
        """Return who is here under this name; a namesake from another school is somebody else."""
        found = self._by_name.get(spelling.name_key(person.name))
        if found is not None and person.unit != self._unit:
            teacher = self._by_id.get(found.merged_into, found)
            if teacher.before not in ("", person.id):
                return None
        return found

    def _free(self, person: Staff) -> str:
        """Return the name for a new row: marked with the school's where somebody here has it."""
        name, n = person.name, 1
        while spelling.name_key(name) in self._by_name:
            school = units.every_name(self._connection).get(person.unit, person.unit)
            name = f"{person.name}({school}{n if n > 1 else ''})"
            n += 1
        return name

    def _add(self, name: str, **more: str) -> Staff:
        row = {"id": new_id(), "name": name, **self._of, **more}
        self._connection.execute(t.staff.insert(), row)
        made = Staff(**{key: row.get(key, "") for key in Staff.__struct_fields__})
        self._note(made)
        return made

    def _note(self, person: Staff) -> None:
        self._by_id[person.id] = self._by_name[spelling.name_key(person.name)] = person
        if person.before:
            self._linked[person.before] = person
