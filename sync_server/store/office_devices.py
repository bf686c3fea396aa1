"""The device that a school's office signs records from paper with: one at a time, with its chain.

It has no token and no teacher, so nothing from outside can send with it, enrol it or renew it. It
belongs to one history of the database: after a restore, and in a copy of the data folder, its chain
here may lack numbers that were signed elsewhere, so another device with a new key takes its place.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select, update

from shared.digest import GENESIS
from sync_server.store import serving_mark
from sync_server.store import tables as t
from sync_server.store.devices import CONFIRMED, OFFICE, REVOKED, Device
from sync_server.store.rows import as_struct
from sync_server.store.scope import WHOLE_COUNTY, Of, where

NAME = "学校办公室（纸质录入）"
"""What such a device is called."""


def current(connection: Connection, season: str, unit: str, epoch: str) -> Device | None:
    """Return the device whose chain may go on here; None where another is to be made.

    Args:
        connection: The database.
        season: The season.
        unit: The school.
        epoch: The database's history.

    """
    found = _at_work(connection, season, unit)
    if found is None or found.epoch != epoch:
        return None
    copied = serving_mark.copied(connection)
    if copied is not None and found.enrolled_at <= copied.found_at:
        return None
    return found


def make(
    connection: Connection,
    season: str,
    unit: str,
    epoch: str,
    *,
    device_id: str,
    public_key: bytes,
    now: datetime,
) -> Device:
    """Make a school's device and stop the one before, whose records and chain stay.

    Args:
        connection: The writer's.
        season: The season.
        unit: The school.
        epoch: The database's history.
        device_id: Its new id.
        public_key: The point of its new key.
        now: The real time.

    """
    before = _at_work(connection, season, unit)
    c = t.device.c
    at_work = (c.season == season) & (c.unit == unit) & (c.kind == OFFICE)
    connection.execute(update(t.device).where(at_work).values(state=REVOKED))
    made = Device(
        id=device_id,
        season=season,
        unit=unit,
        staff="",
        name=NAME,
        public_key=public_key,
        state=CONFIRMED,
        n=0,
        link=GENESIS,
        enrolled_at=now.isoformat(),
        replaces=before.id if before else "",
        kind=OFFICE,
        epoch=epoch,
    )
    row = {name: getattr(made, name) for name in Device.__struct_fields__}
    # no sha256 of a token looks like this: nobody signs in with it
    row |= {"token_hash": f"office-{device_id}", "confirmed_at": made.enrolled_at}
    connection.execute(t.device.insert(), row)
    return made


def ids(connection: Connection, season: str = "") -> set[str]:
    """Return the ids of all office devices, of one season or of all."""
    query = select(t.device.c.id).where(t.device.c.kind == OFFICE)
    if season:
        query = query.where(t.device.c.season == season)
    return set(connection.execute(query).scalars())


def schools(connection: Connection, season: str, of: Of = WHOLE_COUNTY) -> frozenset[str]:
    """Return the schools whose office has typed in records from paper."""
    c = t.device.c
    query = select(c.unit).where(c.season == season, c.kind == OFFICE, where(c.unit, of))
    return frozenset(connection.execute(query).scalars())


def _at_work(connection: Connection, season: str, unit: str) -> Device | None:
    c = t.device.c
    query = select(t.device).where(
        c.season == season, c.unit == unit, c.kind == OFFICE, c.state == CONFIRMED
    )
    row = connection.execute(query.order_by(c.id.desc()).limit(1)).mappings().first()
    return None if row is None else as_struct(row, Device)
