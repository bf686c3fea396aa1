"""What each phone sent on a day of the server, counted in the transaction that accepts it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    bindparam,
    case,
    func,
    select,
    text,
    update,
)

from shared.season import china_day
from sync_server import quotas
from sync_server.store import tables as t
from sync_server.store.device_seasons import PLACES
from sync_server.store.prepared import Prepared

_DAY = Prepared(
    text("INSERT INTO device_day (device, day) VALUES (:device, :day) ON CONFLICT DO NOTHING")
)


def day_of(now: str) -> str:
    """Return the day (China) of a moment as it is stored (UTC ISO)."""
    return china_day(datetime.fromisoformat(now)).isoformat()


def _photo() -> Prepared:
    """Count a photo where the day has room for it: built once, every photo of a phone runs it."""
    c, more = t.device_day.c, bindparam("more", type_=Integer)
    return Prepared(
        update(t.device_day)
        .where(c.device == bindparam("of_device"), c.day == bindparam("of_day"))
        .where(c.photos < quotas.DAY_PHOTOS, c.photo_bytes + more <= quotas.DAY_PHOTO_BYTES)
        .values({"photos": c.photos + 1, "photo_bytes": c.photo_bytes + more})
    )


_PHOTO = _photo()


def add_photo(connection: Connection, device: str, now: str, size_bytes: int) -> bool:
    """Count a photo; return False, and count nothing, where the day's quota is used up."""
    _day(connection, device, now)
    given = {"of_device": device, "of_day": day_of(now), "more": size_bytes}
    return _PHOTO.run(connection, given) > 0


def add_quarantined(connection: Connection, device: str, now: str, size_bytes: int) -> bool:
    """Count a quarantined record; return False, and count nothing, where the quota is used up."""
    c = t.device_day.c
    room = (c.quarantined < quotas.DAY_REFUSED) & (
        c.quarantined_bytes + size_bytes <= quotas.DAY_REFUSED_BYTES
    )
    more = {
        "quarantined": c.quarantined + 1,
        "quarantined_bytes": c.quarantined_bytes + size_bytes,
    }
    day = _day(connection, device, now)
    return connection.execute(update(t.device_day).where(day, room).values(more)).rowcount > 0


class OftenRefused(msgspec.Struct, frozen=True, kw_only=True):
    """A phone that may send, of whose records many were set apart.

    Attributes:
        device: Its id.
        name: Its name.
        teacher: Whose it is.
        records: How many were set apart of late.
        stopped: Whether no more are accepted today.
    """

    device: str
    name: str
    teacher: str
    records: int
    stopped: bool


def often_refused(connection: Connection, season: str, unit: str, now: str) -> list[OftenRefused]:
    """Return the phones of a school that somebody should look at."""
    d, c, today = PLACES.c, t.device_day.c, day_of(now)
    since = date.fromisoformat(today) - timedelta(days=quotas.DAYS_REFUSED_SHOWN - 1)
    of_today = case((c.day == today, c.quarantined), else_=0)
    joined = t.device_day.join(PLACES, c.device == d.id)
    query = (
        select(
            d.id,
            d.name,
            func.coalesce(func.max(t.staff.c.name), "").label("teacher"),
            func.sum(c.quarantined).label("records"),
            func.max(of_today).label("today"),
        )
        .select_from(joined.outerjoin(t.staff, d.staff == t.staff.c.id))
        .where(d.season == season, d.unit == unit, d.state == "confirmed")
        .where(c.day >= since.isoformat(), c.quarantined >= quotas.SHOWN_REFUSED)
        .group_by(d.id, d.name)
        .order_by(d.id)
    )
    return [
        OftenRefused(
            device=row.id,
            name=row.name,
            teacher=row.teacher,
            records=int(row.records),
            stopped=row.today >= quotas.DAY_REFUSED,
        )
        for row in connection.execute(query)
    ]


def accept_more(connection: Connection, device: str) -> bool:
    """Begin a phone's counts of records set apart anew; return False where there are none.

    The bytes stay counted: they are about the disk.
    """
    c = t.device_day.c
    counted = (c.device == device) & (c.quarantined > 0)
    return (
        connection.execute(update(t.device_day).where(counted).values(quarantined=0)).rowcount > 0
    )


def quarantined_bytes(connection: Connection) -> int:
    """Bytes that were quarantined of all phones, on all days."""
    total = select(func.coalesce(func.sum(t.device_day.c.quarantined_bytes), 0))
    return int(connection.execute(total).scalar_one())


def _day(connection: Connection, device: str, now: str) -> ColumnElement[bool]:
    """Make the row of a phone's day where it lacks; return what selects it."""
    place = {"device": device, "day": day_of(now)}
    _DAY.run(connection, place)
    c = t.device_day.c
    return (c.device == place["device"]) & (c.day == place["day"])
