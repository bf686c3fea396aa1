"""Console accounts: create, remove, change the password, and note who signs in and out."""

from __future__ import annotations

from collections.abc import Collection

from shared.problems import ProblemError
from sync_server.office import password_rules
from sync_server.services import Services
from sync_server.store import account_states, accounts, audit, schools_now, units
from sync_server.store.accounts import Account
from sync_server.store.database import Connection


def put(
    services: Services,
    name: str,
    password: str,
    *,
    role: str,
    unit: str,
    shown: str,
    who: str,
    schools: Collection[str] | None = None,
) -> Account:
    """Create an account, or give an existing one a new first password.

    An account cannot do this to itself: the last admin could lock the office out.

    Args:
        services: The server's services.
        name: The name to sign in with.
        password: The first password.
        role: admin, officer or liaison.
        unit: The school code of a liaison; "" for the others.
        shown: The person's name on screen and in records.
        who: The account that does it, for the audit trail.
        schools: The schools of an officer, by code; None for those the account has already.

    Returns:
        The account as stored.

    Raises:
        ProblemError: auth.forbidden (own account), auth.last_admin, auth.account_invalid,
            auth.account_name, auth.password_short, auth.password_long, auth.password_common,
            unit.unknown, school.merged, school.retired.
    """
    if name == who:
        raise ProblemError("auth.forbidden")
    at = services.settings.now().isoformat()

    def job(connection: Connection) -> Account:
        _check_not_last(connection, name, role)
        before = _has(connection, name, role)
        listed = before if schools is None else schools
        check_known(connection, [*listed, unit], has=[*before, _school_of(connection, name)])
        accounts.put(connection, name, password, role, unit, shown, schools=listed)
        password_rules.check(connection, password, (name, shown))
        audit.note(
            connection, at=at, who=who, action="account.put", ref=name, unit=unit, detail=role
        )
        if set(listed) != set(before):
            note_schools(connection, at, who, name)
        return _of(connection, name)

    return services.database.write(job)


def set_schools(
    services: Services,
    name: str,
    schools: Collection[str],
    *,
    who: str,
    among: Collection[str] | None = None,
) -> Account:
    """Let an officer see exactly these schools, from the next request on.

    Args:
        services: The server's services.
        name: The officer's account.
        schools: The schools, by code.
        who: Who does it, for the audit trail.
        among: Decides about these schools alone, and leaves the others as they are; None for all.

    Raises:
        ProblemError: auth.account_gone, auth.account_invalid (it is no officer's), unit.unknown,
            school.merged, school.retired.
    """
    at = services.settings.now().isoformat()

    def job(connection: Connection) -> Account:
        account = accounts.find(connection, name)
        if account is None:
            raise ProblemError("auth.account_gone", name=name)
        if accounts.rule_of(account.role).reach != "listed":
            raise ProblemError("auth.account_invalid")
        had = account.schools or frozenset()
        chosen = frozenset(schools) if among is None else (had - {*among}) | {*schools}
        check_known(connection, chosen, has=had)
        if account.schools != chosen:
            accounts.set_schools(connection, name, chosen)
            note_schools(connection, at, who, name)
        return _of(connection, name)

    return services.database.write(job)


def _has(connection: Connection, name: str, role: str) -> Collection[str]:
    """The schools listed for an account that keeps its role."""
    before = accounts.find(connection, name.strip())
    kept = before is not None and before.role == role == accounts.OFFICER
    return (before.schools or ()) if before is not None and kept else ()


def _school_of(connection: Connection, name: str) -> str:
    found = accounts.find(connection, name.strip())
    return found.unit if found is not None else ""


def check_known(
    connection: Connection, schools: Collection[str], has: Collection[str] = ()
) -> None:
    """Refuse a school that is in no season, and one that was merged or retired since.

    Args:
        connection: The database.
        schools: The codes that an account is to have; "" is none.
        has: Those it has already: a school that is gone may stay.

    Raises:
        ProblemError: unit.unknown, school.merged, school.retired.
    """
    newest = schools_now.newest(connection)
    for code in sorted(set(schools) - {"", *has}):
        if code not in newest:
            raise ProblemError("unit.unknown", unit=code[:40])
        units.at_work(connection, newest[code], code)


def note_schools(connection: Connection, at: str, who: str, name: str) -> None:
    """Note which schools an officer sees from now on."""
    account = _of(connection, name)
    if accounts.rule_of(account.role).reach == "listed":
        detail = " ".join(sorted(account.schools or ()))
        audit.note(connection, at=at, who=who, action="account.schools", ref=name, detail=detail)


def remove(services: Services, name: str, *, who: str) -> None:
    """Delete an account; what it did stays in the audit trail.

    Raises:
        ProblemError: auth.forbidden for one's own account, auth.last_admin.
    """
    if name == who:
        raise ProblemError("auth.forbidden")
    at = services.settings.now().isoformat()

    def job(connection: Connection) -> None:
        _check_not_last(connection, name)
        if accounts.remove(connection, name):
            audit.note(connection, at=at, who=who, action="account.remove", ref=name)

    services.database.write(job)


def change_password(services: Services, account: Account, old: str, new: str) -> Account:
    """Set a new password after checking the old one; all sessions of the account end.

    Returns:
        The account with its new session stamp.

    Raises:
        ProblemError: auth.bad_password, auth.password_short, auth.password_long,
            auth.password_common, auth.required (removed meanwhile).
    """
    at = services.settings.now().isoformat()

    def job(connection: Connection) -> Account:
        accounts.check(connection, account.name, old)
        accounts.set_password(connection, account.name, new)
        password_rules.check(connection, new, (account.name, account.shown))
        audit.note(
            connection, at=at, who=account.name, action="account.password", unit=account.unit
        )
        return _of(connection, account.name)

    return services.database.write(job)


def signed_in(services: Services, account: Account) -> None:
    """Note in the audit trail that an account signed in."""
    at = services.settings.now().isoformat()
    services.database.write(
        lambda c: audit.note(c, at=at, who=account.name, action="sign_in", unit=account.unit)
    )


def signed_out(services: Services, account: Account) -> None:
    """Note in the audit trail that an account signed out."""
    at = services.settings.now().isoformat()
    services.database.write(
        lambda c: audit.note(c, at=at, who=account.name, action="sign_out", unit=account.unit)
    )


def _check_not_last(connection: Connection, name: str, role: str = "") -> None:
    """Refuse to take the last admin away: of two who remove each other at once, one stays."""
    if role != accounts.ADMIN and account_states.is_last_admin(connection, name):
        raise ProblemError("auth.last_admin")


def _of(connection: Connection, name: str) -> Account:
    """Find an account by name. Raises ProblemError auth.required when it was removed meanwhile."""
    found = accounts.find(connection, name)
    if found is None:
        raise ProblemError("auth.required")
    return found
