"""Case codes read from the QR codes of slip photos, stored by photo hash."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, select

from sync_server.store import tables as t
from sync_server.store.parts import parts

SLIP_KINDS = ("notice_delivery", "correction")
"""Kinds of facts that bring a slip's photo: a delivery, or what corrects one."""

_HAS_PHOTO = t.case_file.join(t.fact, t.fact.c.case_id == t.case_file.c.id).join(
    t.fact_photo, t.fact_photo.c.fact_id == t.fact.c.id
)


def unread(connection: Connection, season: str, unit: str) -> list[str]:
    """Return hashes of stored photos of a school that may be slips and were not read yet."""
    joined = _HAS_PHOTO.join(t.photo, t.photo.c.sha256 == t.fact_photo.c.sha256).outerjoin(
        t.slip, t.slip.c.sha256 == t.fact_photo.c.sha256
    )
    query = select(t.photo.c.sha256).distinct().select_from(joined)
    query = query.where(t.case_file.c.season == season, t.case_file.c.unit == unit)
    query = query.where(t.fact.c.kind.in_(SLIP_KINDS), t.slip.c.sha256.is_(None))
    return list(connection.execute(query.order_by(t.photo.c.sha256)).scalars())


def save_codes(connection: Connection, codes: Mapping[str, str], now: str) -> None:
    """Store what was read: photo hash to case code, "" where none could be read.

    Codes stored before stay: two readers may read the same photo at once.
    """
    known = known_codes(connection, codes)
    fresh = [
        {"sha256": sha, "case_code": code, "read_at": now}
        for sha, code in codes.items()
        if sha not in known
    ]
    if fresh:
        connection.execute(t.slip.insert(), fresh)


def known_codes(connection: Connection, hashes: Iterable[str]) -> dict[str, str]:
    """Return the codes read from these photos by hash, "" where none could be read."""
    wanted, found = sorted(set(hashes)), dict[str, str]()
    for part in parts(wanted):
        query = select(t.slip.c.sha256, t.slip.c.case_code).where(t.slip.c.sha256.in_(part))
        found |= {row.sha256: row.case_code for row in connection.execute(query)}
    return found


def codes_in_use(connection: Connection, season: str, codes: Iterable[str]) -> set[str]:
    """Return which of these codes a case of the season has now."""
    wanted, found = sorted(set(codes)), set[str]()
    for part in parts(wanted):
        query = select(t.case_file.c.code).where(
            t.case_file.c.season == season, t.case_file.c.code.in_(part)
        )
        found |= set(connection.execute(query).scalars())
    return found


def suspect_cases(connection: Connection, season: str, unit: str) -> set[str]:
    """Return ids of cases whose photo shows another code or is used by another case too."""
    mine = (t.case_file.c.season == season, t.case_file.c.unit == unit)
    joined = _HAS_PHOTO.join(t.slip, t.slip.c.sha256 == t.fact_photo.c.sha256)
    query = select(t.fact.c.case_id).distinct().select_from(joined)
    query = query.where(*mine, t.slip.c.case_code != "", t.slip.c.case_code != t.case_file.c.code)
    found = set(connection.execute(query).scalars())
    also, there = t.fact_photo.alias("also"), t.fact.alias("there")
    joined = _HAS_PHOTO.join(also, also.c.sha256 == t.fact_photo.c.sha256).join(
        there, there.c.id == also.c.fact_id
    )
    pairs = select(t.fact.c.case_id, there.c.case_id).distinct().select_from(joined)
    pairs = pairs.where(*mine, there.c.season == season, there.c.case_id != t.fact.c.case_id)
    return found | {case for pair in connection.execute(pairs) for case in pair}
