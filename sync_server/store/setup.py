"""The one-time link of a server's first start, in the table of single values."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, select

from sync_server.store import tables as t

KEY = "setup"


class SetupLink(msgspec.Struct, frozen=True):
    """The link that is valid: SHA-256 of its token (hex), and until when (UTC ISO)."""

    token_hash: str
    expires_at: str


def put_link(connection: Connection, token_hash: str, expires_at: str) -> None:
    """Store a link in place of an earlier one."""
    forget_link(connection)
    body = msgspec.json.encode(SetupLink(token_hash, expires_at)).decode()
    connection.execute(t.meta.insert(), {"key": KEY, "value": body})


def link(connection: Connection) -> SetupLink | None:
    """The link that was made last."""
    body = connection.execute(select(t.meta.c.value).where(t.meta.c.key == KEY)).scalar()
    return None if body is None else msgspec.json.decode(body, type=SetupLink)


def forget_link(connection: Connection) -> None:
    """Delete the link: it was used."""
    connection.execute(t.meta.delete().where(t.meta.c.key == KEY))
