"""Where a case stands is kept: whatever happens, what is kept is what the facts say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from sync_server.office import reconciliation, review_records, slip_evidence
from sync_server.sample.season import season_2019
from sync_server.store import progress, seasons, standing_reading, standings
from sync_server.store import tables as t
from sync_server.store.database import migrate
from sync_server.store.engine import open_engine
from sync_server.store.scope import WHOLE_COUNTY, Scope
from sync_server.store.standing_settle import Settler
from tests.support import county
from tests.support.county import SEASON
from tests.support.standing_steps import STEPS, County

NARROW = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    path: Path = tmp_path_factory.mktemp("standings") / "doorstep.db"
    url = f"sqlite:///{path}"
    migrate(url)
    engine = open_engine(url, writes=True)
    with engine.connect() as connection, connection.begin():
        seasons.add(connection, season_2019(), who="x", at="n")
        county.fill(connection, (8, 5))
        yield connection
    engine.dispose()


def people_by_school(connection: Connection) -> dict[str, list[progress.CaseStanding]]:
    season = seasons.get(connection, SEASON)
    found: dict[str, list[progress.CaseStanding]] = {}
    for line in progress.case_standings(connection, season, scope=WHOLE_COUNTY, from_facts=True):
        found.setdefault(line.case.school, []).append(line)
    return found


def check_all(connection: Connection) -> None:
    """What is read of kept standings is what is judged from the facts, in every way of asking."""
    season = seasons.get(connection, SEASON)
    for off in (False, True):
        judged, kept = (
            progress.case_standings(
                connection, season, scope=WHOLE_COUNTY, off_list=off, from_facts=from_facts
            )
            for from_facts in (True, False)
        )
        assert kept == judged
    waiting = Counter(
        one.case.school
        for one in review_records.records_of(connection, SEASON, WHOLE_COUNTY)
        for r in one.records
        if r.state == "waiting"
    )
    claimed = Counter(
        case.school
        for case, repaid, _ in reconciliation._claims(connection, season, WHOLE_COUNTY)
        if not repaid.paid
    )
    sums = progress.school_sums(connection, season, WHOLE_COUNTY)
    by_school = people_by_school(connection)
    assert set(sums) == set(by_school)
    for unit, lines in by_school.items():
        expected = whole_sum(connection, lines, waiting[unit], claimed[unit])
        assert sums[unit] == expected, unit
        if unit:
            assert progress.school_sums(connection, season, Scope(frozenset({unit}))) == {
                unit: expected
            }
        teachers = progress.by_teacher(connection, season, unit)
        assert {of: as_progress(one) for of, one in teachers.items()} == progress.count_by(
            lines, season, lambda line: line.case.assignee
        )
    looked = standings.compare(connection, season, 1000)
    assert (looked.different, looked.schools) == ((), ())


def as_progress(one: progress.SchoolSum) -> progress.Progress:
    names = progress.Progress.__struct_fields__
    return progress.Progress(**{name: getattr(one, name) for name in names})


def whole_sum(
    connection: Connection,
    lines: list[progress.CaseStanding],
    waiting: int,
    claimed: int,
) -> progress.SchoolSum:
    season = seasons.get(connection, SEASON)
    counted = progress.count(lines, season)
    papers = slip_evidence.count(lines, slip_evidence.evidence_of(connection, SEASON, lines)).papers
    return progress.SchoolSum(
        **{name: getattr(counted, name) for name in progress.Progress.__struct_fields__},
        waiting=waiting,
        claimed=claimed,
        paper_none=papers["none"],
        paper_at_school=papers["at_school"],
        paper_handed_in=papers["handed_in"],
    )


@NARROW
@given(data=st.data())
def test_what_is_kept_is_what_the_facts_say_after_every_step(
    connection: Connection, data: st.DataObject
) -> None:
    """Also where settling ends early or is killed, so that much is due."""
    with connection.begin_nested() as everything:
        town, settler = County(connection), Settler()
        while settler.in_pause(connection):
            pass
        for step in data.draw(st.lists(st.sampled_from(STEPS), min_size=3, max_size=14)):
            getattr(town, step)(data.draw)
            how = data.draw(st.sampled_from(("group", "group", "some", "killed", "not")))
            settle(connection, settler, how)
            check_all(connection)
        while settler.in_pause(connection):
            pass
        assert standing_reading.due_cases(connection, seasons.get(connection, SEASON)) == 0
        assert connection.execute(select(t.standing_due)).all() == []
        check_all(connection)
        everything.rollback()


def settle(connection: Connection, settler: Settler, how: str) -> None:
    if how == "group":
        settler.with_group(connection)
    elif how == "some":
        settler._settle(connection, 2, all_or_nothing=False)
    elif how == "killed":
        with connection.begin_nested() as cut:
            settler.with_group(connection)
            cut.rollback()
