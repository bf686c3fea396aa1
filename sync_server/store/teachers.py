"""Teachers of a school, with a phone or without: renamed, merged, gone; whose people are offered.

An earlier name stays as a row of its own that names the present one (`merged_into`), so that it
is known whose it was and nobody else gets it by mistake.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec
from sqlalchemy import Connection, func, select, update

from shared.problems import ProblemError
from sync_server.store import cases, feed, units
from sync_server.store import tables as t
from sync_server.store.device_seasons import PLACES
from sync_server.store.devices import REVOKED
from sync_server.store.ids import new_id
from sync_server.store.on_list import ON_LIST
from sync_server.store.units import Staff

Offered = Literal["", "phone", "left"]
"""Why a teacher's people are offered to others: not, the last phone was stopped, the teacher left.
"""
PHONE: Final = "phone"
LEFT: Final = "left"


class Teacher(msgspec.Struct, frozen=True, kw_only=True):
    """A teacher of a school.

    Attributes:
        id: The id.
        name: The present name.
        left_at: When the teacher left (UTC ISO); "" while here.
        former: Earlier and merged names.
    """

    id: str
    name: str
    left_at: str = ""
    former: tuple[str, ...] = ()

    @property
    def is_here(self) -> bool:
        """Whether people can be given to this teacher."""
        return not self.left_at


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """People of a teacher who are offered to others.

    Attributes:
        id: The teacher's id.
        name: The teacher's name.
        why: PHONE or LEFT.
        people: How many are with the teacher.
        unpaid: How many of them have not repaid.
        has_phone: Whether the teacher ever had a phone.
        seen_at: When a phone of the teacher was last heard of (UTC ISO); "" for never.
    """

    id: str
    name: str
    why: Offered
    people: int
    unpaid: int
    has_phone: bool = False
    seen_at: str = ""


def listed(connection: Connection, season: str, unit: str) -> list[Teacher]:
    """Return a school's teachers by name, those who left last."""
    everybody = units.known_staff(connection, season, unit)
    former: dict[str, list[str]] = {}
    for person in everybody:
        if person.merged_into:
            former.setdefault(person.merged_into, []).append(person.name)
    found = [
        Teacher(id=p.id, name=p.name, left_at=p.left_at, former=tuple(former.get(p.id, ())))
        for p in everybody
        if not p.merged_into
    ]
    return sorted(found, key=lambda teacher: (bool(teacher.left_at), teacher.name))


def find(connection: Connection, season: str, unit: str, staff_id: str) -> Staff:
    """Return a teacher of a school; an earlier name stands for nobody.

    Raises:
        ProblemError: staff.unknown.
    """
    for person in units.known_staff(connection, season, unit):
        if person.id == staff_id and not person.merged_into:
            return person
    raise ProblemError("staff.unknown")


def find_here(connection: Connection, season: str, unit: str, staff_id: str) -> Staff:
    """Return a teacher of a school whom people can be given to.

    Raises:
        ProblemError: staff.unknown, staff.left.
    """
    found = find(connection, season, unit, staff_id)
    if found.left_at:
        raise ProblemError("staff.left", name=found.name)
    return found


def add(connection: Connection, season: str, unit: str, name: str) -> str:
    """Add a teacher; return the id.

    Raises:
        ProblemError: staff.name_known, staff.name_left, staff.name_merged.
    """
    _check_free(connection, season, unit, name)
    return units.add_teacher(connection, season, unit, name)


def _check_free(connection: Connection, season: str, unit: str, name: str, own: str = "") -> None:
    """Refuse a name that another teacher of the school has, had, or is known by."""
    found = units.named(connection, season, unit, name)
    if found is None or (own and own in (found.id, found.merged_into)):
        return
    units.check_is_here(connection, found)
    raise ProblemError("staff.name_known", name=found.name)


def rename(connection: Connection, season: str, unit: str, staff_id: str, name: str) -> str:
    """Correct a teacher's name; the one before stays known as an earlier one.

    Returns:
        The name before; "" where it was this one already.

    Raises:
        ProblemError: staff.unknown, staff.name_known, staff.name_left, staff.name_merged.
    """
    before = find(connection, season, unit, staff_id)
    if before.name == name:
        return ""
    _check_free(connection, season, unit, name, staff_id)
    s = t.staff.c
    again = (s.season == season) & (s.unit == unit) & (s.name == name)
    earlier = connection.execute(select(s.id).where(again, s.merged_into == staff_id)).scalar()
    if earlier is None:
        earlier = new_id()
        row = {"id": earlier, "season": season, "unit": unit, "role": before.role}
        connection.execute(t.staff.insert(), {**row, "name": earlier, "merged_into": staff_id})
    # a name is unique in its school: the earlier one is set aside while the two change places
    for row_id, text in ((earlier, earlier), (staff_id, name), (earlier, before.name)):
        connection.execute(update(t.staff).where(s.id == row_id).values(name=text))
    feed.advance(connection, unit, [feed.Line(kind="briefing")])
    return before.name


