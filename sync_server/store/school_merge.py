"""Merge a school into another: who works there, whom they visit and what they sent go over.

Facts stay the bytes and the place in their chain that they are; which school may see them follows.
A table with a column `unit` says here what becomes of it (`STANDS`); a test asks it of new ones.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec
from sqlalchemy import Connection, Table, and_, func, select, update

from shared import spelling
from sync_server.store import feed, school_names, seasons, slip_batches, slip_stacks, units
from sync_server.store import tables as t
from sync_server.store.devices import CONFIRMED, REVOKED
from sync_server.store.on_list import ON_LIST
from sync_server.store.rows import as_struct
from sync_server.store.units import Staff, UnitRow

Stand = Literal["goes over", "stays", "handled"]
OVER: Final = "goes over"
STAYS: Final = "stays"
HANDLED: Final = "handled"

STANDS: dict[str, Stand] = {
    "account": OVER,
    "account_school": HANDLED,
    "assignment": STAYS,
    "audit": STAYS,
    "case_file": HANDLED,
    "case_standing": HANDLED,
    "change": STAYS,
    "device": HANDLED,
    "device_season": OVER,
    "enrol_code": OVER,
    "fact": OVER,
    "fact_photo": HANDLED,
    "feed": HANDLED,
    "job": STAYS,
    "keyed_form": OVER,
    "late_school": STAYS,
    "morning_look": STAYS,
    "notice_batch": STAYS,
    "quarantine": OVER,
    "school_days": HANDLED,
    "school_days_due": HANDLED,
    "school_kept": HANDLED,
    "school_kept_due": HANDLED,
    "school_list": STAYS,
    "school_sum": HANDLED,
    "search_case": HANDLED,
    "slip_batch": STAYS,
    "slip_stack": OVER,
    "staff": HANDLED,
    "spot_check": STAYS,
    "summary": STAYS,
}
"""What becomes of the rows of each table that name the merged school: the school's they are now,
history of the school that was, or moved by a function of this module. What is kept of standings
and for searches follows the people by itself (standing_triggers.py, search_triggers.py)."""


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What goes over.

    Attributes:
        people: On the list.
        teachers: Who are there.
        phones: That may send or wait to be confirmed.
        accounts: Of the school.
        records: Of the season.
        stacks: Scanned slips that somebody has still to look at.
        same_names: Teachers whose name somebody at the other school has, too.
        batches: Slips handed in that the centre has not received; they must be finished first.
    """

    people: int = 0
    teachers: int = 0
    phones: int = 0
    accounts: int = 0
    records: int = 0
    stacks: int = 0
    same_names: tuple[str, ...] = ()
    batches: int = 0


def counts(connection: Connection, season: str, unit: str, into: str) -> Counts:
    """Return what would go over."""
    d = t.device.c
    phones = and_(d.season == season, d.unit == unit, d.kind == "", d.state != REVOKED)
    c, f = t.case_file.c, t.fact.c
    return Counts(
        people=_count(connection, t.case_file, and_(c.season == season, c.unit == unit, ON_LIST)),
        teachers=len(units.staff_of(connection, season, unit)),
        phones=_count(connection, t.device, phones),
        accounts=_count(connection, t.account, t.account.c.unit == unit),
        records=_count(connection, t.fact, and_(f.season == season, f.unit == unit)),
        stacks=slip_stacks.waiting(connection, season, unit),
        same_names=tuple(p.name for p in _same_names(connection, season, unit, into) if p.is_here),
        batches=sum(b.open for b in slip_batches.listed(connection, season, unit)),
    )


def people_elsewhere(connection: Connection, season: str, unit: str) -> list[str]:
    """Return the other seasons that are not closed in which a school has people."""
    c = t.case_file.c
    return [
        row.id
        for row in seasons.states(connection)
        if row.id != season
        and row.state in ("preparing", "open")
        and _count(connection, t.case_file, and_(c.season == row.id, c.unit == unit))
    ]


def merge(
    connection: Connection, season: str, gone: UnitRow, into: UnitRow, *, at: str, who: str
) -> None:
    """Give everything of a school to another one.

    Args:
        connection: The writer's.
        season: The season.
        gone: The school that ceases.
        into: The school that has its people from now on.
        at: When (UTC ISO).
        who: Who does it.
    """
    _move_staff(connection, season, gone, into)
    _move_devices(connection, season, gone.code, into.code)
    for name, stand in STANDS.items():
        table = t.metadata.tables.get(name)
        if stand == OVER and table is not None:
            _move(connection, table, season, gone.code, into.code)
    _move_photos(connection, season, gone.code, into.code)
    if (table := t.metadata.tables.get("account_school")) is not None:
        move_account_schools(connection, table, gone.code, into.code)
    _move_people(connection, season, gone.code, into.code)
    _mark(connection, season, gone, into, at)
    for row in [gone.name, *(r.name for r in school_names.history(connection, gone.code))]:
        school_names.note(connection, into.code, row, school_names.MERGED, at=at, who=who)
    school_names.note(connection, gone.code, gone.name, school_names.NAME, at=at, who=who)


def _move(connection: Connection, table: Table, season: str, gone: str, into: str) -> None:
    here = table.c.unit == gone
    if "season" in table.c:
        here &= table.c.season == season
    connection.execute(update(table).where(here).values(unit=into))


