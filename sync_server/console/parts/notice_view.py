"""How it stands with one person's notice, for the person's page."""

from __future__ import annotations

import msgspec

from shared.cases import Case
from sync_server.office import notice_choice
from sync_server.office.notice_choice import NoticeState
from sync_server.store import accounts, notice_prints
from sync_server.store.database import Connection
from sync_server.store.notice_prints import Print
from sync_server.store.units import UnitRow


class CaseNotices(msgspec.Struct, frozen=True, kw_only=True):
    """Every print of a person's notice.

    Attributes:
        prints: The first one first.
        state: How it stands; None for somebody in no school.
        accounts: The names of who printed, by account.
    """

    prints: tuple[Print, ...]
    state: NoticeState | None
    accounts: dict[str, str]


def of_case(connection: Connection, case: Case, school: UnitRow | None) -> CaseNotices:
    """Return the prints of a person's notice, and whether the newest still holds."""
    found = notice_prints.of_case(connection, case.id)
    last = found[-1] if found else None
    return CaseNotices(
        prints=tuple(found),
        state=notice_choice.state_of(case, school, last) if school else None,
        accounts=shown_names(connection),
    )


def shown_names(connection: Connection) -> dict[str, str]:
    """Return the names of people by their accounts."""
    return accounts.shown_names(connection)
