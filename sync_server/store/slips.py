"""What was read from slip photos, by photo hash: case code, sharpness, the same shot elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, or_, select, true, update

from sync_server.store import tables as t
from sync_server.store.parts import parts
from sync_server.store.photo_look import UNMEASURED, PhotoLook
from sync_server.store.scope import Of, where

SLIP_KINDS = ("notice_delivery", "correction")
"""Kinds of facts that bring a slip's photo: a delivery, or what corrects one."""

_HAS_PHOTO = t.case_file.join(t.fact, t.fact.c.case_id == t.case_file.c.id).join(
    t.fact_photo, t.fact_photo.c.fact_id == t.fact.c.id
)


_NOT_LOOKED, _NO_PICTURE = -1, -2
"""Instead of a sharpness in hundredths: an earlier version read it; there is none."""


def _hundredths(sharpness: float) -> int:
    return _NO_PICTURE if sharpness == UNMEASURED else round(sharpness * 100)


def unread(connection: Connection, season: str, unit: str) -> list[str]:
    """Return hashes of stored photos of a school that may be slips and were not read yet."""
    joined = _HAS_PHOTO.join(t.photo, t.photo.c.sha256 == t.fact_photo.c.sha256).outerjoin(
        t.slip, t.slip.c.sha256 == t.fact_photo.c.sha256
    )
    query = select(t.photo.c.sha256).distinct().select_from(joined)
    query = query.where(t.case_file.c.season == season, t.case_file.c.unit == unit)
    query = query.where(t.fact.c.kind.in_(SLIP_KINDS))
    query = query.where(or_(t.slip.c.sha256.is_(None), t.slip.c.sharpness == _NOT_LOOKED))
    return list(connection.execute(query.order_by(t.photo.c.sha256)).scalars())


def save_looks(connection: Connection, looks: Mapping[str, PhotoLook], now: str) -> None:
    """Store what was read, by photo hash.

    What was stored before stays: two readers may read the same photo at once. Of a photo that an
    earlier version read, the code stays and the rest is added.
    """
    known = known_codes(connection, looks)
    fresh = [
        {
            "sha256": sha,
            "case_code": look.code,
            "read_at": now,
            "sharpness": _hundredths(look.sharpness),
            "same": look.same,
        }
        for sha, look in looks.items()
        if sha not in known
    ]
    if fresh:
        connection.execute(t.slip.insert(), fresh)
    for sha in known:
        change = update(t.slip).where(t.slip.c.sha256 == sha, t.slip.c.sharpness == _NOT_LOOKED)
        look = looks[sha]
        connection.execute(change.values(sharpness=_hundredths(look.sharpness), same=look.same))


def known_looks(connection: Connection, hashes: Iterable[str]) -> dict[str, PhotoLook]:
    """Return what was read from these photos, by hash; one not read yet is left out."""
    wanted, found, s = sorted(set(hashes)), dict[str, PhotoLook](), t.slip.c
    for part in parts(wanted):
        query = select(s.sha256, s.case_code, s.sharpness, s.same).where(s.sha256.in_(part))
        for row in connection.execute(query):
            sharpness = row.sharpness / 100 if row.sharpness >= 0 else UNMEASURED
            found[row.sha256] = PhotoLook(row.case_code, sharpness, row.same)
    return found


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


def suspect_cases(connection: Connection, season: str, of: Of) -> set[str]:
    """Return ids of cases whose photo shows another code or is used by another case too."""
    return _suspects(connection, season, where(t.case_file.c.unit, of))


def suspects_among(connection: Connection, season: str, case_ids: Sequence[str]) -> set[str]:
    """Return those of these cases, and whoever shares a photo with them, as `suspect_cases`."""
    found = set[str]()
    for part in parts(case_ids):
        found |= _suspects(connection, season, t.case_file.c.id.in_(part))
    return found


def _suspects(connection: Connection, season: str, which_cases: ColumnElement[bool]) -> set[str]:
    mine = (t.case_file.c.season == season, which_cases)
    joined = _HAS_PHOTO.join(t.slip, t.slip.c.sha256 == t.fact_photo.c.sha256)
    query = select(t.fact.c.case_id).distinct().select_from(joined)
    query = query.where(*mine, t.slip.c.case_code != "", t.slip.c.case_code != t.case_file.c.code)
    found = set(connection.execute(query).scalars())
    also, there = t.fact_photo.alias("also"), t.fact.alias("there")
    same_file = _HAS_PHOTO.join(also, also.c.sha256 == t.fact_photo.c.sha256)
    twin = t.slip.alias("twin")
    same_shot = (
        _HAS_PHOTO.join(t.slip, t.slip.c.sha256 == t.fact_photo.c.sha256)
        .join(twin, (twin.c.same == t.slip.c.same) & (twin.c.sha256 != t.slip.c.sha256))
        .join(also, also.c.sha256 == twin.c.sha256)
    )
    for source, which in ((same_file, true()), (same_shot, t.slip.c.same != "")):
        joined = source.join(there, there.c.id == also.c.fact_id)
        pairs = select(t.fact.c.case_id, there.c.case_id).distinct().select_from(joined)
        pairs = pairs.where(*mine, which, there.c.season == season)
        pairs = pairs.where(there.c.case_id != t.fact.c.case_id)
        found |= {case for pair in connection.execute(pairs) for case in pair}
    return found
