"""What is set apart: quarantined records, what they conflict with, and what the centre decided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, RowMapping, Select, case, func, select, update

from shared import digest
from shared.problems import ProblemError
from shared.records.base import Fact
from sync_server.crypto.keys import signature_holds
from sync_server.store import by_hand, devices, fact_validation
from sync_server.store import tables as t
from sync_server.store.cases import stored
from sync_server.store.device_seasons import PLACES
from sync_server.store.devices import Device
from sync_server.store.received_fact import ReceivedFact
from sync_server.store.resolution import (
    ARRIVED,
    ASKED,
    DROPPED,
    ELSEWHERE,
    OUT_OF_CHAIN,
    TAKEN,
    waits,
)
from sync_server.store.scope import Of, where
from sync_server.store.stored_fact import StoredFact


class SetApart(msgspec.Struct, frozen=True, kw_only=True):
    """A quarantined record as it was received, with its phone, teacher and school.

    `n`, `link` and `sig` are its place in the phone's chain as the phone sent it. `settled_at` is
    "" while nobody has decided; `resolution` is one of resolution.TAKEN, DROPPED, ASKED, ARRIVED,
    RESENT, or "".
    """

    id: str
    season: str
    unit: str
    device: str
    n: int
    link: bytes
    sig: bytes
    fact_id: str
    sha256: str
    data: bytes
    code: str
    received_at: str
    settled_at: str
    resolution: str
    resolved_by: str
    resolved_reason: str
    teacher: str
    phone: str
    school: str

    @property
    def waits(self) -> bool:
        """Whether it keeps its school from a summary: undecided, or asked for and not here yet."""
        return not self.settled_at or self.resolution == ASKED

    @property
    def in_chain(self) -> bool:
        """Whether its number was counted in the phone's chain."""
        return self.code not in OUT_OF_CHAIN

    @property
    def received(self) -> ReceivedFact:
        """The record as the ledger takes one."""
        return ReceivedFact(data=self.data, n=self.n, link=self.link, sig=self.sig, signed=True)

    def fact(self) -> Fact | None:
        """Return the decoded record; None when the bytes are not one."""
        return fact_validation.decode_envelope(self.data)


def listed(
    connection: Connection,
    season: str,
    of: Of,
    *,
    resolved: bool = False,
    limit: int = -1,
    offset: int = 0,
) -> list[SetApart]:
    """Return a season's records set apart, of one school or of those somebody sees.

    Args:
        connection: The store.
        season: The season.
        of: The school, or what somebody sees.
        resolved: Those resolved, the newest first, instead of those that wait, the oldest first.
        limit: How many at most; -1 for all.
        offset: How many to pass over.
    """
    q = t.quarantine.c
    order = (q.settled_at.desc(), q.id.desc()) if resolved else (q.received_at, q.id)
    query = _joined().where(_of(season, of), ~waits() if resolved else waits())
    query = query.order_by(*order).offset(offset)
    query = query.limit(limit) if limit >= 0 else query
    return [_row(r) for r in connection.execute(query).mappings()]


def count_waiting(connection: Connection, season: str, of: Of) -> int:
    """Return how many wait, for a decision or for their phone."""
    query = select(func.count()).where(_of(season, of), waits())
    return int(connection.execute(query).scalar_one())


def counts(connection: Connection, season: str, of: Of) -> tuple[int, int]:
    """Return how many wait, for a decision or for their phone, and how many are resolved."""
    query = select(func.count()).where(_of(season, of))
    waiting = connection.execute(query.where(waits())).scalar_one()
    return waiting, connection.execute(query.where(~waits())).scalar_one()


def by_school(connection: Connection, season: str, of: Of) -> dict[str, tuple[int, int]]:
    """Return how many wait and how many there are in all, by school code."""
    q = t.quarantine.c
    waiting = func.sum(case((waits(), 1), else_=0)).label("waiting")
    query = select(q.unit, waiting, func.count().label("n")).where(_of(season, of))
    found = connection.execute(query.group_by(q.unit))
    return {row.unit: (int(row.waiting), int(row.n)) for row in found}


def get(connection: Connection, season: str, row_id: str) -> SetApart:
    """Return one. Raises: ProblemError quarantine.unknown."""
    q = t.quarantine.c
    query = _joined().where(q.id == row_id, q.season == season)
    found = connection.execute(query).mappings().first()
    if found is None:
        raise ProblemError("quarantine.unknown")
    return _row(found)


def of_teacher(
    connection: Connection, device: Device, ids: Iterable[str] | None = None
) -> list[SetApart]:
    """Return what was decided about the records of a phone, for its feed.

    Those its teacher's other phones sent too: a phone with a new key has the records that it sent
    under the key before. A drop is of what one phone sent, so it does not concern a phone whose own
    row of the same bytes is decided by itself.
    """
    q, own = t.quarantine.c, t.quarantine.alias().c
    mine = select(own.sha256).where(own.device == device.id)
    other_drop = (q.resolution == DROPPED) & (q.device != device.id) & q.sha256.in_(mine)
    theirs = devices.same_teacher_ever(connection, device)
    query = _joined().where(q.device.in_(theirs), ~other_drop)
    if ids is None:
        decided = q.resolution.in_((TAKEN, DROPPED, ASKED, ARRIVED)) & (q.code != ELSEWHERE)
        query = query.where(decided)
    else:
        query = query.where(q.id.in_(list(ids)))
    return [_row(r) for r in connection.execute(query.order_by(q.settled_at, q.id)).mappings()]


