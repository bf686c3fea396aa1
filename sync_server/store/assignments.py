"""Every assignment of people to teachers, kept so that the last one can be undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Connection, RowMapping, func, select, update

from sync_server.store import cases, teachers
from sync_server.store import tables as t
from sync_server.store.ids import new_id
from sync_server.store.parts import parts
from sync_server.store.rows import as_struct

HAND = "hand"
VILLAGE = "village"
EVEN = "even"


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """One assignment.

    Attributes:
        id: The id.
        unit: The school.
        at: When (UTC ISO).
        who: The account.
        how: HAND, VILLAGE, EVEN, or why a teacher's people were offered (store/teachers.py).
        plan: The digest of the preview it followed; "" where there was none.
        undone_at: When it was undone (UTC ISO); "" while it holds.
    """

    id: str
    unit: str
    at: str
    who: str
    how: str
    plan: str
    undone_at: str


class Newest(msgspec.Struct, frozen=True, kw_only=True):
    """The assignment that can be undone, and how many people changed their teacher by it."""

    of: Assignment
    people: int


class Undone(msgspec.Struct, frozen=True, kw_only=True):
    """How many people went back, and how many did not because they were moved again since."""

    back: int
    kept: int


def carry_out(
    connection: Connection,
    season: str,
    unit: str,
    given: Mapping[str, Sequence[str]],
    *,
    how: str,
    at: str,
    who: str,
    plan: str = "",
) -> int:
    """Give people of a school to teachers and keep what was before; return how many changed.

    Args:
        connection: The writer's.
        season: The season.
        unit: The school; people of another one are left out.
        given: Ids of cases by the teacher who gets them.
        how: As in Assignment.
        at: The time (UTC ISO).
        who: The account.
        plan: As in Assignment.
    """
    made, lines = new_id(), list[dict[str, str]]()
    for staff, wanted in given.items():
        for row in _of_school(connection, season, unit, wanted):
            if row["assignee"] != staff:
                before = row["assignee"]
                lines.append({"case_id": row["id"], "before": before, "after": staff})
    for staff in given:
        moving = [line["case_id"] for line in lines if line["after"] == staff]
        cases.assign(connection, season, moving, staff)
    if lines:
        run = {"id": made, "season": season, "unit": unit, "at": at, "who": who}
        connection.execute(t.assignment.insert(), {**run, "how": how, "plan": plan})
        of = {"assignment": made, "season": season}
        connection.execute(t.assignment_move.insert(), [{**line, **of} for line in lines])
    return len(lines)


def newest(connection: Connection, season: str, unit: str) -> Newest | None:
    """Return a school's last assignment that was not undone."""
    c, m = t.assignment.c, t.assignment_move.c
    query = select(t.assignment).where(c.season == season, c.unit == unit, c.undone_at == "")
    row = connection.execute(query.order_by(c.id.desc()).limit(1)).mappings().first()
    if row is None:
        return None
    count = select(func.count()).where(m.assignment == row["id"])
    people = connection.execute(count).scalar_one()
    return Newest(of=as_struct(row, Assignment), people=people)


def undo(
    connection: Connection, season: str, last: Assignment, *, at: str, who: str
) -> Undone | None:
    """Give the people of an assignment back, but for those who were moved again since.

    Returns:
        None where somebody else undid it at the same time.
    """
    c, m = t.assignment.c, t.assignment_move.c
    open_one = (c.id == last.id) & (c.undone_at == "")
    values = {"undone_at": at, "undone_by": who}
    if not connection.execute(update(t.assignment).where(open_one).values(**values)).rowcount:
        return None
    moves = connection.execute(select(t.assignment_move).where(m.assignment == last.id)).all()
    after = {move.case_id: move.after for move in moves}
    there = {
        row["id"]
        for row in _of_school(connection, season, last.unit, list(after))
        if row["assignee"] == after[row["id"]]
    }
    back: dict[str, list[str]] = {}
    for move in moves:
        if move.case_id in there:
            back.setdefault(move.before, []).append(move.case_id)
    for staff, case_ids in back.items():
        cases.assign(connection, season, case_ids, staff)
    _offer_again(connection, list(back), last.how)
    return Undone(back=len(there), kept=len(moves) - len(there))


def _offer_again(connection: Connection, staff: Sequence[str], how: str) -> None:
    """Offer the people of those who have left, or have no phone any more, once more."""
    c = t.staff.c
    settled = c.id.in_(staff) & (c.offered == "")
    gone = settled & (c.left_at != "")
    connection.execute(update(t.staff).where(gone).values(offered=teachers.LEFT))
    if how == teachers.PHONE:
        connection.execute(update(t.staff).where(settled).values(offered=teachers.PHONE))


def _of_school(
    connection: Connection, season: str, unit: str, case_ids: Sequence[str]
) -> list[RowMapping]:
    return [
        row
        for part in parts(case_ids)
        for row in cases.rows(connection, season, unit=unit, ids=part)
    ]
