"""A teacher's own records for a phone that does not hold them: made on another phone or on paper.

They go to the phone with their case, and only while the case is this teacher's.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, func, or_, select

from shared import wire
from sync_server.store import devices
from sync_server.store import tables as t
from sync_server.store.devices import Device
from sync_server.store.on_list import ON_LIST
from sync_server.store.parts import parts

PAGE_BYTES = 1024 * 1024
"""Bytes of own records in a page of changes, and of one case's: with 500 cases they stay below the
8 MiB a phone reads (mobile/sync/client.py). A season's records of a teacher are some hundreds of
KB."""
LARGEST_BYTES = 48 * 1024
"""A record larger than this is left out: as base64 a phone would not take its text
(mobile/sync/answers.py). The longest that the app makes, two texts of 4,000 characters, is 25 KB.
"""


def fitting(
    connection: Connection, device: Device, held_from: int, cases: Sequence[str]
) -> Sequence[str]:
    """Return the first of these cases whose own records fit into a page; at least one.

    Args:
        connection: The database.
        device: The phone that asks.
        held_from: The lowest number of its chain that the phone still holds.
        cases: Case ids.

    """
    f, sizes = t.fact.c, dict[str, int]()
    for part in parts(cases):
        query = (
            select(f.case_id, func.sum(func.length(f.data)))
            .where(_wanted(device, held_from), f.case_id.in_(part))
            .group_by(f.case_id)
        )
        sizes |= {case: int(size) for case, size in connection.execute(query)}
    total = 0

    def fits(case: str) -> bool:
        nonlocal total
        total += min(sizes.get(case, 0), PAGE_BYTES)
        return total <= PAGE_BYTES

    return list(takewhile(fits, cases))


def of_cases(
    connection: Connection, device: Device, held_from: int, cases: Sequence[str]
) -> list[wire.Change]:
    """Return a change for each of these cases that has own records, in ledger order.

    Args:
        connection: The database.
        device: The phone that asks.
        held_from: As in `fitting`.
        cases: Ids of cases of this phone's teacher.

    """
    found: dict[str, list[RowMapping]] = {}
    f = t.fact.c
    for part in parts(cases):
        query = (
            select(f.case_id, f.data, f.seq)
            .where(_wanted(device, held_from), f.case_id.in_(part))
            .order_by(f.seq)
        )
        for row in connection.execute(query).mappings():
            found.setdefault(row["case_id"], []).append(row)
    return [
        wire.Change(
            seq=rows[-1]["seq"],
            kind="own",
            ref=case,
            own=tuple(
                wire.OwnRecord(bytes=wire.b64(row["data"]), seq=row["seq"]) for row in _newest(rows)
            ),
        )
        for case, rows in found.items()
    ]


def photo_size(connection: Connection, device: Device, sha256: str) -> int | None:
    """Return the bytes of a stored photo that a record of this phone's teacher names.

    Returns:
        None for every other photo, and while the record's case is not this teacher's.

    """
    named, case, c = t.fact_photo.c, t.case_file.c, t.photo.c
    query = (
        select(c.size_bytes)
        .join(t.fact_photo, named.sha256 == c.sha256)
        .join(t.fact, t.fact.c.id == named.fact_id)
        .join(t.case_file, case.id == t.fact.c.case_id)
        .where(c.sha256 == sha256, _of_teacher(device))
        .where(case.season == device.season, case.unit == device.unit)
        .where(case.assignee == device.staff, ON_LIST)
        .limit(1)
    )
    return connection.execute(query).scalar()


def _wanted(device: Device, held_from: int) -> ColumnElement[bool]:
    """What is this teacher's and this phone does not hold."""
    f = t.fact.c
    not_held = or_(f.device != device.id, f.n < held_from)
    return and_(_of_teacher(device), not_held, func.length(f.data) <= LARGEST_BYTES)


def _of_teacher(device: Device) -> ColumnElement[bool]:
    """What this teacher's phones sent, and what the office typed in from this teacher's sheets."""
    f = t.fact.c
    sent = f.device.in_(devices.same_teacher(device))
    wrote = and_(f.visited_by != "", f.visited_by == device.staff)
    return and_(or_(sent, wrote), f.unit == device.unit)


def _newest(rows: list[RowMapping]) -> list[RowMapping]:
    """The newest records of a case that fit into a page; all of them, but for an odd case."""
    total, kept = 0, list[RowMapping]()
    for row in reversed(rows):
        total += len(row["data"])
        if total > PAGE_BYTES:
            break
        kept.append(row)
    return kept[::-1]
