"""A look at a full ID number is written down before the number is shown."""

from __future__ import annotations

from shared.cases import Case
from sync_server.services import Services
from sync_server.store import audit


def log_id_number_access(services: Services, case: Case, *, purpose: str, who: str) -> None:
    """Note who is about to see a case's ID number and phones whole, and for which purpose."""
    at = services.settings.now().isoformat()
    services.database.write(
        lambda c: audit.note(
            c,
            at=at,
            who=who,
            action="id_number.shown",
            ref=case.id,
            unit=case.school,
            detail=purpose,
        )
    )
