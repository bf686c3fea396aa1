"""Who may sign in to the console: name, Argon2id password, role and the schools the account sees.

An account that waits for its person has no password yet: a one-time link (store/account_links.py)
sets it. One that is switched off keeps its password and lets nobody in.

Parameters are OWASP's 19 MiB, t=2, p=1: the library's default peaks at 123 MB
(docs/sources.md#password-hashing). Callers hash one at a time. Passwords are normalised (NFKC), for
an input method may give full-width digits.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Collection
from typing import Final, Literal

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import ColumnElement, Connection, RowMapping, exists, select, true, update

from shared.problems import ProblemError
from sync_server.store import account_links, masking
from sync_server.store import tables as t
from sync_server.store.parts import parts
from sync_server.store.scope import Scope

Role = Literal["admin", "officer", "liaison", "auditor"]
ADMIN: Final = "admin"
OFFICER: Final = "officer"
LIAISON: Final = "liaison"
AUDITOR: Final = "auditor"
LONGEST_NAME = 60
SHORTEST, LONGEST = 8, 128
"""Characters of a password: at least 8 (ASVS 5.0 V6.2.1), bounded so that a hash stays cheap."""
LONGEST_TYPED = 8 * LONGEST
"""Characters that are normalised at all: some letters are typed as several, one may become 18."""


class RoleRule(msgspec.Struct, frozen=True, kw_only=True):
    """What a role may reach.

    Attributes:
        reach: The whole county, the schools listed for the account, or the one of its `unit`.
        may_change: Whether it may send any form; a role that may not only reads.
        masked: Whether it sees people masked only, on pages made for that (store/masking.py).
    """

    reach: Literal["county", "listed", "unit"]
    may_change: bool = True
    masked: bool = False


RULES: Final[dict[Role, RoleRule]] = {
    ADMIN: RoleRule(reach="county"),
    OFFICER: RoleRule(reach="listed"),
    LIAISON: RoleRule(reach="unit"),
    AUDITOR: RoleRule(reach="county", may_change=False, masked=True),
}
"""A role is a row here: pages open to roles by what they reach (console/web/access.py)."""
ROLES: Final = tuple(RULES)
_UNKNOWN = RoleRule(reach="listed", may_change=False, masked=True)
"""What a role reaches that a damaged database names: nothing that is not listed."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An account; `shown` is the person's name.

    `stamp` changes with the password and when the account is switched off: sessions end with it.

    Attributes:
        unit: The school of a liaison; "" for the others.
        schools: The schools the account sees, by code: the one of a liaison, those listed of an
            officer; None for the whole county.
        disabled_at: Since when it is switched off (UTC ISO); "" while it may be used.
        waiting: Whether it has no password yet.
    """

    name: str
    role: Role
    unit: str
    shown: str
    schools: frozenset[str] | None
    stamp: str = ""
    disabled_at: str = ""
    waiting: bool = False

    @property
    def lets_in(self) -> bool:
        """Whether somebody can sign in with it."""
        return not (self.disabled_at or self.waiting)

    @property
    def scope(self) -> Scope:
        """What the account sees."""
        return Scope(self.schools)


def rule_of(role: str) -> RoleRule:
    """Return what a role may reach; an unknown one has no schools and changes nothing."""
    return next((rule for known, rule in RULES.items() if known == role), _UNKNOWN)


def _hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def _plain(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def _account(row: RowMapping, listed: Collection[str]) -> Account:
    role, unit = row["role"], row["unit"]
    reach = rule_of(role).reach
    schools = None if reach == "county" else frozenset({unit} if reach == "unit" else listed)
    # an account that was never switched off keeps the stamp it had before there was such a thing
    secret = row["password_hash"] + row["session_mark"]
    stamp = hashlib.sha256(secret.encode()).hexdigest()[:16]
    return Account(
        name=row["name"],
        role=role,
        unit=unit,
        shown=row["shown"] or row["name"],
        schools=schools,
        stamp=stamp,
        disabled_at=row["disabled_at"],
        waiting=not row["password_hash"],
    )


def put(
    connection: Connection,
    name: str,
    password: str,
    role: str,
    unit: str = "",
    shown: str = "",
    *,
    schools: Collection[str] = (),
) -> None:
    """Make an account or change it whole.

    A liaison has a `unit`, an officer the `schools` of an area, which may be none; an admin has
    neither.

    Raises: ProblemError auth.account_invalid, auth.account_name, auth.password_short,
        auth.password_long.
    """
    name = _checked_name(name, role, unit, schools)
    _put(connection, name, _hash(password), role, unit, shown, schools)


def put_waiting(
    connection: Connection,
    name: str,
    role: str,
    unit: str = "",
    shown: str = "",
    *,
    schools: Collection[str] = (),
) -> None:
    """Make an account without a password, or change one whole: all its sessions end.

    Raises: ProblemError auth.account_invalid, auth.account_name.
    """
    name = _checked_name(name, role, unit, schools)
    _put(connection, name, "", role, unit, shown, schools)


def change(
    connection: Connection,
    name: str,
    role: str,
    unit: str = "",
    shown: str = "",
    *,
    schools: Collection[str] = (),
) -> None:
    """Change what an account may do; its password stays, and so do its sessions.

    Raises: ProblemError auth.account_invalid, auth.account_name.
    """
    name = _checked_name(name, role, unit, schools)
    row = {"role": role, "unit": unit, "shown": shown.strip()}
    connection.execute(update(t.account).where(t.account.c.name == name).values(**row))
    set_schools(connection, name, schools)


def _checked_name(name: str, role: str, unit: str, schools: Collection[str]) -> str:
    """Return the name to store.

    Raises: ProblemError auth.account_invalid, auth.account_name.
    """
    name = name.strip()
    rule = rule_of(role)
    if not name or role not in ROLES or (rule.reach == "unit") != bool(unit):
        raise ProblemError("auth.account_invalid")
    if schools and rule.reach != "listed":
        raise ProblemError("auth.account_invalid")
    if len(name) > LONGEST_NAME or not name.replace("\u3000", " ").isprintable():
        raise ProblemError("auth.account_name", longest=LONGEST_NAME)
    return name


def _put(
    connection: Connection,
    name: str,
    password_hash: str,
    role: str,
    unit: str,
    shown: str,
    schools: Collection[str],
) -> None:
    account_links.forget_of(connection, name)
    row = {"password_hash": password_hash, "role": role, "unit": unit, "shown": shown.strip()}
    connection.execute(t.account.delete().where(t.account.c.name == name))
    connection.execute(t.account.insert(), {"name": name, **row})
    set_schools(connection, name, schools)


def set_schools(connection: Connection, name: str, schools: Collection[str]) -> None:
    """Let an officer see exactly these schools from the next request on."""
    connection.execute(t.account_school.delete().where(t.account_school.c.account == name))
    rows = [{"account": name, "unit": unit} for unit in sorted(set(schools) - {""})]
    if rows:
        connection.execute(t.account_school.insert(), rows)


def schools_of(connection: Connection, name: str) -> frozenset[str]:
    """The schools listed for an account, by code."""
    c = t.account_school.c
    return frozenset(connection.execute(select(c.unit).where(c.account == name)).scalars())


def set_password(connection: Connection, name: str, password: str) -> None:
    """Set a password; all sessions end.

    Raises: ProblemError auth.password_short, auth.password_long.
    """
    connection.execute(
        update(t.account).where(t.account.c.name == name).values(password_hash=_hash(password))
    )


def _hash(password: str) -> str:
    plain = _plain(password[: LONGEST_TYPED + 1])
    if len(plain) < SHORTEST:
        raise ProblemError("auth.password_short", shortest=SHORTEST)
    if len(plain) > LONGEST or len(password) > LONGEST_TYPED:
        raise ProblemError("auth.password_long", longest=LONGEST)
    return _hasher().hash(plain)


def check(connection: Connection, name: str, password: str) -> Account:
    """The account of a name and its password; an unknown name takes as long as a wrong password.

    Raises: ProblemError auth.bad_password, auth.account_disabled.
    """
    row = (
        connection.execute(select(t.account).where(t.account.c.name == name.strip()))
        .mappings()
        .first()
    )
    plain = _plain(password[: LONGEST_TYPED + 1])[: LONGEST + 1]
    if row is None or not row["password_hash"]:
        _hasher().hash(plain)
        raise ProblemError("auth.bad_password")
    try:
        _hasher().verify(row["password_hash"], plain)
    except (VerificationError, InvalidHashError) as error:
        raise ProblemError("auth.bad_password") from error
    if row["disabled_at"]:  # said to who knows the password, and to nobody else
        raise ProblemError("auth.account_disabled")
    return _account(row, schools_of(connection, row["name"]))


def find(connection: Connection, name: str) -> Account | None:
    """The account of a name."""
    row = connection.execute(select(t.account).where(t.account.c.name == name)).mappings().first()
    return None if row is None else _account(row, schools_of(connection, name))


def listed(connection: Connection) -> list[Account]:
    """All accounts: the centre's first, then schools in order of code."""
    return _read(connection, true(), true())


