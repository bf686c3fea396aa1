"""The records of schools as the office judges them: what waits, what is received, what is odd.

One rule (`shared/review_needs.py`) for the queue and for every number of records that wait.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from shared import geo, review_needs
from shared.cases import Case
from shared.late_receipt import late_receipt
from shared.lifecycle import Review, in_force
from shared.records.base import Fact, Position
from shared.review_needs import Known, Record
from shared.season import Season
from sync_server.office import slips
from sync_server.store import cases, reviews, seasons
from sync_server.store import slips as slips_store
from sync_server.store.database import Connection
from sync_server.store.photo_look import UNMEASURED, PhotoLook
from sync_server.store.scope import Of, as_scope
from sync_server.store.stored_fact import StoredFact

Village = tuple[str, str, str]
"""A school's people of a village: whoever looks at several schools finds what each one finds."""


class CaseRecords(msgspec.Struct, frozen=True, kw_only=True):
    """A person's records of the office's kinds, and all facts they come from.

    Attributes:
        facts: Every fact of the case, in order.
        records: Those of the office's kinds.
        reviews: The verdicts in force by fact id.
    """

    case: Case
    facts: tuple[StoredFact, ...]
    records: tuple[Record, ...]
    reviews: Mapping[str, Review]


def waiting(connection: Connection, season_id: str, of: Of) -> dict[str, int]:
    """Return how many records wait for a verdict, by the school of their case.

    The one number of 待复核; people who are off the list do not count.
    """
    found = records_of(connection, season_id, of)
    states = (one.case.school for one in found for r in one.records if r.state == "waiting")
    return dict(Counter(states))


def records_of(connection: Connection, season_id: str, of: Of) -> list[CaseRecords]:
    """Return the records of everybody on the lists of a school, or of what somebody sees."""
    season = seasons.get(connection, season_id)
    rows = cases.rows(connection, season_id, scope=as_scope(of))
    people = {row["id"]: cases.case_of(row) for row in rows}
    facts = cases.whole_facts_of(connection, list(people))
    verdicts = reviews.reviews_of(connection, [f.fact.id for many in facts.values() for f in many])
    flags = slips.flags_within(connection, season_id, of)
    looks = slips_store.known_looks(connection, _photos(facts.values()))
    away = _away(people, facts)
    return [
        _judged(case, facts.get(case_id, []), verdicts, flags, looks, away, season)
        for case_id, case in people.items()
    ]


def _photos(facts: Iterable[Sequence[StoredFact]]) -> set[str]:
    kinds = slips_store.SLIP_KINDS
    return {p for many in facts for f in many if f.fact.kind in kinds for p in f.fact.photos}


def _judged(
    case: Case,
    facts: Sequence[StoredFact],
    verdicts: Mapping[str, Review],
    flags: Mapping[str, Sequence[slips.SlipFlag]],
    looks: Mapping[str, PhotoLook],
    away: Mapping[str, float],
    season: Season,
) -> CaseRecords:
    came = [(f.fact, f.received_at) for f in facts]
    received = {fact.id: at for fact, at in came}
    odd = [(flag.photo, flag.code) for f in facts for flag in flags.get(f.fact.id, ())]

    def known(by: str, now: Fact) -> Known:
        codes = {code for photo, code in odd if photo in now.photos}
        measured = [looks[p].sharpness for p in now.photos if p in looks]
        return Known(
            received_at=received[by],
            late_on=late_receipt(now.id, now.happened_at, came, season),
            wrong_slip="slip.wrong_case" in codes,
            photo_twice="slip.photo_twice" in codes,
            sharpness=tuple(one for one in measured if one != UNMEASURED),
            away_km=away.get(now.id),
        )

    ours = {f.fact.id: verdicts[f.fact.id] for f in facts if f.fact.id in verdicts}
    records = review_needs.records_of([f.fact for f in facts], ours, known, season)
    return CaseRecords(case=case, facts=tuple(facts), records=tuple(records), reviews=ours)


def _away(
    people: Mapping[str, Case], facts: Mapping[str, Sequence[StoredFact]]
) -> dict[str, float]:
    """Return how far each record's position is from its village, by the record's id.

    A village is where the positions of the school's other people there are; where these are few it
    is nowhere.
    """
    places: dict[Village, dict[str, list[tuple[str, Position]]]] = {}
    for case_id, many in facts.items():
        case = people[case_id]
        if not case.village:
            continue
        found = list(_positions([f.fact for f in many]))
        if found:
            places.setdefault((case.school, case.township, case.village), {})[case_id] = found
    away = dict[str, float]()
    for of_village in places.values():
        for case_id, found in of_village.items():
            others = [p for of, many in of_village.items() if of != case_id for _, p in many[:1]]
            centre = review_needs.middle(others)
            if centre is not None:
                away |= {record: _km(place, centre) for record, place in found}
    return away


def _positions(facts: Sequence[Fact]) -> Iterable[tuple[str, Position]]:
    """Yield the positions of a case's records as they read now."""
    if not any(isinstance(_held(f), dict) for f in facts):
        return
    for now in in_force(facts):
        try:
            place = msgspec.convert(now.body.get("position"), Position)
        except msgspec.ValidationError:
            continue
        if abs(place.latitude_deg) <= 90 and abs(place.longitude_deg) <= 180:
            yield now.id, place


def _held(fact: Fact) -> object:
    inner = fact.body.get("body")
    return fact.body.get("position") or (isinstance(inner, dict) and inner.get("position"))


def _km(here: Position, there: Position) -> float:
    a, b = ((p.latitude_deg, p.longitude_deg) for p in (here, there))
    return geo.distance_m(a, b) / 1000


def waiting_ids(connection: Connection, season_id: str, case: Case) -> set[str]:
    """Return the ids of a person's facts that wait for a verdict."""
    found = records_of(connection, season_id, case.school)
    of_case = (one for one in found if one.case.id == case.id)
    return {r.fact for one in of_case for r in one.records if r.state == "waiting"}
