"""Where records were made, and how far from their village."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from geopy.distance import great_circle

from shared import review_needs
from shared.cases import Case
from shared.lifecycle import in_force
from shared.records.base import Fact, Position
from sync_server.store.stored_fact import StoredFact

Village = tuple[str, str, str]
"""A school's people of a village: whoever looks at several schools finds what each one finds."""


def away(people: Mapping[str, Case], facts: Mapping[str, Sequence[StoredFact]]) -> dict[str, float]:
    """Return how far each record's position is from its village, by the record's id.

    A village is where the positions of the school's other people there are; where these are few it
    is nowhere.
    """
    places: dict[Village, dict[str, list[tuple[str, Position]]]] = {}
    for case_id, many in facts.items():
        case = people[case_id]
        if not case.village:
            continue
        found = list(positions(in_force_if_any([f.fact for f in many])))
        if found:
            places.setdefault((case.school, case.township, case.village), {})[case_id] = found
    found_away = dict[str, float]()
    for of_village in places.values():
        for case_id, found in of_village.items():
            others = [p for of, many in of_village.items() if of != case_id for _, p in many[:1]]
            centre = review_needs.middle(others)
            if centre is not None:
                found_away |= {record: km_between(place, centre) for record, place in found}
    return found_away


def in_force_if_any(facts: Sequence[Fact]) -> Sequence[Fact]:
    """Return the facts in force; nothing where no fact has a position."""
    return in_force(facts) if any(isinstance(_held(f), dict) for f in facts) else ()


def positions(now: Iterable[Fact]) -> Iterable[tuple[str, Position]]:
    """Yield the positions of a case's records as they read now, by the record's id."""
    for one in now:
        try:
            place = msgspec.convert(one.body.get("position"), Position)
        except msgspec.ValidationError:
            continue
        if abs(place.latitude_deg) <= 90 and abs(place.longitude_deg) <= 180:
            yield one.id, place


def _held(fact: Fact) -> object:
    inner = fact.body.get("body")
    return fact.body.get("position") or (isinstance(inner, dict) and inner.get("position"))


def km_between(here: Position, there: Position) -> float:
    """Return how far apart two positions are."""
    a, b = ((p.latitude_deg, p.longitude_deg) for p in (here, there))
    return float(great_circle(a, b).km)
