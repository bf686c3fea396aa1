"""Accepted contacts: the office takes one back when it turns out to be wrong."""

from __future__ import annotations

from sync_server.services import Services
from sync_server.store import audit, cases, contacts
from sync_server.store.database import Connection


def take_back(services: Services, case_id: str, fact_id: str, *, who: str) -> None:
    """Stop using a contact that was accepted; its record and its verdict stay as they are.

    Args:
        services: The server's services.
        case_id: The case.
        fact_id: The record the contact comes from.
        who: Who takes it back.

    Raises:
        ProblemError: contact.not_used, season.closed.
    """
    now = services.settings.now_text()

    def job(connection: Connection) -> None:
        season = services.season
        gone = contacts.take_back(connection, season, case_id, fact_id, who=who, at=now)
        (row,) = cases.rows(connection, season, ids=[case_id], off_list=None)
        note = {"ref": case_id, "unit": row["unit"], "detail": gone.field}
        audit.note(connection, at=now, who=who, action="contact.take_back", **note)

    services.change(job)
