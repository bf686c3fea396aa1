"""Records that wait because they were made far from their village: that takes its other people.

Where a village is, the positions of its people say (store/record_places.py). So one more position
can make records of others wait, or no longer. The rule is that of `record_places.away`.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from shared import review_needs
from shared.records.base import Position
from shared.review_needs import FAR_KM
from sync_server.store.record_places import km_between
from sync_server.store.standing_rows import StandingRow

_KM_A_DEGREE = 111.3
Village = tuple[str, str, str]
"""Season, school, and the village as the row has it."""
_place: msgspec.json.Decoder[tuple[float, float]] = msgspec.json.Decoder(tuple[float, float])
_near: msgspec.json.Decoder[list[tuple[float, float]]] = msgspec.json.Decoder(
    list[tuple[float, float]]
)


def village_of(row: StandingRow) -> Village:
    """Return whose positions say with those of a row where the village is."""
    return row.season, row.unit, row.village


def counted(rows: Iterable[StandingRow]) -> list[StandingRow]:
    """Set `waiting` of rows, of which every village is whole; return those that changed."""
    villages: dict[Village, list[StandingRow]] = {}
    changed = []
    for row in rows:
        if row.village:
            villages.setdefault(village_of(row), []).append(row)
        elif _set(row, 0):
            changed.append(row)
    for people in villages.values():
        places = {row.case_id: _position(row.place) for row in people if row.place}
        changed += [row for row in people if _set(row, _far(row, places))]
    return changed


def _set(row: StandingRow, far: int) -> bool:
    before, row.waiting = row.waiting, row.own_waiting + far
    return row.waiting != before


def _far(row: StandingRow, places: dict[str, Position]) -> int:
    """How many of a row's records are far from where the village's other people say it is."""
    if not row.near:
        return 0
    centre = review_needs.middle([p for of, p in places.items() if of != row.case_id])
    if centre is None:
        return 0
    here = (Position(latitude_deg=a, longitude_deg=b) for a, b in _near.decode(row.near))
    return sum(_is_far(one, centre) for one in here)


def _is_far(here: Position, there: Position) -> bool:
    """Whether two positions are more than FAR_KM apart, exactly only where it is close."""
    north = abs(here.latitude_deg - there.latitude_deg) * _KM_A_DEGREE
    if north > 2 * FAR_KM:
        return True
    east = abs(here.longitude_deg - there.longitude_deg) * _KM_A_DEGREE
    if north + east < FAR_KM / 2:  # a degree of longitude is nowhere longer than one of latitude
        return False
    return km_between(here, there) > FAR_KM


def _position(text: str) -> Position:
    latitude_deg, longitude_deg = _place.decode(text)
    return Position(latitude_deg=latitude_deg, longitude_deg=longitude_deg)
