"""The list by village, and the next door of the same village after a record was saved."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mobile.capture.position import distance_m
from mobile.usecases.lines import case_line
from mobile.usecases.phone import Phone
from mobile.usecases.season import current_season
from mobile.usecases.views import CaseLine
from shared.records.base import Position
from shared.records.registry import named
from shared.season import Season, china_day, day_of


class Village(msgspec.Struct, frozen=True, kw_only=True):
    """A village of the list. `left`: how many of its people something is still to be done for."""

    township: str
    name: str
    lines: tuple[CaseLine, ...]
    left: int


class NextDoor(msgspec.Struct, frozen=True, kw_only=True):
    """Where to go next in a village, and how many are left there; None where everybody is done."""

    village: str
    line: CaseLine | None
    left: int


def by_village(lines: Sequence[CaseLine]) -> tuple[Village, ...]:
    """Return the rows grouped by village: the village of the first row first, rows in their order.

    Args:
        lines: The rows, the most urgent first.

    """
    found: dict[tuple[str, str], list[CaseLine]] = {}
    for line in lines:
        found.setdefault((line.township, line.village), []).append(line)
    return tuple(
        Village(
            township=township,
            name=village or township,
            lines=tuple(of),
            left=sum(line.todo != "none" for line in of),
        )
        for (township, village), of in found.items()
    )


async def next_door(phone: Phone, case_id: str) -> NextDoor | None:
    """Return where to go next in the village of a case.

    The nearest to it where both positions are known, the others after them in the order of their
    codes. Somebody for whom something was recorded today is not next.

    Returns: None where the case, its village or the season is unknown.
    """
    season, state = await current_season(phone), phone.store.cases.get(case_id)
    if season is None or state is None:
        return None
    here = case_line(phone, state, season)
    if not here.village:
        return None
    today = china_day(phone.now()).isoformat()
    others = [
        line
        for line in (case_line(phone, s, season) for s in phone.store.cases.all())
        if line.id != case_id
        and (line.township, line.village) == (here.township, here.village)
        and line.todo != "none"
        and not _been_there(phone, line.id, today)
    ]
    place = _place(phone, case_id, season) or phone.here
    others.sort(key=lambda line: (_away_m(phone, line, place, season), line.code))
    return NextDoor(village=here.village, line=others[0] if others else None, left=len(others))


def _been_there(phone: Phone, case_id: str, today: str) -> bool:
    return any(
        named(kept.fact.kind).listed and day_of(kept.fact.happened_at) == today
        for kept in phone.store.facts.of(case_id)
    )


def _away_m(phone: Phone, line: CaseLine, place: Position | None, season: Season) -> float:
    there = _place(phone, line.id, season)
    return distance_m(place, there) if place and there else float("inf")


def _place(phone: Phone, case_id: str, season: Season) -> Position | None:
    state = phone.store.cases.get(case_id)
    if state is None:
        return None
    return phone.standings.of(state, phone.store.facts.of(case_id), season).place
