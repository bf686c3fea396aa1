"""Bulletins of a season: their numbers, and which were withdrawn.

A bulletin's data, files and state stand in its row of `summary`, with which it shares its id, so
that it is printed, scanned and sealed as a summary is. Its version there is its number, and a row
here is never deleted: no number is given twice.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, Select, func, select, update

from shared.problems import ProblemError
from sync_server.store import masking
from sync_server.store import tables as t
from sync_server.store.rows import as_struct
from sync_server.store.summary_states import State

UNIT = "bulletin"
"""The unit of bulletins in `summary`: no school's code has small letters."""


class Bulletin(msgspec.Struct, frozen=True, kw_only=True):
    """A bulletin that was issued.

    Attributes:
        id: That of its row in `summary`.
        number: In its season, from 1.
        number_text: Its number as an official document has it.
        sha256: Of the canonical bytes of what was counted, hex: of summary.json.
        file_sha256: Of the sealed PDF, hex; "" until it is sealed.
        state: How far it is.
        cut_off: The moment it is as of (ISO with offset); `as_of` the day of the repayments.
        withdrawn_at: When it was withdrawn (UTC ISO), "" while it holds.
    """

    id: str
    season: str
    number: int
    number_text: str
    document: str
    sha256: str
    file_sha256: str
    state: State
    cut_off: str
    as_of: str
    issued_at: str
    issued_by: str
    withdrawn_at: str = ""
    withdrawn_by: str = ""
    withdrawn_reason: str = ""


def _query() -> Select[Any]:
    b, s = t.bulletin.c, t.summary.c
    return select(
        t.bulletin,
        s.document,
        s.data_hash.label("sha256"),
        s.sha256.label("file_sha256"),
        s.state,
        s.cut_off,
        s.as_of,
    ).join(t.summary, b.id == s.id)


def listed(connection: Connection, season: str) -> list[Bulletin]:
    """Return the bulletins of a season, the newest first."""
    query = _query().where(t.bulletin.c.season == season).order_by(t.bulletin.c.number.desc())
    return [_read(connection, row) for row in connection.execute(query).mappings()]


def _read(connection: Connection, row: RowMapping) -> Bulletin:
    """Return a row; of what was typed, who inspects learns only that there is something."""
    found = as_struct(row, Bulletin)
    return msgspec.structs.replace(
        found,
        issued_by=masking.who(connection, found.issued_by),
        withdrawn_by=masking.who(connection, found.withdrawn_by),
        withdrawn_reason=masking.typed(connection, found.withdrawn_reason),
    )


def get(connection: Connection, bulletin_id: str) -> Bulletin:
    """Return a bulletin. Raises: ProblemError bulletin.unknown."""
    found = connection.execute(_query().where(t.bulletin.c.id == bulletin_id)).mappings().first()
    if found is None:
        raise ProblemError("bulletin.unknown")
    return _read(connection, found)


def of_request(connection: Connection, season: str, request: str) -> Bulletin | None:
    """Return the bulletin that a form issued before, so that pressing twice issues one."""
    c = t.bulletin.c
    query = _query().where(c.season == season, c.request == request)
    found = connection.execute(query).mappings().first()
    return None if found is None else as_struct(found, Bulletin)


def next_number(connection: Connection, season: str) -> int:
    """Return the number after the last one given, withdrawn ones included."""
    c = t.bulletin.c
    query = select(func.max(c.number)).where(c.season == season)
    return int(connection.execute(query).scalar() or 0) + 1


def add(connection: Connection, **values: Any) -> None:
    """Store a number with its row in `summary`."""
    connection.execute(t.bulletin.insert(), values)


def withdrawn(connection: Connection) -> list[tuple[str, int, str]]:
    """Return every withdrawn bulletin that is sealed: its file's sha256, its number, and when."""
    b, s = t.bulletin.c, t.summary.c
    query = select(s.sha256, b.number, b.withdrawn_at).join(t.summary, b.id == s.id)
    query = query.where(b.withdrawn_at != "", s.sha256 != "")
    return [(row.sha256, row.number, row.withdrawn_at) for row in connection.execute(query)]


def withdraw(connection: Connection, bulletin_id: str, *, at: str, who: str, reason: str) -> bool:
    """Withdraw a bulletin; False where it was withdrawn before."""
    c = t.bulletin.c
    values = {"withdrawn_at": at, "withdrawn_by": who, "withdrawn_reason": reason}
    query = update(t.bulletin).where(c.id == bulletin_id, c.withdrawn_at == "").values(**values)
    return connection.execute(query).rowcount == 1
