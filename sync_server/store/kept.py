"""What pages keep from one request to the next where several processes serve: rows with an end.

The key is stored as its hash: whoever reads the table, or a dump of it, signs in as nobody.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec
from sqlalchemy import Connection, select

from sync_server.store.holds import now
from sync_server.store.process_tables import kept

Kind = Literal["session", "form", "phone_test", "work", "answer"]
_C = kept.c


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """One thing: whose it is, what it is, and how many seconds are left."""

    of: str
    body: bytes
    left_s: float


def put(
    connection: Connection, kind: Kind, key: str, body: bytes, lasts: timedelta, of: str = ""
) -> None:
    """Keep something for so long, in place of an earlier one."""
    forget(connection, kind, key)
    until = _text(now(connection) + lasts)
    row = {"kind": kind, "key": _hash(key), "of": of, "body": body, "until": until}
    connection.execute(kept.insert(), row)


def find(connection: Connection, kind: Kind, key: str) -> Kept | None:
    """Return what is kept under a key and has not ended."""
    row = connection.execute(
        select(_C.of, _C.body, _C.until).where(_C.kind == kind, _C.key == _hash(key))
    ).first()
    if row is None:
        return None
    left_s = (datetime.fromisoformat(row.until) - now(connection)).total_seconds()
    return Kept(of=row.of, body=row.body, left_s=left_s) if left_s > 0 else None


def of(connection: Connection, kind: Kind, whose: str) -> list[bytes]:
    """Return what is kept for somebody, the one that ends first first."""
    at = _text(now(connection))
    mine = select(_C.body).where(_C.kind == kind, _C.of == whose, _C.until > at)
    return list(connection.execute(mine.order_by(_C.until)).scalars())


def take(connection: Connection, kind: Kind, key: str) -> Kept | None:
    """Return what is kept and forget it: of two who take it at once, one gets it."""
    found = find(connection, kind, key)
    return found if forget(connection, kind, key) else None


def forget(connection: Connection, kind: Kind, key: str) -> bool:
    """Forget something; return whether it was there."""
    mine = kept.delete().where(_C.kind == kind, _C.key == _hash(key))
    return connection.execute(mine).rowcount == 1


def forget_all(connection: Connection, kind: Kind) -> None:
    """Forget all of a kind."""
    connection.execute(kept.delete().where(_C.kind == kind))


def forget_everything(connection: Connection) -> None:
    """Forget all of all kinds."""
    connection.execute(kept.delete())


def keep_newest(connection: Connection, kind: Kind, whose: str, most: int) -> None:
    """Forget what ends first of somebody's things beyond a number."""
    mine = select(_C.key).where(_C.kind == kind, _C.of == whose)
    old = list(connection.execute(mine.order_by(_C.until.desc()).offset(most)).scalars())
    if old:
        connection.execute(kept.delete().where(_C.kind == kind, _C.key.in_(old)))


def forget_over(connection: Connection) -> None:
    """Forget whatever has ended."""
    connection.execute(kept.delete().where(_C.until <= _text(now(connection))))


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
