"""Many accounts at once: made, reset, switched off and on. One that is refused stops no other.

An account that is made here has no password; a one-time link gives its person one
(office/account_links.py).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from typing import Literal

import msgspec

from shared.problems import ProblemError
from sync_server.office import accounts as office_accounts
from sync_server.services import Services
from sync_server.store import account_links, account_states, accounts, audit, units
from sync_server.store.accounts import ADMIN, LIAISON, OFFICER, Account
from sync_server.store.database import Connection

Act = Literal["create", "move", "enable", "area"]
"""What to do about a proposal: make its account, give the one it has this school or these schools,
or switch it on."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A row that was ticked: what to do, with which account, for whom and for which schools."""

    act: Act
    name: str
    shown: str
    role: str
    schools: tuple[str, ...] = ()


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one account. `done`: it is otherwise now; `problem`: why it was refused."""

    name: str
    done: bool = False
    problem: ProblemError | None = None


def put(
    services: Services,
    name: str,
    *,
    role: str,
    unit: str,
    shown: str,
    who: str,
    schools: Collection[str] | None = None,
) -> Account:
    """Make an account that waits for its person, or change what an existing one may do.

    An account cannot do this to itself: the last admin could lock the office out. The password of
    one that has it stays. Pressed twice, the second press changes nothing.

    Args:
        services: The server's services.
        name: The name to sign in with.
        role: admin, officer or liaison.
        unit: The school code of a liaison; "" for the others.
        shown: The person's name on screen and in records.
        who: The account that does it, for the audit trail.
        schools: The schools of an officer, by code; None for those the account has already.

    Raises:
        ProblemError: auth.own_account, auth.last_admin, auth.account_invalid, auth.account_name,
            auth.account_exists, unit.unknown, school.merged, school.retired.
    """
    name = name.strip()
    if name == who:
        raise ProblemError("auth.own_account")

    def job(connection: Connection) -> Account:
        found = accounts.find(connection, name)
        if found is not None and role != ADMIN and account_states.is_last_admin(connection, name):
            raise ProblemError("auth.last_admin")
        had = found.schools if found is not None and found.role == role == OFFICER else None
        given = frozenset((had or ()) if schools is None else schools)
        has = [*(had or ()), found.unit if found is not None else ""]
        office_accounts.check_known(connection, [*given, unit], has=has)
        if found is not None and _is_same(found, role, unit, shown, given):
            return found
        if found is None and (other := account_states.alike(connection, name)):
            raise ProblemError("auth.account_exists", name=other)
        store = accounts.put_waiting if found is None else accounts.change
        store(connection, name, role, unit, shown, schools=given)
        if found is not None and not _is_same(found, role, unit, shown, found.schools or ()):
            # a slip that is out names another person, role or school: it opens nothing any more
            account_links.end(connection, name, services.settings.now_text())
        _note(connection, services, action="account.put", who=who, ref=name, unit=unit, detail=role)
        if given != (had or frozenset()):
            at = services.settings.now().isoformat()
            office_accounts.note_schools(connection, at, who, name)
        return _of(connection, name)

    return services.database.write(job)


def act_on(services: Services, choices: Sequence[Choice], *, who: str) -> list[Outcome]:
    """Do what was chosen, row after row; a name that is chosen twice is refused the second time."""
    seen: set[str] = set()
    found = []
    for choice in choices:
        twice = choice.name in seen
        seen.add(choice.name)
        found.append(_outcome(choice.name, partial(_act, services, choice, twice, who)))
    return found


def _act(services: Services, choice: Choice, twice: bool, who: str) -> bool:
    if twice:
        raise ProblemError("auth.account_exists", name=choice.name)
    _check_schools(services, choice)
    unit = choice.schools[0] if choice.role == LIAISON else ""
    if choice.act == "enable":
        return _enable(services, choice.name, who)
    if choice.act == "move":
        return _move(services, choice.name, unit, who)
    if choice.act == "area":
        schools = services.database.read(lambda c: _with_other_seasons(c, services, choice))
        office_accounts.set_schools(services, choice.name, schools, who=who)
        return True
    return _create(services, choice, unit, who)


def _check_schools(services: Services, choice: Choice) -> None:
    """Raise unit.unknown, auth.account_invalid unless the schools fit the role."""
    known = {u.code for u in services.database.read(lambda c: units.units(c, services.season_id))}
    for code in choice.schools:
        if code not in known:
            raise ProblemError("unit.unknown", unit=code[:40])
    one = len(choice.schools) == 1
    if choice.role not in (LIAISON, OFFICER) or (choice.role == LIAISON and not one):
        raise ProblemError("auth.account_invalid")


def _with_other_seasons(
    connection: Connection, services: Services, choice: Choice
) -> frozenset[str]:
    """The schools of a choice, and those that the account has of other seasons alone."""
    here = {unit.code for unit in units.units(connection, services.season_id)}
    had = _of(connection, choice.name).schools or frozenset()
    others = had & set(units.every_name(connection)) - here
    return others | frozenset(choice.schools)


def _create(services: Services, choice: Choice, unit: str, who: str) -> bool:
    schools = choice.schools if choice.role == OFFICER else ()

    def job(connection: Connection) -> bool:
        other = account_states.alike(connection, choice.name)
        if other:
            found = accounts.find(connection, other)
            if found and _is_same(found, choice.role, unit, choice.shown, schools):
                return False  # pressed twice
            raise ProblemError("auth.account_exists", name=other)
        accounts.put_waiting(
            connection, choice.name, choice.role, unit, choice.shown, schools=schools
        )
        _note(
            connection,
            services,
            action="account.put",
            who=who,
            ref=choice.name.strip(),
            unit=unit,
            detail=choice.role,
        )
        at = services.settings.now().isoformat()
        office_accounts.note_schools(connection, at, who, choice.name.strip())
        return True

    return services.database.write(job)


def _move(services: Services, name: str, unit: str, who: str) -> bool:
    def job(connection: Connection) -> bool:
        account = _of(connection, name)
        if account.role != LIAISON or account.disabled_at:
            raise ProblemError("auth.account_invalid")
        if account.unit == unit:
            return False
        account_states.move(connection, name, unit)
        _note(
            connection,
            services,
            action="account.move",
            who=who,
            ref=name,
            unit=unit,
            detail=account.unit,
        )
        return True

    return services.database.write(job)


def reset(services: Services, names: Iterable[str], *, who: str) -> list[Outcome]:
    """Take the password of accounts away: sessions and links end, a new link must set another."""

    def one(connection: Connection, account: Account) -> bool:
        at = services.settings.now_text()
        account_links.end(connection, account.name, at)
        account_states.take_password(connection, account.name)
        _note(
            connection,
            services,
            action="account.reset",
            who=who,
            ref=account.name,
            unit=account.unit,
        )
        return True

    return _each(services, names, one, who)


def disable(services: Services, names: Iterable[str], *, who: str) -> list[Outcome]:
    """Switch accounts off: nobody signs in, and sessions end at their next request.

    What they did stays in the audit trail, and so does the name.
    """

    def one(connection: Connection, account: Account) -> bool:
        done = account_states.disable(connection, account.name, services.settings.now_text())
        if done:
            _note(
                connection,
                services,
                action="account.disable",
                who=who,
                ref=account.name,
                unit=account.unit,
            )
        return done

    return _each(services, names, one, who)


def enable(services: Services, names: Iterable[str], *, who: str) -> list[Outcome]:
    """Switch accounts on again, with the password they had."""
    return [_outcome(n, partial(_enable, services, n, who)) for n in dict.fromkeys(names)]


def _enable(services: Services, name: str, who: str) -> bool:
    def job(connection: Connection) -> bool:
        account = _of(connection, name)
        done = account_states.enable(connection, name)
        if done:
            _note(
                connection, services, action="account.enable", who=who, ref=name, unit=account.unit
            )
        return done

    return services.database.write(job)


def _each(
    services: Services,
    names: Iterable[str],
    one: Callable[[Connection, Account], bool],
    who: str,
) -> list[Outcome]:
    """Do something to each account that is neither one's own nor the last admin's."""

    def job(connection: Connection, name: str) -> bool:
        account = _of(connection, name)
        if name == who:
            raise ProblemError("auth.own_account")
        if account_states.is_last_admin(connection, name):
            raise ProblemError("auth.last_admin")
        return one(connection, account)

    def write(name: str) -> bool:
        return services.database.write(lambda c: job(c, name))

    return [_outcome(name, partial(write, name)) for name in dict.fromkeys(names)]


def _outcome(name: str, verb: Callable[[], bool]) -> Outcome:
    try:
        return Outcome(name=name, done=verb())
    except ProblemError as problem:
        return Outcome(name=name, problem=problem)


def _is_same(account: Account, role: str, unit: str, shown: str, schools: Collection[str]) -> bool:
    """Whether an account is already what it is to be."""
    of = frozenset(schools) if account.role == OFFICER else account.schools
    person = shown.strip() or account.name
    return (account.role, account.unit, account.shown, account.schools) == (role, unit, person, of)


def _note(
    connection: Connection,
    services: Services,
    *,
    action: str,
    who: str,
    ref: str,
    unit: str,
    detail: str = "",
) -> None:
    at = services.settings.now_text()
    audit.note(connection, at=at, who=who, action=action, ref=ref, unit=unit, detail=detail)


def _of(connection: Connection, name: str) -> Account:
    """Find an account. Raises ProblemError auth.account_gone."""
    found = accounts.find(connection, name)
    if found is None:
        raise ProblemError("auth.account_gone", name=name[:60])
    return found
