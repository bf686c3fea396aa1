"""Schools that benches copy are what the server itself would have: judged, added up, listed and indexed from the facts."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from shared.digest import GENESIS, link, sha256_hex
from sync_server.services import Services
from sync_server.store import (
    school_days,
    school_kept,
    search_bits,
    search_index,
    seasons,
    standings,
)
from sync_server.store import tables as t
from sync_server.store.database import Connection
from sync_server.store.scope import WHOLE_COUNTY
from tests.bench import large_county
from tests.bench.large_county import SEASON, Size

SIZE = Size(people=82, schools=8)


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A county of which two schools in three are copies."""
    place = tmp_path_factory.mktemp("county")
    large_county.fill(place, SIZE, templates=2)
    return place


def test_copies_stand_where_their_facts_say_and_nothing_is_due(county: Path) -> None:
    with large_county.opened(county) as services:
        found = services.database.read(lambda c: standings.compare(c, seasons.get(c, SEASON), 1000))
        due = (t.standing_due, t.school_kept_due, t.school_days_due, t.search_due)
        left = services.database.read(lambda c: [c.execute(select(one)).all() for one in due])
    assert (found.people, found.different, found.schools, found.due) == (SIZE.people, (), (), 0)
    assert left == [[]] * len(due)


def test_lists_and_notices_of_copies_are_those_of_their_cases(county: Path) -> None:
    def job(connection: Connection) -> None:
        kept = school_kept.read(connection, SEASON, WHOLE_COUNTY)
        assert len(kept) == SIZE.schools
        for unit, one in kept.items():
            assert school_kept.made_of_cases(connection, SEASON, unit) == one

    with large_county.opened(county) as services:
        services.database.read(job)


def test_days_of_copies_are_those_of_their_people(county: Path) -> None:
    def job(connection: Connection) -> None:
        season = seasons.get(connection, SEASON)
        kept = school_days.by_school(connection, season, WHOLE_COUNTY)
        assert kept == school_days.counted_by_school(connection, season, list(kept))
        assert len(kept) == SIZE.schools

    with large_county.opened(county) as services:
        services.database.read(job)


def test_copies_are_found_by_what_the_server_finds_people_by(county: Path) -> None:
    with large_county.opened(county) as services:
        before = _index(services)
        services.database.write(search_index.make_anew)
        services.database.write(_refresh)
        assert _index(services) == before
        assert len(before) > SIZE.people


def test_records_of_copies_hash_and_stand_in_their_chain(county: Path) -> None:
    f, last = t.fact.c, dict[str, bytes]()
    with large_county.opened(county) as services:
        query = select(t.fact).order_by(f.device, f.n)
        rows = services.database.read(lambda c: c.execute(query).all())
        heads = services.database.read(lambda c: c.execute(select(t.device)).all())
    for row in rows:
        assert sha256_hex(row.data) == row.sha256
        last[row.device] = link(last.get(row.device, GENESIS), row.sha256)
        assert row.link == last[row.device]
    assert [one.link for one in heads] == [last.get(one.id, GENESIS) for one in heads]


def _refresh(connection: Connection) -> None:
    while search_index.Refresher().in_pause(connection):
        pass


def _index(services: Services) -> dict[str, set[str]]:
    """Case ids by term, whatever number a case has."""

    def job(connection: Connection) -> dict[str, set[str]]:
        case_of = dict(connection.execute(select(t.search_case.c.n, t.search_case.c.case_id)).all())
        c = t.search_term.c
        return {
            row.term: {case_of[n] for n in search_bits.unpacked(row.cases)}
            for row in connection.execute(select(c.term, c.cases).where(c.block == 0))
        } | {
            case_id: {text, shown, numbers}
            for case_id, text, shown, numbers in connection.execute(
                select(*(t.search_case.c[n] for n in ("case_id", "text", "shown", "numbers")))
            )
        }

    return services.database.read(job)
