"""What an account goes through after it was made: waiting, switched off and on, another school."""

from __future__ import annotations

from sqlalchemy import Connection, func, select, update

from shared import spelling
from sync_server.store import account_links, accounts
from sync_server.store import tables as t
from sync_server.store.accounts import ADMIN, LIAISON
from sync_server.store.ids import new_id


def alike(connection: Connection, name: str) -> str:
    """The account whose name is this one, or only looks otherwise; "" where there is none.

    Of two names that differ in capitals or wide letters alone nobody knows which one to type.
    """
    key = spelling.name_key(name)
    names = [each.name for each in accounts.listed(connection)]
    return next((one for one in names if spelling.name_key(one) == key), "")


def take_password(connection: Connection, name: str) -> None:
    """Leave an account without a password: all sessions end, and a link must set one."""
    where = t.account.c.name == name
    connection.execute(update(t.account).where(where).values(password_hash=""))


def disable(connection: Connection, name: str, at: str) -> bool:
    """Switch an account off; sessions and links end, for good. False where it is off already."""
    where = (t.account.c.name == name) & (t.account.c.disabled_at == "")
    off = update(t.account).where(where).values(disabled_at=at, session_mark=new_id())
    account_links.end(connection, name, at)
    return connection.execute(off).rowcount == 1


def enable(connection: Connection, name: str) -> bool:
    """Switch an account on again; the password is the one it had. False where it is on."""
    where = (t.account.c.name == name) & (t.account.c.disabled_at != "")
    on = update(t.account).where(where).values(disabled_at="")
    return connection.execute(on).rowcount == 1


def move(connection: Connection, name: str, unit: str) -> None:
    """Give a liaison another school."""
    where = (t.account.c.name == name) & (t.account.c.role == LIAISON)
    connection.execute(update(t.account).where(where).values(unit=unit))


def is_last_admin(connection: Connection, name: str) -> bool:
    """Whether nobody else can sign in as an admin."""
    found = accounts.listed(connection)
    return [a.name for a in found if a.role == ADMIN and a.lets_in] == [name]


def last_sign_ins(connection: Connection) -> dict[str, str]:
    """When each account signed in last (UTC ISO), by the audit trail."""
    c = t.audit.c
    query = select(c.who, func.max(c.at).label("at")).where(c.action == "sign_in").group_by(c.who)
    return {row.who: row.at for row in connection.execute(query)}