def merge(connection: Connection, season: str, unit: str, wrong: str, right: str) -> int:
    """Merge a teacher who was entered twice into the right one.

    People, phones and codes go over, and with the phones their records. Every phone of either then
    has the people of both, by the change feed. Records are as they were signed.

    Args:
        connection: The database.
        season: The season.
        unit: The school.
        wrong: The entry that was made by mistake.
        right: The teacher it stands for.

    Returns:
        How many people went over.

    Raises:
        ProblemError: staff.unknown, staff.same, staff.left.
    """
    if wrong == right:
        raise ProblemError("staff.same")
    find(connection, season, unit, wrong)
    find_here(connection, season, unit, right)
    c = t.case_file.c
    own = (c.season == season) & (c.assignee == wrong)
    moved = connection.execute(update(t.case_file).where(own).values(assignee=right)).rowcount
    # A record from paper is the visiting teacher's by this column; its signed bytes stay.
    theirs = (
        t.device.c.staff,
        t.device_season.c.staff,
        t.enrol_code.c.staff,
        t.change.c.staff,
        t.fact.c.visited_by,
    )
    for column in theirs:
        query = update(column.table).where(column == wrong)
        connection.execute(query.values({column: right}))
    for column in (t.assignment_move.c.before, t.assignment_move.c.after):
        connection.execute(update(t.assignment_move).where(column == wrong).values({column: right}))
    s = t.staff.c
    names = (s.id == wrong) | (s.merged_into == wrong)
    gone = {"merged_into": right, "left_at": "", "offered": ""}
    connection.execute(update(t.staff).where(names).values(**gone))
    both = cases.rows(connection, season, unit=unit, assignee=right)
    cases.mark_changed(connection, unit, [row["id"] for row in both])
    feed.advance(connection, unit, [feed.Line(kind="briefing")])
    return moved


def leave(connection: Connection, season: str, unit: str, staff_id: str, now: str) -> bool:
    """Note that a teacher left: no more people, open codes end, the people there are offered.

    Phones stay as they are: what they have not sent still comes in.

    Returns:
        False where the teacher had left before.

    Raises:
        ProblemError: staff.unknown.
    """
    find(connection, season, unit, staff_id)
    c = t.staff.c
    here = (c.id == staff_id) & (c.left_at == "")
    values = {"left_at": now, "offered": LEFT}
    if not connection.execute(update(t.staff).where(here).values(**values)).rowcount:
        return False
    code = t.enrol_code.c
    connection.execute(t.enrol_code.delete().where(code.staff == staff_id, code.used_at == ""))
    feed.advance(connection, unit, [feed.Line(kind="briefing")])
    return True


def bring_back(connection: Connection, season: str, unit: str, staff_id: str) -> bool:
    """Take a teacher back who left; False where the teacher is here.

    Raises:
        ProblemError: staff.unknown.
    """
    find(connection, season, unit, staff_id)
    c = t.staff.c
    gone = (c.id == staff_id) & (c.left_at != "")
    values = {"left_at": "", "offered": ""}
    if not connection.execute(update(t.staff).where(gone).values(**values)).rowcount:
        return False
    feed.advance(connection, unit, [feed.Line(kind="briefing")])
    return True


def close_offer(connection: Connection, staff_id: str) -> bool:
    """Offer a teacher's people no longer; False where they were not offered."""
    c = t.staff.c
    open_one = (c.id == staff_id) & (c.offered != "")
    return bool(connection.execute(update(t.staff).where(open_one).values(offered="")).rowcount)


def offers(connection: Connection, season: str, unit: str) -> list[Offer]:
    """Return whose people are offered: who left, and whose last phone was stopped."""
    phones = _phones(connection, season, unit)
    people = _people(connection, season, unit)
    found = []
    for person in units.known_staff(connection, season, unit):
        count, unpaid = people.get(person.id, (0, 0))
        own = phones.get(person.id, [])
        in_use = any(state != REVOKED for state, _ in own)
        if not (count and person.offered) or (person.offered == PHONE and in_use):
            continue
        found.append(
            Offer(
                id=person.id,
                name=person.name,
                why=LEFT if person.offered == LEFT else PHONE,
                people=count,
                unpaid=unpaid,
                has_phone=bool(own),
                seen_at=max((seen_at for _, seen_at in own), default=""),
            )
        )
    return found


def _phones(connection: Connection, season: str, unit: str) -> dict[str, list[tuple[str, str]]]:
    """State and last contact of each phone, by teacher."""
    c, found = PLACES.c, dict[str, list[tuple[str, str]]]()
    query = select(c.staff, c.state, c.seen_at).where(c.season == season, c.unit == unit)
    for row in connection.execute(query):
        found.setdefault(row.staff, []).append((row.state, row.seen_at))
    return found


def _people(connection: Connection, season: str, unit: str) -> dict[str, tuple[int, int]]:
    """How many listed people each teacher has, and how many of them have not repaid."""
    c = t.case_file.c
    query = (
        select(c.assignee, c.paid, func.count().label("n"))
        .where(c.season == season, c.unit == unit, c.assignee != "", ON_LIST)
        .group_by(c.assignee, c.paid)
    )
    found: dict[str, tuple[int, int]] = {}
    for row in connection.execute(query):
        people, unpaid = found.get(row.assignee, (0, 0))
        found[row.assignee] = people + row.n, unpaid + (0 if row.paid else row.n)
    return found


def present_ids(connection: Connection) -> dict[str, str]:
    """Return the id of the teacher by the id of each name that was merged."""
    c = t.staff.c
    rows = connection.execute(select(c.id, c.merged_into).where(c.merged_into != ""))
    return {row.id: row.merged_into for row in rows}


def follow_merges(connection: Connection, season: str) -> None:
    """Give people whom an undo brought back to a merged name to the teacher it was merged into."""
    c = t.case_file.c
    for merged, present in present_ids(connection).items():
        stale = (c.season == season) & (c.assignee == merged)
        connection.execute(update(t.case_file).where(stale).values(assignee=present))
