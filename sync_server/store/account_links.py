"""The one-time links that activate accounts: of a token only its hash is stored.

Links that were used or replaced stay for a while: whoever opens one is told what became of it.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec
from sqlalchemy import Connection, delete, select, update

from sync_server.store import tables as t
from sync_server.store.rows import as_struct


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A link; times are UTC ISO. `used_at`, `ended_at` (by a newer one): "" while it is open."""

    token_hash: str
    account: str
    made_at: str
    made_by: str
    expires_at: str
    used_at: str = ""
    ended_at: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it was neither used nor replaced."""
        return not (self.used_at or self.ended_at)


def put(connection: Connection, link: Link) -> None:
    """Store the link of an account; every earlier one of it ends."""
    end(connection, link.account, link.made_at)
    connection.execute(t.account_link.insert(), msgspec.to_builtins(link))


def end(connection: Connection, account: str, at: str) -> None:
    """End the open links of an account."""
    c = t.account_link.c
    where = (c.account == account) & (c.used_at == "") & (c.ended_at == "")
    connection.execute(update(t.account_link).where(where).values(ended_at=at))


def end_all(connection: Connection, at: str) -> None:
    """End the open links of every account."""
    c = t.account_link.c
    where = (c.used_at == "") & (c.ended_at == "")
    connection.execute(update(t.account_link).where(where).values(ended_at=at))


def find(connection: Connection, token_hash: str) -> Link | None:
    """The link of a token, be it used or replaced."""
    query = select(t.account_link).where(t.account_link.c.token_hash == token_hash)
    row = connection.execute(query).mappings().first()
    return None if row is None else as_struct(row, Link)


def use(connection: Connection, token_hash: str, at: str) -> bool:
    """Use a link up. False where somebody did before, or a newer link took its place."""
    c = t.account_link.c
    where = (c.token_hash == token_hash) & (c.used_at == "") & (c.ended_at == "")
    used = connection.execute(update(t.account_link).where(where).values(used_at=at))
    return used.rowcount == 1


def open_until(connection: Connection, names: Collection[str] | None = None) -> dict[str, str]:
    """Until when the open link of each account, or of each of these, is valid."""
    c = t.account_link.c
    query = select(c.account, c.expires_at).where(c.used_at == "", c.ended_at == "")
    query = query if names is None else query.where(c.account.in_(sorted(names)))
    return {row.account: row.expires_at for row in connection.execute(query)}


def forget(connection: Connection, before: str) -> None:
    """Delete the links that expired before a moment."""
    connection.execute(delete(t.account_link).where(t.account_link.c.expires_at < before))


def forget_of(connection: Connection, account: str) -> None:
    """Delete every link of an account: the next account of that name is somebody else's."""
    connection.execute(delete(t.account_link).where(t.account_link.c.account == account))
