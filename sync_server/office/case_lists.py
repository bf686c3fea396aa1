"""Lists of a school's people for whoever works with them on paper or in a workbook."""

from __future__ import annotations

from shared import codes, list_columns
from shared.problems import ProblemError
from sync_server.paperwork.case_list import ListLine, workbook
from sync_server.services import Services
from sync_server.store import audit, progress, seasons, units
from sync_server.store.database import Connection


def school_list(services: Services, unit: str, recipient: str, *, who: str) -> bytes:
    """Write the list of a school's people with the columns of one recipient, as .xlsx.

    Args:
        services: The server's services.
        unit: The school code.
        recipient: One of list_columns.RECIPIENTS.
        who: Who asks, for the audit trail: the file leaves the server.

    Raises:
        ProblemError: unit.unknown, list.recipient_unknown.
    """
    if recipient not in list_columns.DEFAULTS:
        raise ProblemError("list.recipient_unknown", recipient=recipient[:40])
    season_id, at = services.season, services.settings.now_text()

    def job(connection: Connection) -> bytes:
        school = units.unit(connection, season_id, unit)
        if school is None:
            raise ProblemError("unit.unknown", unit=unit)
        season = seasons.get(connection, season_id)
        names = units.staff_names(connection, season_id)
        found = progress.case_standings(connection, season, unit=unit)
        lines = [
            ListLine(
                case=each.case,
                standing=each.standing,
                teacher=names.get(each.case.assignee, ""),
            )
            for each in sorted(found, key=lambda each: (each.case.village, each.case.code))
        ]
        columns = list_columns.columns_for(season.list_columns, recipient)
        title = f"{school.name} {season.id} 年度 {codes.label(list_columns.RECIPIENTS, recipient)}"
        return workbook(lines, columns, season, title)

    data = services.database.read(job)
    services.database.write(
        lambda c: audit.note(c, at=at, who=who, action="list.download", ref=recipient, unit=unit)
    )
    return data