def named(connection: Connection, names: Collection[str]) -> list[Account]:
    """The accounts of these names, in the same order."""
    wanted = sorted(set(names))
    return _read(connection, t.account.c.name.in_(wanted), t.account_school.c.account.in_(wanted))


def _read(
    connection: Connection, which: ColumnElement[bool], schools: ColumnElement[bool]
) -> list[Account]:
    query = select(t.account).where(which)
    rows = connection.execute(query.order_by(t.account.c.unit, t.account.c.role, t.account.c.name))
    given: dict[str, set[str]] = {}
    for row in connection.execute(select(t.account_school).where(schools)):
        given.setdefault(row.account, set()).add(row.unit)
    return [_account(r, given.get(r["name"], ())) for r in rows.mappings()]


def names_of(connection: Connection, names: Collection[str]) -> dict[str, str]:
    """Return what the person of each of these accounts is called, by the account's name."""
    c, found = t.account.c, dict[str, str]()
    for part in parts(sorted(set(names))):
        query = select(c.name, c.shown).where(c.name.in_(part))
        found |= {row.name: row.shown or row.name for row in connection.execute(query)}
    return found


def shown_names(connection: Connection) -> dict[str, str]:
    """What each account's person is called, by the account's name as the reader sees it."""
    found = connection.execute(select(t.account.c.name, t.account.c.shown)).all()
    known = {row.name: row.shown or row.name for row in found}
    if masking.inspects(connection):
        return {masking.account(name): masking.account(shown) for name, shown in known.items()}
    return known


def without_schools(connection: Connection) -> list[Account]:
    """The officers for whom no school is listed, without those who cannot sign in any more."""
    listed_roles = [role for role, rule in RULES.items() if rule.reach == "listed"]
    c, of = t.account.c, t.account_school.c
    query = select(t.account).where(c.role.in_(listed_roles), c.disabled_at == "")
    query = query.where(~exists().where(of.account == c.name)).order_by(c.unit, c.role, c.name)
    return [_account(row, ()) for row in connection.execute(query).mappings()]


def remove(connection: Connection, name: str) -> bool:
    """Forget an account; what it did stays in the audit trail. False where there is none."""
    set_schools(connection, name, ())
    account_links.forget_of(connection, name)
    return bool(connection.execute(t.account.delete().where(t.account.c.name == name)).rowcount)
