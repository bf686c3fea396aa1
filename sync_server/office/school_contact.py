"""Enter whom a family calls to ask whether teachers came from the school: it is on every notice."""

from __future__ import annotations

from shared import identity, spelling
from shared.problems import ProblemError
from sync_server.services import Services
from sync_server.store import audit, feed, units
from sync_server.store.database import Connection

MOST_NAME = 20
"""Characters of a liaison's name: one line beside the telephone on the notice."""


def set_contact(services: Services, unit: str, name: str, phone: str, *, who: str) -> None:
    """Enter a school's liaison and the telephone; phones of its teachers get them, too.

    Args:
        services: The server's services.
        unit: The school.
        name: The liaison.
        phone: The number; a landline as 0913-1234567.
        who: Who enters it.

    Raises:
        ProblemError: unit.unknown, school.contact_missing, school.contact_long,
            school.phone_unclear, season.closed.
    """
    name, numbers = identity.normalise_name(name), spelling.phones(phone)
    if not name or not phone.strip():
        raise ProblemError("school.contact_missing")
    if len(name) > MOST_NAME:
        raise ProblemError("school.contact_long", limit=MOST_NAME)
    if len(numbers) != 1 or not spelling.is_phone(numbers[0]):
        raise ProblemError("school.phone_unclear", phone=phone.strip()[:40])
    now, season = services.settings.now_text(), services.season

    def job(connection: Connection) -> None:
        school = units.at_work(connection, season, unit)
        if (school.liaison_name, school.liaison_phone) == (name, numbers[0]):
            return
        fields = {"liaison_name": name, "liaison_phone": numbers[0]}
        units.put_unit(connection, season, school.name, **fields)
        feed.advance(connection, unit, [feed.Line(kind="briefing")])
        audit.note(connection, at=now, who=who, action="school.contact", unit=unit)

    services.change(job)
