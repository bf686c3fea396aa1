"""Teachers of a school, with a phone or without: add, rename, merge, leave, bring back."""

from __future__ import annotations

import re
from collections.abc import Callable

from shared import spelling
from shared.problems import ProblemError
from sync_server.services import Services
from sync_server.store import audit, devices, teachers
from sync_server.store.database import Connection

LONGEST_NAME = 40
"""Characters of a teacher's name with its mark: as many as an enrolment code's form takes
(console/pages/phones.py)."""
_BETWEEN = re.compile(r"[、,，;；\r\n\t]+")


def names_of(text: str) -> list[str]:
    """Return the names somebody typed, one or several, each once.

    Raises:
        ProblemError: fact.field_missing, request.text_too_long.
    """
    names = list(dict.fromkeys(filter(None, map(spelling.name, _BETWEEN.split(text)))))
    if not names:
        raise ProblemError("fact.field_missing", field="老师姓名")
    if any(len(name) > LONGEST_NAME for name in names):
        raise ProblemError("request.text_too_long", longest=LONGEST_NAME)
    return names


def add(services: Services, unit: str, text: str, *, who: str) -> int:
    """Add teachers by name, all of them or none.

    Args:
        services: The server's services.
        unit: The school.
        text: A name, or several with 、 or line ends between them.
        who: The account that does it, for the audit trail.

    Returns:
        How many were added.

    Raises:
        ProblemError: fact.field_missing, request.text_too_long, staff.name_known, staff.name_left,
            staff.name_merged.
    """
    names = names_of(text)

    def job(connection: Connection) -> int:
        for name in names:
            made = teachers.add(connection, services.season, unit, name)
            _note(connection, services, unit, "staff.add", made, who, name)
        return len(names)

    return services.change(job)


def rename(services: Services, unit: str, staff_id: str, text: str, *, who: str) -> None:
    """Correct a teacher's name; phones, people and records stay with the teacher.

    Raises:
        ProblemError: fact.field_missing, request.text_too_long, staff.unknown, staff.name_known,
            staff.name_left, staff.name_merged.
    """
    name = names_of(text)[0]

    def job(connection: Connection) -> None:
        before = teachers.rename(connection, services.season, unit, staff_id, name)
        if before:
            detail = f"{before} → {name}"
            _note(connection, services, unit, "staff.rename", staff_id, who, detail)

    services.change(job)


def merge(services: Services, unit: str, wrong: str, right: str, *, who: str) -> int:
    """Merge a teacher who was entered twice into the right one; return how many people went over.

    Raises:
        ProblemError: staff.unknown, staff.same, staff.left.
    """

    def job(connection: Connection) -> int:
        of = services.season
        if wrong != right and teachers.present_ids(connection).get(wrong) == right:
            return 0  # pressed twice
        name = teachers.find(connection, of, unit, wrong).name
        moved = teachers.merge(connection, of, unit, wrong, right)
        into = teachers.find(connection, of, unit, right).name
        _note(connection, services, unit, "staff.merge", wrong, who, f"{name} → {into}")
        return moved

    return services.change(job)


def leave(
    services: Services, unit: str, staff_id: str, *, who: str, stop_phones: bool = False
) -> None:
    """Note that a teacher left the school: no more people, and no phone in the next season.

    Args:
        services: The server's services.
        unit: The school.
        staff_id: The teacher.
        who: The account that does it, for the audit trail.
        stop_phones: Whether the teacher's phones are stopped now; else they may still hand in what
            they have, until somebody stops them.

    Raises:
        ProblemError: staff.unknown.
    """
    now = services.settings.now_text()

    def act(connection: Connection) -> bool:
        left = teachers.leave(connection, services.season, unit, staff_id, now)
        for device_id in devices.of_staff(connection, staff_id) if stop_phones else ():
            devices.revoke(connection, device_id)
            _note(connection, services, unit, "phone.revoke", device_id, who, "")
        return left

    _change(services, unit, staff_id, act, "staff.leave", who)


def bring_back(services: Services, unit: str, staff_id: str, *, who: str) -> None:
    """Take a teacher back who had left.

    Raises:
        ProblemError: staff.unknown.
    """
    _change(
        services,
        unit,
        staff_id,
        lambda c: teachers.bring_back(c, services.season, unit, staff_id),
        "staff.back",
        who,
    )


def keep(services: Services, unit: str, staff_id: str, *, who: str) -> None:
    """Leave the people of a teacher where they are: they are offered to nobody.

    Raises:
        ProblemError: staff.unknown.
    """
    _change(
        services,
        unit,
        staff_id,
        lambda c: teachers.close_offer(c, staff_id),
        "staff.keep",
        who,
    )


def _change(
    services: Services,
    unit: str,
    staff_id: str,
    act: Callable[[Connection], bool],
    action: str,
    who: str,
) -> None:
    def job(connection: Connection) -> None:
        name = teachers.find(connection, services.season, unit, staff_id).name
        if act(connection):  # pressed twice, there is nothing left to note
            _note(connection, services, unit, action, staff_id, who, name)

    services.change(job)


def _note(
    connection: Connection,
    services: Services,
    unit: str,
    action: str,
    staff_id: str,
    who: str,
    detail: str,
) -> None:
    audit.note(
        connection,
        at=services.settings.now_text(),
        who=who,
        action=action,
        ref=staff_id,
        unit=unit,
        detail=detail,
    )
