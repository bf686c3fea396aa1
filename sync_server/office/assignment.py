"""Assign cases to teachers: by hand, by village, or evenly with each village kept together.

What is asked for by village or evenly is shown first (`preview`), and carried out only while it
comes to the same (`carry_out`). The last assignment of a school can be undone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shared.problems import ProblemError
from sync_server.office.assignment_plan import (
    Asked,
    Preview,
    by_village,
    people_of,
    plan,
    split,
)
from sync_server.services import Services
from sync_server.store import assignments, audit, cases, teachers, units
from sync_server.store.assignments import EVEN, HAND, VILLAGE, Undone
from sync_server.store.database import Connection


def assign(services: Services, case_ids: Sequence[str], staff_id: str, *, who: str) -> int:
    """Give cases to a teacher of the school they belong to; who moved meanwhile is left out.

    Args:
        services: The server's services.
        case_ids: The cases, all of one school.
        staff_id: The teacher's id.
        who: The account that does it, for the audit trail.

    Returns:
        How many cases changed their teacher.

    Raises:
        ProblemError: staff.unknown, staff.left.
    """

    def job(connection: Connection) -> int:
        found = cases.rows(connection, services.season, ids=case_ids)
        unit = next(
            (
                u
                for u in sorted({r["unit"] for r in found})
                if any(p.id == staff_id for p in units.known_staff(connection, services.season, u))
            ),
            "",
        )
        staff = teachers.find_here(connection, services.season, unit, staff_id).id
        return _give(connection, services, unit, {staff: list(case_ids)}, how=HAND, who=who)

    return services.change(job)


def assign_evenly(services: Services, unit: str, *, who: str) -> int:
    """Split a school's unassigned cases over its teachers.

    Returns:
        How many cases were assigned.

    Raises:
        ProblemError: staff.none when the school has no teacher.
    """

    def job(connection: Connection) -> int:
        found = plan(connection, services.season, unit, Asked(how=EVEN))
        return _give(connection, services, unit, found.given, how=EVEN, who=who)

    return services.change(job)


def assign_village(services: Services, unit: str, village: str, teacher: str, *, who: str) -> int:
    """Give a whole village to a teacher, by name; return how many changed their teacher.

    Raises:
        ProblemError: staff.unknown, staff.left.
    """

    def job(connection: Connection) -> int:
        named = units.named(connection, services.season, unit, teacher)
        if named is None:
            raise ProblemError("staff.unknown")
        villages = {village: named.merged_into or named.id}
        asked = Asked(how=VILLAGE, villages=villages, everyone=True)
        found = plan(connection, services.season, unit, asked)
        return _give(connection, services, unit, found.given, how=VILLAGE, who=who)

    return services.change(job)


def preview(services: Services, unit: str, asked: Asked) -> Preview:
    """Return who would get how many.

    Raises:
        ProblemError: staff.none, staff.unknown, staff.left.
    """
    return services.database.read(lambda c: plan(c, services.season, unit, asked))


def carry_out(services: Services, unit: str, asked: Asked, digest: str, *, who: str) -> int:
    """Do what a preview showed; asked for twice, it is done once.

    Args:
        services: The server's services.
        unit: The school.
        asked: What was asked for.
        digest: The preview's.
        who: The account that does it, for the audit trail.

    Returns:
        How many people changed their teacher.

    Raises:
        ProblemError: assignment.changed, staff.none, staff.unknown, staff.left.
    """

    def job(connection: Connection) -> int:
        last = assignments.newest(connection, services.season, unit)
        if last is not None and last.of.plan == digest:
            return last.people  # pressed twice
        found = plan(connection, services.season, unit, asked)
        if found.digest != digest:
            raise ProblemError("assignment.changed")
        return _give(
            connection, services, unit, found.given, how=asked.how, who=who, digest=found.digest
        )

    return services.change(job)


def reassign(services: Services, unit: str, staff_id: str, to: str, *, who: str) -> int:
    """Give all people of a teacher who is gone, or whose phone is, to others.

    Args:
        services: The server's services.
        unit: The school.
        staff_id: The teacher who has them.
        to: The teacher who gets them; "" to split them evenly over the others.
        who: The account that does it, for the audit trail.

    Returns:
        How many people changed their teacher.

    Raises:
        ProblemError: staff.unknown, staff.left, staff.none.
    """

    def job(connection: Connection) -> int:
        season = services.season
        gone = teachers.find(connection, season, unit, staff_id)
        people = people_of(connection, season, unit)
        theirs = [p for p in people if p.assignee == staff_id]
        if to:
            chosen = teachers.find_here(connection, season, unit, to).id
            given = {chosen: [p.id for p in theirs]}
        else:
            others = [p.id for p in units.staff_of(connection, season, unit) if p.id != staff_id]
            if not others:
                raise ProblemError("staff.none", unit=unit)
            load = {other: sum(p.assignee == other for p in people) for other in others}
            given = split(by_village(theirs), load)
        teachers.close_offer(connection, staff_id)
        how = gone.offered or HAND
        return _give(connection, services, unit, given, how=how, who=who)

    return services.change(job)


def undo(services: Services, unit: str, assignment_id: str, *, who: str) -> Undone:
    """Undo a school's last assignment; who was moved again since stays.

    Raises:
        ProblemError: assignment.not_last.
    """
    return services.change(lambda c: _undo(c, services, unit, assignment_id, who))


def undo_last(services: Services, unit: str, *, who: str) -> Undone:
    """Undo a school's last assignment, whichever it is.

    Raises:
        ProblemError: assignment.not_last where there is none.
    """
    return services.change(lambda c: _undo(c, services, unit, "", who))


def _undo(
    connection: Connection, services: Services, unit: str, assignment_id: str, who: str
) -> Undone:
    at = services.settings.now_text()
    last = assignments.newest(connection, services.season, unit)
    if last is None or (assignment_id and last.of.id != assignment_id):
        raise ProblemError("assignment.not_last")
    done = assignments.undo(connection, services.season, last.of, at=at, who=who)
    if done is None:
        raise ProblemError("assignment.not_last")
    audit.note(
        connection,
        at=at,
        who=who,
        action="case.assign_undo",
        ref=last.of.id,
        unit=unit,
        detail=str(done.back),
    )
    return done


def _give(
    connection: Connection,
    services: Services,
    unit: str,
    given: Mapping[str, Sequence[str]],
    *,
    how: str,
    who: str,
    digest: str = "",
) -> int:
    at = services.settings.now_text()
    moved = assignments.carry_out(
        connection, services.season, unit, given, how=how, at=at, who=who, plan=digest
    )
    if moved:  # pressed twice, there is nothing left to note
        ref = next(iter(given)) if len(given) == 1 else ""
        audit.note(
            connection,
            at=at,
            who=who,
            action="case.assign",
            ref=ref,
            unit=unit,
            detail=str(moved),
        )
    return moved
