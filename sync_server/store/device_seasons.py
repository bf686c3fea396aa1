"""Whose phone a device is in which season.

The row of a device says where it is now. Where it was in a season that it has gone on from lies in
`device_season`: school, teacher, and whether it was confirmed there. Both together are PLACES,
which every reader of a season's phones asks; key, name and the head of the chain are the device's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Subquery,
    and_,
    case,
    literal,
    or_,
    select,
    union_all,
    update,
)

from sync_server.store import tables as t
from sync_server.store.parts import parts

PENDING: Final = "pending"
CONFIRMED: Final = "confirmed"
REVOKED: Final = "revoked"

_COLUMNS = ("device", "season", "unit", "staff", "state", "confirmed_at")


def _places() -> Subquery:
    d, p = t.device.c, t.device_season.c
    of_before = {
        "season": p.season,
        "unit": p.unit,
        "staff": p.staff,
        "state": case((d.state == REVOKED, REVOKED), else_=p.state),
        "confirmed_at": p.confirmed_at,
    }
    now = select(*d, literal("").label("now_in"))
    before = select(
        *(of_before.get(c.name, c).label(c.name) for c in d), d.season.label("now_in")
    ).join_from(t.device, t.device_season, p.device == d.id)
    return union_all(now, before).subquery("place")


PLACES = _places()
"""Every device once for each season it is or was in; a stopped one is stopped in all of them.
`now_in`: the season it has gone on into, "" for where it is now."""


def rows(connection: Connection, device_id: str) -> list[RowMapping]:
    """Return a device's places, in order of season."""
    c = PLACES.c
    query = select(PLACES).where(c.id == device_id).order_by(c.season)
    return list(connection.execute(query).mappings())


def gone_on(connection: Connection, season: str) -> dict[str, str]:
    """Return the season that each device of this one has gone on into, by the device's id."""
    c = PLACES.c
    query = select(c.id, c.now_in).where(c.season == season, c.now_in != "")
    return {row.id: row.now_in for row in connection.execute(query)}


def may_hand_in(connection: Connection, device_id: str) -> bool:
    """Whether a phone that waits for its liaison was confirmed in a season before."""
    p = t.device_season.c
    query = select(p.season).where(p.device == device_id, p.state == CONFIRMED).limit(1)
    return connection.execute(query).first() is not None


def of_person(connection: Connection, device_id: str) -> ColumnElement[bool]:
    """Select, of PLACES, the phones of a phone's teacher in every season that it is or was in."""
    c = PLACES.c
    own = [
        and_(c.season == row["season"], c.unit == row["unit"], c.staff == row["staff"])
        for row in rows(connection, device_id)
    ]
    return and_(or_(*own), c.kind == "")


def keep(connection: Connection, device_ids: Sequence[str]) -> None:
    """Note where these devices are now; the caller then writes where they go on to."""
    d = t.device.c
    state = case((d.state == CONFIRMED, CONFIRMED), else_=PENDING)
    now = select(d.id, d.season, d.unit, d.staff, state, d.confirmed_at)
    for part in parts(device_ids):
        kept = now.where(d.id.in_(part))
        connection.execute(t.device_season.insert().from_select(_COLUMNS, kept))


def go(
    connection: Connection, device_id: str, place: Mapping[str, str], *, noted: bool = True
) -> None:
    """Move a device to a place, in another season or in the one where it is.

    Args:
        connection: The writer's.
        device_id: The device.
        place: `season`, `unit`, `staff`, and whatever else changes in its row.
        noted: Whether the place it leaves stays noted; of a purged season nothing is known.
    """
    p = t.device_season.c
    if noted:
        keep(connection, [device_id])
    there = (p.device == device_id) & (p.season == place["season"])
    connection.execute(t.device_season.delete().where(there))
    connection.execute(update(t.device).where(t.device.c.id == device_id).values(**place))


def go_back(connection: Connection, season: str) -> int:
    """Move phones that a season opened again has to the newest later one where they were before.

    Nothing is noted of the season they leave: it is being purged. Return how many went.
    """
    d, c = t.device.c, PLACES.c
    here = select(d.id).where(d.season == season, d.state != REVOKED)
    later = select(PLACES).where(c.id.in_(here), c.season > season).order_by(c.season)
    newest = {row["id"]: row for row in connection.execute(later).mappings()}
    for device_id, row in newest.items():
        go(connection, device_id, {n: str(row[n]) for n in _COLUMNS[1:]}, noted=False)
    return len(newest)


def set_state(connection: Connection, device_id: str, state: str) -> None:
    """Write the state of a device in the seasons before, too."""
    where = t.device_season.c.device == device_id
    connection.execute(update(t.device_season).where(where).values(state=state))


def copy(connection: Connection, before: str, device_id: str) -> None:
    """Give a phone with a new key the seasons of the one before; it waits in each of them."""
    p = t.device_season.c
    of_before = select(literal(device_id), p.season, p.unit, p.staff, literal(PENDING), literal(""))
    kept = of_before.where(p.device == before)
    connection.execute(t.device_season.insert().from_select(_COLUMNS, kept))


def put(connection: Connection, device_id: str, season: str, unit: str, staff: str) -> None:
    """Note a season before of a phone that waits: its teacher was there, its records are unsent."""
    row = {"device": device_id, "season": season, "unit": unit, "staff": staff, "state": PENDING}
    connection.execute(t.device_season.insert(), row)
