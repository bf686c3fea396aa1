"""The audit trail: who did what to which thing, and when; each access to a full ID number too."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from sync_server.store import masking
from sync_server.store import tables as t
from sync_server.store.ids import new_id
from sync_server.store.scope import Of, where


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the audit trail: when, who, what, and what it concerned."""

    at: str
    who: str
    action: str
    ref: str = ""
    unit: str = ""
    detail: str = ""


def note(
    connection: Connection,
    *,
    at: str,
    who: str,
    action: str,
    ref: str = "",
    unit: str = "",
    detail: str = "",
) -> None:
    """Write one line; it is never changed."""
    row = {
        "id": new_id(),
        "at": at,
        "who": who,
        "action": action,
        "ref": ref,
        "unit": unit,
        "detail": detail,
    }
    connection.execute(t.audit.insert(), row)


def connect_addresses(connection: Connection) -> list[str]:
    """The addresses that the office ever chose for phones: those enrolled then still use theirs."""
    query = select(t.audit.c.detail).where(
        t.audit.c.action.in_(("connect.domain", "connect.wireless"))
    )
    return [url for url in connection.execute(query.distinct()).scalars() if url]


def actions(connection: Connection) -> list[str]:
    """Return every action that the trail names, in order."""
    return sorted(connection.execute(select(t.audit.c.action).distinct()).scalars())


def listed(connection: Connection, limit: int = 500, action: str = "") -> list[Note]:
    """The newest lines, of one action or of all (""); masked for who only inspects.

    A failed sign-in or code is then nobody's: what was typed as a name may be anything.
    """
    query = select(t.audit).order_by(t.audit.c.id.desc()).limit(limit)
    if action:
        query = query.where(t.audit.c.action == action)
    return _read(connection, query)


class Trail(msgspec.Struct, frozen=True, kw_only=True):
    """Which lines are looked for; what is left as it is narrows nothing.

    Attributes:
        who: Their accounts.
        action: Their action.
        of: What they concern: schools by code, and things by id.
        since: From when on (UTC text).
        until: Until when.
        upto: The newest line that counts, by id.
    """

    who: Collection[str] | None = None
    action: str = ""
    of: tuple[Collection[str], Collection[str]] | None = None
    since: str = ""
    until: str = ""
    upto: str = ""


class Found(msgspec.Struct, frozen=True):
    """Some of the lines that fit, how many fit in all, and the newest of those that count."""

    notes: list[Note]
    total: int
    upto: str


def search(connection: Connection, trail: Trail, *, skip: int, most: int) -> Found:
    """Return lines from the newest on; masked for who only inspects.

    In the order of their ids, which grow: a page keeps its lines while others are added.
    """
    fits = _fits(trail)
    count, newest = connection.execute(
        select(func.count(), func.max(t.audit.c.id)).where(*fits)
    ).one()
    query = select(t.audit).where(*fits).order_by(t.audit.c.id.desc()).offset(skip).limit(most)
    return Found(_read(connection, query), count, trail.upto or newest or "")


def _fits(trail: Trail) -> list[ColumnElement[bool]]:
    c = t.audit.c
    found: list[ColumnElement[bool]] = []
    if trail.who is not None:
        found.append(c.who.in_(sorted(trail.who)))
    if trail.action:
        found.append(c.action == trail.action)
    if trail.of is not None:
        units, things = trail.of
        found.append(or_(c.unit.in_(sorted(units)), c.ref.in_(sorted(things))))
    found += [c.at >= trail.since] if trail.since else []
    found += [c.at < trail.until] if trail.until else []
    found += [c.id <= trail.upto] if trail.upto else []
    return found


def _read(connection: Connection, query: Select[Any]) -> list[Note]:
    found = connection.execute(query).mappings()
    notes = [Note(**{k: r[k] for k in Note.__struct_fields__}) for r in found]
    return [_masked(note) for note in notes] if masking.inspects(connection) else notes


def _masked(note: Note) -> Note:
    """A line without what somebody typed, and without whole numbers of anybody."""
    failed = note.action.endswith("failed")
    return msgspec.structs.replace(
        note,
        who="" if failed else masking.account(note.who),
        ref="" if failed else masking.account(note.ref),
        detail=masking.detail(note.detail),
    )


def of_actions(connection: Connection, actions: Collection[str], since: str, of: Of) -> list[Note]:
    """Return the lines of some actions since a moment (UTC ISO text), the oldest first."""
    c = t.audit.c
    query = select(t.audit).where(c.action.in_(sorted(actions)), c.at >= since)
    found = connection.execute(query.where(where(c.unit, of)).order_by(c.id)).mappings()
    notes = [Note(**{k: r[k] for k in Note.__struct_fields__}) for r in found]
    return [_masked(note) for note in notes] if masking.inspects(connection) else notes


class Done(msgspec.Struct, frozen=True):
    """What somebody did for a school within an hour: when last, and how often."""

    at: str
    who: str
    action: str
    unit: str
    n: int


def done(
    connection: Connection,
    since: str,
    until: str,
    of: Of,
    actions: Collection[str],
    groups: Collection[str],
) -> list[Done]:
    """Return how often something was done from one moment until another (UTC ISO text).

    Of the whole county also what belongs to no school.

    Args:
        connection: The store.
        since: From when on.
        until: Until when.
        of: A school, or those somebody sees.
        actions: What is counted by its whole name.
        groups: What is counted besides, by the word before the point of its name.
    """
    c = t.audit.c
    hour, zone = func.substr(c.at, 1, 13), func.substr(c.at, func.length(c.at) - 5)
    in_group = [and_(c.action >= f"{word}.", c.action < f"{word}/") for word in groups]
    query = (
        select(func.max(c.at), c.who, c.action, c.unit, func.count())
        .where(c.at >= since, c.at < until, where(c.unit, of))
        .where(or_(c.action.in_(sorted(actions)), *in_group))
        .group_by(c.action, c.unit, c.who, hour, zone)
    )
    masked = masking.inspects(connection)
    return [
        Done(at, masking.account(who) if masked else who, action, unit, int(n))
        for at, who, action, unit, n in connection.execute(query)
    ]


def moments(
    connection: Connection, refs: Collection[str], actions: Collection[str]
) -> dict[tuple[str, str], list[str]]:
    """Return when each of some actions was done to each of some things, by (action, ref)."""
    c, found = t.audit.c, dict[tuple[str, str], list[str]]()
    query = select(c.action, c.ref, c.at).where(c.ref.in_(refs), c.action.in_(actions))
    for row in connection.execute(query.order_by(c.id)):
        found.setdefault((row.action, row.ref), []).append(row.at)
    return found
