"""Directions: one case as a link for each map app, by its saved position or else by its village.

Such a link carries a village's name and at most a position rounded to about 100 m: never the
borrower's name, never a house number. Amap takes GCJ-02, Baidu BD-09, the phone's own map WGS-84.
"""

from __future__ import annotations

from urllib.parse import quote, urlencode

import msgspec

from mobile.usecases import learnt
from mobile.usecases.phone import Phone
from mobile.usecases.season import season as season_of
from shared.geo import bd09, gcj02
from shared.identity import mask_address
from shared.problems import ProblemError
from shared.records.base import Position
from shared.wire import CaseState

AMAP, BAIDU = "https://uri.amap.com", "https://api.map.baidu.com"
SOURCE = "doorstep"
"""Our name in the links, which both map services ask for."""
DECIMALS = 6
"""0.1 m: the shift must add no error of its own to a position rounded to three decimals."""


class MapLink(msgspec.Struct, frozen=True):
    """One map app. `name_key`: the key of its name in mobile/i18n; `url`: what opens it."""

    name_key: str
    url: str


async def way_there(phone: Phone, case_id: str) -> tuple[MapLink, ...]:
    """Return the links for Amap, Baidu and the phone's own map; none without position and address.

    Raises:
        ProblemError: case.unknown.

    """
    state = phone.store.cases.get(case_id)
    if state is None:
        raise ProblemError("case.unknown", case=case_id)
    season = await season_of(phone)
    place = phone.standings.of(state, phone.store.facts.of(case_id), season).place
    own = learnt.proposed(phone, state)
    address = learnt.newest(state, own, "address").value
    village = _village(state, address)
    moved = bool(address)  # a position may be that of the old address
    if place is not None and not moved:
        return _links(*_by_position(place, village))
    return _links(*_by_words(village)) if village else ()


def _village(state: CaseState, learnt_address: str) -> str:
    """The address down to the village: the one learnt, else the list's.

    Where none of its parts is recognised, township and village as listed.
    """
    case = state.case
    for address in (learnt_address, case.address):
        masked = mask_address(address)
        if masked.strip("*"):
            return masked
    return mask_address(case.township + case.village).strip("*")


def _by_position(place: Position, village: str) -> tuple[str, str, str]:
    fix = (place.latitude_deg, place.longitude_deg)
    amap_latitude, amap_longitude = gcj02(*fix)
    amap = {
        "position": _pair(amap_longitude, amap_latitude),
        "name": village,
        "coordinate": "gaode",
        "src": SOURCE,
    }
    baidu = {
        "location": _pair(*bd09(*fix)),
        "title": village,
        "content": village,
        "coord_type": "bd09ll",
    }
    own = _pair(*fix)
    return (
        f"{AMAP}/marker?{_query(amap)}",
        f"{BAIDU}/marker?{_query({**baidu, 'output': 'html', 'src': SOURCE})}",
        f"geo:{own}?q={own}",
    )


def _by_words(village: str) -> tuple[str, str, str]:
    return (
        f"{AMAP}/search?{_query({'keyword': village, 'src': SOURCE})}",
        f"{BAIDU}/geocoder?{_query({'address': village, 'output': 'html', 'src': SOURCE})}",
        f"geo:0,0?q={quote(village)}",
    )


def _links(amap: str, baidu: str, own: str) -> tuple[MapLink, ...]:
    return (MapLink("way.amap", amap), MapLink("way.baidu", baidu), MapLink("way.system", own))


def _pair(first_deg: float, second_deg: float) -> str:
    return f"{round(first_deg, DECIMALS)},{round(second_deg, DECIMALS)}"


def _query(values: dict[str, str]) -> str:
    """The values given, percent-encoded as UTF-8; the comma between two numbers stays."""
    return urlencode(
        {name: value for name, value in values.items() if value}, safe=",", quote_via=quote
    )
