"""Accounts of the console: made, removed, given a new password; who signed in is noted."""

from __future__ import annotations

from shared.problems import ProblemError
from sync_server.services import Services
from sync_server.store import accounts, audit
from sync_server.store.accounts import Account
from sync_server.store.database import Connection


def put(
    services: Services, name: str, password: str, *, role: str, unit: str, shown: str, who: str
) -> Account:
    """Make an account, or give an existing one a new first password.

    Nobody resets the own account, which could lock the last admin out.

    Raises: ProblemError auth.forbidden, and those of store.accounts.put.
    """
    if name == who:
        raise ProblemError("auth.forbidden")
    at = services.settings.now().isoformat()

    def job(connection: Connection) -> Account:
        accounts.put(connection, name, password, role, unit, shown)
        audit.note(
            connection, at=at, who=who, action="account.put", ref=name, unit=unit, detail=role
        )
        return _of(connection, name)

    return services.database.write(job)


def remove(services: Services, name: str, *, who: str) -> None:
    """Forget an account. Raises: ProblemError auth.forbidden for the own one."""
    if name == who:
        raise ProblemError("auth.forbidden")
    at = services.settings.now().isoformat()

    def job(connection: Connection) -> None:
        accounts.remove(connection, name)
        audit.note(connection, at=at, who=who, action="account.remove", ref=name)

    services.database.write(job)


def change_password(services: Services, account: Account, old: str, new: str) -> Account:
    """Set a new password after the old one was checked; every session of the account ends by it.

    Raises: ProblemError auth.bad_password, and those of store.accounts.set_password.
    """
    at = services.settings.now().isoformat()

    def job(connection: Connection) -> Account:
        accounts.check(connection, account.name, old)
        accounts.set_password(connection, account.name, new)
        audit.note(
            connection, at=at, who=account.name, action="account.password", unit=account.unit
        )
        return _of(connection, account.name)

    return services.database.write(job)


def signed_in(services: Services, account: Account) -> None:
    """Note in the audit trail that someone signed in."""
    at = services.settings.now().isoformat()
    services.database.write(
        lambda c: audit.note(c, at=at, who=account.name, action="sign_in", unit=account.unit)
    )


def _of(connection: Connection, name: str) -> Account:
    """The account of a name. Raises: ProblemError auth.required when it was removed meanwhile."""
    found = accounts.find(connection, name)
    if found is None:
        raise ProblemError("auth.required")
    return found
