"""Log access to a full ID number before the number is shown."""

from __future__ import annotations

from shared.cases import Case
from shared.records.kind import Label
from sync_server.services import Services
from sync_server.store import audit

PURPOSES = {
    "verify": Label("核对身份", "check an identity"),
    "paperwork": Label("填写材料", "fill in paperwork"),
    "bank": Label("与银行核对", "check with the bank"),
}
"""Purposes that may be given."""


def log_id_number_access(services: Services, case: Case, *, purpose: str, who: str) -> None:
    """Note who is about to see a case's ID numbers and phones whole.

    Args:
        services: The server's services.
        case: The case to be shown.
        purpose: One of PURPOSES.
        who: The account that asks.
    """
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
