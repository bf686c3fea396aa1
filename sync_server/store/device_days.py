"""What each phone sent on a day of the server, counted in the transaction that accepts it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select, text, update

from shared.season import china_day
from sync_server import quotas
from sync_server.store import tables as t


def day_of(now: str) -> str:
    """Return the day (China) of a moment as it is stored (UTC ISO)."""
    return china_day(datetime.fromisoformat(now)).isoformat()


def add_photo(connection: Connection, device: str, now: str, size_bytes: int) -> bool:
    """Count a photo; return False, and count nothing, where the day's quota is used up."""
    c = t.device_day.c
    room = (c.photos < quotas.DAY_PHOTOS) & (c.photo_bytes + size_bytes <= quotas.DAY_PHOTO_BYTES)
    more = {"photos": c.photos + 1, "photo_bytes": c.photo_bytes + size_bytes}
    day = _day(connection, device, now)
    return connection.execute(update(t.device_day).where(day, room).values(more)).rowcount > 0


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


def quarantined_bytes(connection: Connection) -> int:
    """Bytes that were quarantined of all phones, on all days."""
    total = select(func.coalesce(func.sum(t.device_day.c.quarantined_bytes), 0))
    return int(connection.execute(total).scalar_one())


def _day(connection: Connection, device: str, now: str) -> ColumnElement[bool]:
    """Make the row of a phone's day where it lacks; return what selects it."""
    place = {"device": device, "day": day_of(now)}
    connection.execute(
        text("INSERT INTO device_day (device, day) VALUES (:device, :day) ON CONFLICT DO NOTHING"),
        place,
    )
    c = t.device_day.c
    return (c.device == place["device"]) & (c.day == place["day"])
