"""What an account goes through after it was made: waiting, switched off and on, another school."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from shared import spelling
from sync_server.store import account_links
from sync_server.store import tables as t
from sync_server.store.accounts import ADMIN, LIAISON
from sync_server.store.ids import new_id


def alike(connection: Connection, name: str) -> str:
    """The account whose name is this one, or only looks otherwise; "" where there is none.

    Of two names that differ in capitals or wide letters alone nobody knows which one to type.
    """
    key = spelling.name_key(name)
    names = connection.execute(select(t.account.c.name).order_by(t.account.c.name)).scalars()
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
    c = t.account.c
    can = (c.role == ADMIN, c.disabled_at == "", c.password_hash != "")
    return list(connection.execute(select(c.name).where(*can)).scalars()) == [name]
