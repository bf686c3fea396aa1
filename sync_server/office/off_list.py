"""Put a person back on the list who was taken off it."""

from __future__ import annotations

from shared.problems import ProblemError
from sync_server.services import Services
from sync_server.store import audit, cases, on_list, placing, repayments, units
from sync_server.store.database import Connection


def put_back(services: Services, case_id: str, *, who: str) -> bool:
    """Put a person back on the list: due, in counts and on the phone of the teacher as before.

    Args:
        services: The server's services.
        case_id: The person's case.
        who: The account that does it, for the audit trail.

    Returns:
        Whether the person was off the list.

    Raises:
        ProblemError: case.unknown; school.retired, where nobody would see the person.
    """
    at = services.settings.now_text()

    def job(connection: Connection) -> bool:
        found = cases.rows(connection, services.season, ids=[case_id], off_list=None)
        if not found:
            raise ProblemError("case.unknown")
        (row,) = found
        if not row["off_list"]:
            return False
        if row["unit"]:
            units.at_work(connection, services.season, row["unit"])
        on_list.put_back(connection, case_id)
        if row["unit"]:
            cases.mark_changed(connection, row["unit"], [case_id])
        placing.place_all(connection, services.season)
        repayments.judge_by_newest(connection, services.season)
        audit.note(
            connection,
            at=at,
            who=who,
            action="case.on_list",
            ref=case_id,
            unit=row["unit"],
            detail=row["off_list"],
        )
        return True

    return services.change(job)
