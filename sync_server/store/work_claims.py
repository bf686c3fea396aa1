"""Who is at work on which document: at most one at a time, whatever process or thread it is.

A claim lies in the database, so that taking it is a compare-and-set there; it names a lock file
(sync_server/file_lock.py) that is held as long as the process that took it runs.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from sqlalchemy import Connection, select, update
from sqlalchemy.exc import IntegrityError

from sync_server.store import tables as t

Work = Literal["compose", "scan", "seal"]
_KEY = "work:"


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What is done since when (UTC ISO), by which lock file; `asked`: a digest of the request."""

    work: Work
    by: str
    at: str
    asked: str = ""


def find(connection: Connection, document: str) -> Claim | None:
    """Return the claim on a document, whether or not its process still runs."""
    c = t.meta.c
    found = connection.execute(select(c.value).where(c.key == _KEY + document)).scalar()
    return None if found is None else msgspec.json.decode(found, type=Claim)


def every(connection: Connection) -> dict[str, Claim]:
    """Return all claims by document."""
    c = t.meta.c
    found = connection.execute(select(c.key, c.value).where(c.key.startswith(_KEY)))
    return {key.removeprefix(_KEY): msgspec.json.decode(v, type=Claim) for key, v in found}


def claim_document(connection: Connection, document: str, claim: Claim, over: Claim | None) -> bool:
    """Claim a document, or take it over from a claim whose process has ended.

    Returns:
        False where somebody else was faster.
    """
    c = t.meta.c
    key, value = _KEY + document, _text(claim)
    if over is not None:
        same = (c.key == key) & (c.value == _text(over))
        return connection.execute(update(t.meta).where(same).values(value=value)).rowcount == 1
    try:
        with connection.begin_nested():
            connection.execute(t.meta.insert(), {"key": key, "value": value})
    except IntegrityError:
        return False
    return True


def holds(connection: Connection, document: str, claim: Claim) -> bool:
    """Return whether the document is still this claim's."""
    return find(connection, document) == claim


def give_back(connection: Connection, document: str, claim: Claim) -> None:
    """Remove a claim; another one's stays."""
    c = t.meta.c
    connection.execute(t.meta.delete().where(c.key == _KEY + document, c.value == _text(claim)))


def _text(claim: Claim) -> str:
    return msgspec.json.encode(claim).decode()