def _move_staff(connection: Connection, season: str, gone: UnitRow, into: UnitRow) -> None:
    """Give the teachers over; one whose name is taken there is marked with the school's name."""
    s = t.staff.c
    here = (s.season == season) & s.unit.in_((into.code, gone.code))
    names = connection.execute(select(s.name).where(here)).scalars()
    taken = {spelling.name_key(name) for name in names}
    for person in _same_names(connection, season, gone.code, into.code):
        name, n = f"{person.name}({gone.name})", 1
        while spelling.name_key(name) in taken:
            n += 1
            name = f"{person.name}({gone.name}{n})"
        taken.add(spelling.name_key(name))
        connection.execute(update(t.staff).where(s.id == person.id).values(name=name))
    _move(connection, t.staff, season, gone.code, into.code)


def _same_names(connection: Connection, season: str, unit: str, into: str) -> list[Staff]:
    """Everybody of a school whose name somebody at the other one has or had."""
    found = {code: list[Staff]() for code in (unit, into)}
    s = t.staff.c
    for code, people in found.items():
        query = select(t.staff).where(s.season == season, s.unit == code).order_by(s.name)
        people += [as_struct(row, Staff) for row in connection.execute(query).mappings()]
    there = {spelling.name_key(p.name) for p in found[into]}
    return [p for p in found[unit] if spelling.name_key(p.name) in there]


def _move_devices(connection: Connection, season: str, gone: str, into: str) -> None:
    """Give the phones over; of two office devices the one of the school that stays is at work."""
    d = t.device.c
    office = (d.season == season) & (d.kind != "") & (d.state == CONFIRMED)
    if _count(connection, t.device, office & (d.unit == into)):
        connection.execute(update(t.device).where(office & (d.unit == gone)).values(state=REVOKED))
    _move(connection, t.device, season, gone, into)


def _move_photos(connection: Connection, season: str, gone: str, into: str) -> None:
    named = select(t.fact.c.id).where(t.fact.c.season == season)
    p = t.fact_photo.c
    here = (p.unit == gone) & p.fact_id.in_(named)
    connection.execute(update(t.fact_photo).where(here).values(unit=into))


def move_account_schools(connection: Connection, table: Table, gone: str, into: str) -> None:
    """Give a school of officers over; who has both keeps one row."""
    c = table.c
    both = select(c.account).where(c.unit == into)
    connection.execute(table.delete().where(c.unit == gone, c.account.in_(both)))
    connection.execute(update(table).where(c.unit == gone).values(unit=into))


def _move_people(connection: Connection, season: str, gone: str, into: str) -> None:
    """Give the people over with their codes and teachers, and announce them to every phone.

    The feed goes on above both, so that a record that comes later is later in the ledger, too.
    People who had left the merged school have left this one: a phone may still hold their records.
    """
    _raise_head(connection, into, feed.head(connection, gone))
    c = t.change.c
    left = select(c.ref, c.staff).where(c.unit == gone, c.kind == "gone").distinct()
    lines = [
        feed.Line(kind="gone", ref=row.ref, staff=row.staff)
        for row in connection.execute(left.order_by(c.ref, c.staff))
    ]
    feed.advance(connection, into, lines)
    of = t.case_file.c
    here = (of.season == season) & (of.unit == gone)
    ids = list(connection.execute(select(of.id).where(here).order_by(of.id)).scalars())
    first = feed.advance(connection, into, [feed.Line(kind="case", ref=one) for one in ids])
    for at, case_id in enumerate(ids):
        moved = {"unit": into, "version": first + at}
        connection.execute(update(t.case_file).where(of.id == case_id).values(**moved))
    feed.advance(connection, into, [feed.Line(kind="briefing")])


def _raise_head(connection: Connection, unit: str, least: int) -> None:
    feed.advance(connection, unit, [feed.Line(kind="briefing")])
    f = t.feed.c
    lower = (f.unit == unit) & (f.head < least)
    connection.execute(update(t.feed).where(lower).values(head=least))


def _mark(connection: Connection, season: str, gone: UnitRow, into: UnitRow, at: str) -> None:
    """Mark the school in every season that is not closed; the other gets its townships."""
    u = t.unit.c
    live = [
        row.id
        for row in seasons.states(connection)
        if row.id == season or row.state in ("preparing", "open")
    ]
    of = u.season.in_(live) & ((u.code == gone.code) | (u.merged_into == gone.code))
    connection.execute(update(t.unit).where(of).values(merged_into=into.code))
    connection.execute(update(t.unit).where(of & (u.code == gone.code)).values(retired_at=at))
    both = [*into.townships.split("、"), *gone.townships.split("、")]
    values = {"townships": "、".join(dict.fromkeys(filter(None, both)))}
    if not into.liaison_name:
        values |= {"liaison_name": gone.liaison_name, "liaison_phone": gone.liaison_phone}
    same = (u.season == season) & (u.code == into.code)
    connection.execute(update(t.unit).where(same).values(**values))


def _count(connection: Connection, table: Table, where: Any) -> int:
    query = select(func.count()).select_from(table).where(where)
    return int(connection.execute(query).scalar_one())
