"""Assign cases to teachers: by hand, or evenly with each village kept together."""

from __future__ import annotations

from collections.abc import Sequence

from shared.problems import ProblemError
from sync_server.services import Services
from sync_server.store import audit, cases, units
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
        ProblemError: staff.unknown.
    """
    settings = services.settings

    def job(connection: Connection) -> int:
        found = cases.rows(connection, services.season, ids=case_ids)
        own = {
            u
            for u in {r["unit"] for r in found}
            if staff_id in {p.id for p in units.staff_of(connection, services.season, u)}
        }
        if not own:
            raise ProblemError("staff.unknown")
        chosen = [r["id"] for r in found if r["unit"] in own]
        moved = cases.assign(connection, services.season, chosen, staff_id)
        if moved:
            audit.note(
                connection,
                at=settings.now_text(),
                who=who,
                action="case.assign",
                ref=staff_id,
                detail=str(moved),
            )
        return moved

    return services.change(job)


def assign_evenly(services: Services, unit: str, *, who: str) -> int:
    """Split a school's unassigned cases over its teachers.

    Returns:
        How many cases were assigned.

    Raises:
        ProblemError: staff.none when the school has no teacher.
    """
    settings = services.settings

    def job(connection: Connection) -> int:
        teachers = [p.id for p in units.staff_of(connection, services.season, unit)]
        if not teachers:
            raise ProblemError("staff.none", unit=unit)
        found = cases.rows(connection, services.season, unit=unit)
        load = {teacher: sum(1 for r in found if r["assignee"] == teacher) for teacher in teachers}
        villages: dict[str, list[str]] = {}
        for row in found:
            if not row["assignee"]:
                villages.setdefault(cases.case_of(row).village, []).append(row["id"])
        moved = 0
        for teacher, case_ids in split(villages, load).items():
            moved += cases.assign(connection, services.season, case_ids, teacher)
        if moved:  # pressed twice, there is nothing left to note
            audit.note(
                connection,
                at=settings.now_text(),
                who=who,
                action="case.assign",
                unit=unit,
                detail=str(moved),
            )
        return moved

    return services.change(job)


def split(villages: dict[str, list[str]], load: dict[str, int]) -> dict[str, list[str]]:
    """Distribute villages over teachers: the largest village first, to whoever has fewest cases.

    Args:
        villages: Case ids by village; a village is never divided.
        load: Cases each teacher already has, by staff id.

    Returns:
        Case ids by staff id.
    """
    given: dict[str, list[str]] = {teacher: [] for teacher in load}
    for village in sorted(villages, key=lambda v: (-len(villages[v]), v)):
        teacher = min(sorted(load), key=lambda s: load[s] + len(given[s]))
        given[teacher] += villages[village]
    return given
