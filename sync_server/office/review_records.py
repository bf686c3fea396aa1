"""The records of schools as the office judges them: what waits, what is received, what is odd.

One rule (`shared/review_needs.py`) for the queue and for every number of records that wait.
"""

from __future__ import annotations

from shared.cases import Case
from sync_server.store import (
    case_records,
    cases,
    progress,
    record_places,
    reviews,
    seasons,
    slip_flags,
)
from sync_server.store import slips as slips_store
from sync_server.store.case_records import CaseRecords as CaseRecords
from sync_server.store.database import Connection
from sync_server.store.scope import Of, as_scope


def waiting(connection: Connection, season_id: str, of: Of) -> dict[str, int]:
    """Return how many records wait for a verdict, by the school of their case.

    The one number of 待复核; people who are off the list do not count.
    """
    season = seasons.get(connection, season_id)
    sums = progress.school_sums(connection, season, as_scope(of))
    return {school: one.waiting for school, one in sums.items() if one.waiting}


def records_of(connection: Connection, season_id: str, of: Of) -> list[CaseRecords]:
    """Return the records of everybody on the lists of a school, or of what somebody sees."""
    season = seasons.get(connection, season_id)
    rows = cases.rows(connection, season_id, scope=as_scope(of))
    people = {row["id"]: cases.case_of(row) for row in rows}
    facts = cases.whole_facts_of(connection, list(people))
    verdicts = reviews.reviews_of(connection, [f.fact.id for many in facts.values() for f in many])
    flags = slip_flags.flags_within(connection, season_id, of)
    looks = slips_store.known_looks(connection, case_records.photos_of(facts.values()))
    away = record_places.away(people, facts)
    return [
        case_records.judged(case, facts.get(case_id, []), verdicts, flags, looks, away, season)
        for case_id, case in people.items()
    ]


def waiting_ids(connection: Connection, season_id: str, case: Case) -> set[str]:
    """Return the ids of a person's facts that wait for a verdict."""
    found = records_of(connection, season_id, case.school)
    of_case = (one for one in found if one.case.id == case.id)
    return {r.fact for one in of_case for r in one.records if r.state == "waiting"}
