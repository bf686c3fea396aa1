"""Who is sending an upload right now, where several processes serve: one at a time.

A claim is taken by compare-and-set and ends by itself: whoever is killed keeps the phone from
nothing for longer than FOR_S. Where one process serves, its memory does the same without a write.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, or_, select, update

from shared.problems import ProblemError
from sync_server.store import tables as t
from sync_server.store.photos import Upload
from sync_server.store.rows import as_struct

FOR_S = 20
"""Seconds that a claim lasts after its holder was heard of."""
LONGEST_S = 3600
"""What lies further ahead than this was written by a clock that was wrong."""
RENEW_S = 5
"""After so many seconds a holder says that it is still there."""

_c = t.upload.c
_FREE = or_(
    _c.claim == "", _c.claim_until < bindparam("now"), _c.claim_until > bindparam("longest")
)
_TAKE = update(t.upload).where(_c.id == bindparam("of_id"), _FREE)
_MINE = update(t.upload).where(_c.id == bindparam("of_id"), _c.claim == bindparam("mine"))


def until(now: datetime) -> str:
    """Return until when a claim lasts that is taken or renewed now."""
    return _text(now + timedelta(seconds=FOR_S))


def take(connection: Connection, upload_id: str, claim: str, now: datetime) -> Upload:
    """Claim an upload; return it as it is now.

    Raises:
        ProblemError: upload.in_progress, upload.unknown.
    """
    values = {"claim": claim, "claim_until": until(now)}
    longest = _text(now + timedelta(seconds=LONGEST_S))
    asked = {"of_id": upload_id, "now": _text(now), "longest": longest}
    taken = connection.execute(_TAKE.values(values), asked).rowcount
    row = connection.execute(select(t.upload).where(_c.id == upload_id)).mappings().first()
    if row is None:
        raise ProblemError("upload.unknown")
    if not taken:
        raise ProblemError("upload.in_progress")
    return as_struct(row, Upload)


def renew(connection: Connection, upload_id: str, claim: str, now: datetime) -> None:
    """Keep a claim for another while. Raises ProblemError upload.in_progress: it is another's."""
    _change(connection, upload_id, claim, claim_until=until(now))


def hold(
    connection: Connection, upload_id: str, claim: str, held_bytes: int, parts: str, now: datetime
) -> None:
    """Note what lies in parts. Raises ProblemError upload.in_progress: the claim is another's."""
    values = {"held_bytes": held_bytes, "parts": parts, "claim_until": until(now)}
    _change(connection, upload_id, claim, **values)


def give_back(connection: Connection, upload_id: str, claim: str) -> None:
    """Let the next one claim an upload; nothing happens where it is gone or another's."""
    connection.execute(_MINE.values(claim="", claim_until=""), {"of_id": upload_id, "mine": claim})


def _change(connection: Connection, upload_id: str, claim: str, **values: object) -> None:
    changed = connection.execute(_MINE.values(values), {"of_id": upload_id, "mine": claim})
    if not changed.rowcount:
        raise ProblemError("upload.in_progress")


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
