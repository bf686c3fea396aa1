"""Who may sign in to the console: name, Argon2id password, role and, for a liaison, the one school.

An account that waits for its person has no password yet: a one-time link (store/account_links.py)
sets it. One that is switched off keeps its password and lets nobody in.

Parameters are OWASP's 19 MiB, t=2, p=1: the library's default peaks at 123 MB
(docs/sources.md#password-hashing). Callers hash one at a time. Passwords are normalised (NFKC), for
an input method may give full-width digits.
"""

from __future__ import annotations

import hashlib
import unicodedata
from typing import Final, Literal

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, RowMapping, select, update

from shared import spelling
from shared.problems import ProblemError
from sync_server.store import tables as t
from sync_server.store.ids import new_id

Role = Literal["admin", "officer", "liaison"]
ADMIN: Final = "admin"
OFFICER: Final = "officer"
LIAISON: Final = "liaison"
ROLES: tuple[Role, ...] = (ADMIN, OFFICER, LIAISON)
LONGEST_NAME = 60
SHORTEST, LONGEST = 8, 128
"""Characters of a password: at least 8 (ASVS 5.0 V6.2.1), bounded so that a hash stays cheap."""
LONGEST_TYPED = 8 * LONGEST
"""Characters that are normalised at all: some letters are typed as several, one may become 18."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An account; `shown` is the person's name.

    `stamp` changes with the password and when the account is switched off: sessions end with it.
    `disabled_at`: since when it is switched off (UTC ISO); "" while it may be used. `waiting`: it
    has no password yet.
    """

    name: str
    role: Role
    unit: str
    shown: str
    stamp: str = ""
    disabled_at: str = ""
    waiting: bool = False

    @property
    def lets_in(self) -> bool:
        """Whether somebody can sign in with it."""
        return not (self.disabled_at or self.waiting)


def _hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def _plain(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def _account(row: RowMapping) -> Account:
    # of accounts that were never switched off the stamp is what it was before there was such a thing
    secret = row["password_hash"] + row["session_mark"]
    stamp = hashlib.sha256(secret.encode()).hexdigest()[:16]
    return Account(
        name=row["name"],
        role=row["role"],
        unit=row["unit"],
        shown=row["shown"] or row["name"],
        stamp=stamp,
        disabled_at=row["disabled_at"],
        waiting=not row["password_hash"],
    )


def put(
    connection: Connection, name: str, password: str, role: str, unit: str = "", shown: str = ""
) -> None:
    """Make an account or change it whole. A liaison has a school, the others have none.

    Raises: ProblemError auth.account_invalid, auth.account_name, auth.password_short,
        auth.password_long.
    """
    name = checked_name(name, role, unit)
    row = {"password_hash": _hash(password), "role": role, "unit": unit, "shown": shown.strip()}
    connection.execute(t.account.delete().where(t.account.c.name == name))
    connection.execute(t.account.insert(), {"name": name, **row})


def add_waiting(
    connection: Connection, name: str, role: str, unit: str = "", shown: str = ""
) -> None:
    """Make an account that has no password yet; nobody can sign in with it.

    Raises: ProblemError auth.account_invalid, auth.account_name, auth.account_exists.
    """
    name = checked_name(name, role, unit)
    if name_taken(connection, name):
        raise ProblemError("auth.account_exists", name=name)
    row = {"password_hash": "", "role": role, "unit": unit, "shown": shown.strip()}
    connection.execute(t.account.insert(), {"name": name, **row})


def checked_name(name: str, role: str, unit: str) -> str:
    """Return the name to store.

    Raises: ProblemError auth.account_invalid, auth.account_name.
    """
    name = name.strip()
    if not name or role not in ROLES or (role == LIAISON) != bool(unit):
        raise ProblemError("auth.account_invalid")
    if len(name) > LONGEST_NAME or not name.replace("\u3000", " ").isprintable():
        raise ProblemError("auth.account_name", longest=LONGEST_NAME)
    return name


def name_taken(connection: Connection, name: str) -> bool:
    """Whether an account has this name, or one that only looks otherwise (capitals, wide letters).

    Nobody would know which of the two to type.
    """
    key = spelling.name_key(name)
    return any(spelling.name_key(each.name) == key for each in listed(connection))


def take_password(connection: Connection, name: str) -> None:
    """Leave an account without a password: all sessions end, and a link must set one."""
    where = t.account.c.name == name
    connection.execute(update(t.account).where(where).values(password_hash=""))


def set_disabled(connection: Connection, name: str, at: str) -> bool:
    """Switch an account off; all sessions end, for good. False where it is off already."""
    where = (t.account.c.name == name) & (t.account.c.disabled_at == "")
    off = update(t.account).where(where).values(disabled_at=at, session_mark=new_id())
    return bool(connection.execute(off).rowcount)


def set_enabled(connection: Connection, name: str) -> bool:
    """Switch an account on again; the password is the one it had. False where it is on."""
    where = (t.account.c.name == name) & (t.account.c.disabled_at != "")
    on = update(t.account).where(where).values(disabled_at="")
    return bool(connection.execute(on).rowcount)


def move(connection: Connection, name: str, unit: str) -> bool:
    """Give a liaison another school. False where there is no such liaison."""
    where = (t.account.c.name == name) & (t.account.c.role == LIAISON)
    moved = connection.execute(update(t.account).where(where).values(unit=unit))
    return bool(moved.rowcount)


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
    return _account(row)


def find(connection: Connection, name: str) -> Account | None:
    """The account of a name."""
    row = connection.execute(select(t.account).where(t.account.c.name == name)).mappings().first()
    return None if row is None else _account(row)


def listed(connection: Connection) -> list[Account]:
    """All accounts: the centre's first, then schools in order of code."""
    rows = connection.execute(
        select(t.account).order_by(t.account.c.unit, t.account.c.role, t.account.c.name)
    )
    return [_account(r) for r in rows.mappings()]


def remove(connection: Connection, name: str) -> bool:
    """Forget an account; what it did stays in the audit trail. False where there is none."""
    return bool(connection.execute(t.account.delete().where(t.account.c.name == name)).rowcount)