def taken(connection: Connection, device_ids: Sequence[str]) -> list[SetApart]:
    """Return what was taken by hand of these phones."""
    q = t.quarantine.c
    query = _joined().where(q.device.in_(list(device_ids)), q.resolution == TAKEN)
    return [_row(r) for r in connection.execute(query.order_by(q.id)).mappings()]


def resolve(
    connection: Connection, row: SetApart, *, how: str, by: str, reason: str, at: str
) -> None:
    """Write a decision. Raises: ProblemError quarantine.already_decided."""
    q = t.quarantine.c
    values = {"settled_at": at, "resolution": how, "resolved_by": by, "resolved_reason": reason}
    seen = (q.settled_at == row.settled_at) & (q.code == row.code)
    where = (q.id == row.id) & waits() & seen
    if not connection.execute(update(t.quarantine).where(where).values(**values)).rowcount:
        raise ProblemError("quarantine.already_decided")


def reopen(connection: Connection, row: SetApart) -> None:
    """Take a decision back. Raises: ProblemError quarantine.not_reopened (taken, arrived, open)."""
    q = t.quarantine.c
    where = (q.id == row.id) & q.resolution.in_((DROPPED, ASKED)) & (q.settled_at == row.settled_at)
    none = dict.fromkeys(("settled_at", "resolution", "resolved_by", "resolved_reason"), "")
    if not connection.execute(update(t.quarantine).where(where).values(**none)).rowcount:
        raise ProblemError("quarantine.not_reopened")


def obstacle(connection: Connection, row: SetApart) -> str:
    """Return the problem that keeps a record from being taken as it is now; "" for none."""
    fact = row.fact()
    if fact is None:
        return "fact.unreadable"
    known = stored_with_id(connection, fact.id)
    if known is not None:
        return "" if known.sha256 == row.sha256 else "fact.conflict"
    device = devices.in_season(connection, row.device, row.season)
    then = msgspec.structs.replace(device, season=row.season, unit=row.unit)
    problem = by_hand.content_problem(connection, then, row.received, fact)
    if problem:
        return problem
    if row.in_chain or link_before(connection, row):
        return ""
    return "fact.bad_signature"


def take(connection: Connection, row: SetApart, fact: Fact, at: str) -> None:
    """Store a record without an obstacle in the ledger, at its own number where that counts."""
    device = devices.in_season(connection, row.device, row.season)
    then = msgspec.structs.replace(device, season=row.season, unit=row.unit)
    n = row.n if row.in_chain else 0
    by_hand.take(connection, then, msgspec.structs.replace(row.received, n=n), fact, at)


def link_before(connection: Connection, row: SetApart) -> bytes | None:
    """Find the link that a record continues, which proves that its phone signed these very bytes.

    A signature covers the record's link, and a link covers the bytes only together with the link
    before it: that of a record the phone sent under the number before, in the ledger or set apart,
    or the start of its chain.

    Returns:
        The link before; None when none of this phone's fits, or the signature is not its own.
    """
    device = devices.by_id(connection, row.device)
    if not signature_holds(device.public_key, row.link, row.sig):
        return None
    known = [digest.GENESIS] if row.n == 1 else []
    for c in (t.fact.c, t.quarantine.c):
        earlier = select(c.link).where(c.device == row.device, c.n == row.n - 1)
        known += connection.execute(earlier).scalars()
    return next((before for before in known if digest.link(before, row.sha256) == row.link), None)


def stored_with_id(connection: Connection, fact_id: str) -> StoredFact | None:
    """Return the ledger's record of an id."""
    return _stored(connection, t.fact.c.id == fact_id)


def stored_at(connection: Connection, device: str, n: int) -> StoredFact | None:
    """Return the ledger's record at a number of a phone's chain."""
    return _stored(connection, (t.fact.c.device == device) & (t.fact.c.n == n))


def _stored(connection: Connection, where: ColumnElement[bool]) -> StoredFact | None:
    row = connection.execute(select(t.fact).where(where)).mappings().first()
    return None if row is None or not row["data"] else stored(row)


def decided(connection: Connection, season: str, unit: str) -> list[str]:
    """Return the rows of a school that the centre decided not to have: dropped, or asked for."""
    q = t.quarantine.c
    query = select(q.id).where(_of(season, unit), q.resolution.in_((DROPPED, ASKED)))
    return list(connection.execute(query.order_by(q.id)).scalars())


def _of(season: str, of: Of) -> ColumnElement[bool]:
    q = t.quarantine.c
    return (q.season == season) & where(q.unit, of)


def _joined() -> Select[Any]:
    q, u, d = t.quarantine.c, t.unit.c, PLACES.c
    joined = (
        t.quarantine.outerjoin(PLACES, (q.device == d.id) & (q.season == d.season))
        .outerjoin(t.staff, d.staff == t.staff.c.id)
        .outerjoin(t.unit, (u.season == q.season) & (u.code == q.unit))
    )
    names = (
        t.staff.c.name.label("teacher"),
        d.name.label("phone"),
        u.name.label("school"),
    )
    return select(t.quarantine, *names).select_from(joined)


def _row(row: RowMapping) -> SetApart:
    named = ("teacher", "phone", "school")
    values = {name: row[name] for name in SetApart.__struct_fields__}
    return SetApart(**{**values, **{name: values[name] or "" for name in named}})
