"""Where a case stands is kept: whatever happens, what is kept is what the facts say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select, update

from shared.codes import CLAIMED_PAID
from shared.lifecycle import Review
from shared.records.base import Fact
from sync_server.office import reconciliation, review_records, slip_evidence
from sync_server.sample.season import season_2019
from sync_server.store import (
    case_import,
    claims,
    on_list,
    progress,
    school_days,
    school_totals,
    seasons,
    standing_reading,
    standings,
)
from sync_server.store import tables as t
from sync_server.store.database import migrate
from sync_server.store.engine import open_engine
from sync_server.store.ids import new_id
from sync_server.store.reviews import add_review
from sync_server.store.scope import WHOLE_COUNTY, Scope
from sync_server.store.standing_refresh import Refresher
from tests.support import county
from tests.support.county import SEASON
from tests.support.long_form import LONG
from tests.support.standing_steps import STEPS, County

NARROW = settings(
    max_examples=400 if LONG else 15,
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
        county.fill(connection, (0, 0))
        people = [county.person(n, county.SCHOOLS[n > 4], village="甲村") for n in range(7)]
        case_import.import_people(connection, SEASON, people)
        yield connection
    engine.dispose()


def check(connection: Connection) -> None:
    """What is kept where it holds, and sums, are what the facts come to now."""
    season = seasons.get(connection, SEASON)
    judged = standing_reading.judged_rows(connection, season, ("01", "02", ""))
    found = standing_reading.rows_of(connection, season, ("01", "02", ""))
    now = {row.case_id: row for rows in found.values() for row in rows}
    assert now == {row.case_id: row for row in judged}
    assert progress.school_sums(connection, season, WHOLE_COUNTY) == {
        unit: standing_reading.added(rows) for unit, rows in found.items()
    }


def check_days(connection: Connection) -> None:
    """The kept days of each school, and whom it has to chase, are those of its people."""
    season = seasons.get(connection, SEASON)
    expected = {
        unit: school_days.counted(lines, school_days.accepted_days(connection, lines))
        for unit, lines in people_by_school(connection).items()
    }
    assert school_days.by_school(connection, season, WHOLE_COUNTY) == expected
    today = date(2019, 12, 18)
    nobody = school_totals.Chased()
    for_days, for_people = (
        of(connection, season, WHOLE_COUNTY, today)
        for of in (school_days.chased, school_totals.chased)
    )
    for unit in {*expected, *for_days, *for_people}:
        assert for_days.get(unit, nobody) == for_people.get(unit, nobody), unit


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
    naming = claims.cases_naming(connection, SEASON, CLAIMED_PAID, WHOLE_COUNTY)
    claimed = Counter(
        case.school
        for case, repaid, _ in reconciliation._claims(connection, season, WHOLE_COUNTY, naming)
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
    slips = slip_evidence.count(lines, slip_evidence.evidence_of(connection, SEASON, lines))
    by_code = {"record": slips.records, "paper": slips.papers, "photo": slips.photos}
    return progress.SchoolSum(
        **{name: getattr(counted, name) for name in progress.Progress.__struct_fields__},
        waiting=waiting,
        claimed=claimed,
        slips_late=slips.late,
        **{f"{of}_{code}": n for of, found in by_code.items() for code, n in found.items()},
    )


@NARROW
@given(data=st.data())
def test_what_is_kept_is_what_the_facts_say_after_every_step(
    connection: Connection, data: st.DataObject
) -> None:
    """Also where refreshing ends early or is killed, so that much is due."""
    with connection.begin_nested() as everything:
        town, refresher = County(connection), Refresher()
        for _ in range(data.draw(st.integers(4, 12))):
            town.do_record(data.draw)
            town.do_look(data.draw)
        while refresher.in_pause(connection):
            pass
        some = data.draw(st.lists(st.sampled_from(STEPS), min_size=1, max_size=4))
        for step in data.draw(st.lists(st.sampled_from(some), min_size=4, max_size=12)):
            getattr(town, step)(data.draw)
            how = data.draw(st.sampled_from(("group", "group", "some", "killed", "not")))
            refresh(connection, refresher, how)
            if data.draw(st.booleans()):
                school_days.refresh(connection, data.draw(st.integers(1, 3)))
            check(connection)
            check_days(connection)
        check_all(connection)
        while refresher.in_pause(connection):
            pass
        assert standing_reading.due_cases(connection, seasons.get(connection, SEASON)) == 0
        assert connection.execute(select(t.standing_due)).all() == []
        check_all(connection)
        while school_days.refresh(connection):
            pass
        assert connection.execute(select(t.school_days_due)).all() == []
        check_days(connection)
        everything.rollback()


def refresh(connection: Connection, refresher: Refresher, how: str) -> None:
    if how == "group":
        refresher.with_group(connection)
    elif how == "some":
        refresher._refresh(connection, 2, all_or_nothing=False)
    elif how == "killed":
        with connection.begin_nested() as cut:
            refresher.with_group(connection)
            cut.rollback()


def test_what_is_taken_back_before_it_was_refreshed_leaves_no_days(connection: Connection) -> None:
    """As a file of repayments that many are in, which is taken back while they are still due."""
    with connection.begin_nested() as everything:
        refresher, f = Refresher(), t.case_file.c
        refresher.with_group(connection)
        while school_days.refresh(connection):
            pass
        school_days.forget(connection, SEASON)
        for paid in (1, 0):
            connection.execute(update(t.case_file).where(f.unit == "01").values(paid=paid))
            school_days.refresh(connection)  # and nobody refreshes the standings
            check_days(connection)
        refresher.with_group(connection)  # finds every standing as it was
        check_days(connection)
        while school_days.refresh(connection):
            pass
        check_days(connection)
        assert connection.execute(select(t.school_days_due)).all() == []
        everything.rollback()


def test_who_waits_to_be_judged_makes_no_neighbour_different(connection: Connection) -> None:
    """Where the village is, they say together: nobody is told of a wrong standing for that."""
    with connection.begin_nested() as everything:
        season, refresher = seasons.get(connection, SEASON), Refresher()
        c = t.case_standing.c
        refresher.with_group(connection)
        case_id = connection.execute(select(c.case_id).where(c.unit == "01").limit(2)).scalars()
        mine, neighbour = case_id.all()
        changed = update(t.case_standing).where(c.case_id == mine).values(waiting=7)
        connection.execute(changed)
        assert standings.compare(connection, season, 1000).different != ()
        connection.execute(t.standing_due.insert(), {"case_id": neighbour})
        assert standings.compare(connection, season, 1000).different == ()
        everything.rollback()


def test_what_one_case_says_of_another_is_noted_with_it(connection: Connection) -> None:
    """A photo of two people, a slip that shows somebody else's code, a shot under two captions, one more position."""
    with connection.begin_nested() as everything:
        town, refresher = County(connection), Refresher()
        ids = list(
            connection.execute(select(t.case_file.c.id).order_by(t.case_file.c.code)).scalars()
        )

        def waiting() -> int:
            refresher.with_group(connection)
            assert connection.execute(select(t.standing_due)).all() == []
            check(connection)
            season = seasons.get(connection, SEASON)
            return sum(
                one.waiting
                for one in progress.school_sums(connection, season, WHOLE_COUNTY).values()
            )

        def record(case_id: str, kind: str, body: dict[str, object], *photos: str) -> str:
            at = "2019-12-10T10:00:00+08:00"
            fact = Fact(
                **{"id": new_id(), "season": SEASON, "kind": kind, "case": case_id},
                **{"captured_at": at, "happened_at": at, "body": body},
                photos=photos,
            )
            town._put(fact, at)
            return fact.id

        def look(sha: str, **values: object) -> None:
            connection.execute(t.slip.delete().where(t.slip.c.sha256 == sha))
            row = {"sha256": sha, "case_code": "", "read_at": "n", "sharpness": -2, "same": ""}
            connection.execute(t.slip.insert(), {**row, **values})

        a, b, c, signed = "a" * 64, "b" * 64, "c" * 64, {"outcome": "signed"}
        assert waiting() == 0
        record(ids[0], "notice_delivery", signed, a)
        assert waiting() == 0
        twice = record(ids[1], "notice_delivery", signed, a)
        assert waiting() == 2, "one photo for two people"
        gone = record(ids[1], "correction", {"corrects": twice, "withdraw": True, "reason": "x"})
        assert waiting() == 1, "the correction alone"
        add_review(connection, Review(fact=gone, verdict="accepted", by="x", at="2019-12-13"))
        assert waiting() == 0
        code = connection.execute(
            select(t.case_file.c.code).where(t.case_file.c.id == ids[2])
        ).scalar_one()
        look(a, case_code=code)
        assert waiting() == 1, "somebody else's slip"
        recode = update(t.case_file).where(t.case_file.c.id == ids[2])
        connection.execute(recode.values(code="X1"))
        assert waiting() == 0, "a code that nobody has"
        connection.execute(recode.values(code=code))
        assert waiting() == 1
        look(a, sharpness=10)
        assert waiting() == 1, "a blurred photo"
        look(a)
        assert waiting() == 0
        other = record(ids[3], "notice_delivery", signed, b)
        look(a, same="shot")
        look(b, same="shot")
        assert waiting() == 2, "one shot under two captions"
        connection.execute(update(t.slip).where(t.slip.c.sha256 == a).values(same=""))
        assert waiting() == 0, "another shot after all"
        look(a, same="shot")
        assert waiting() == 2
        connection.execute(t.slip.delete().where(t.slip.c.sha256 == b))
        assert waiting() == 0, "a shot that is not known"
        look(b, same="shot")
        assert waiting() == 2
        connection.execute(t.fact_photo.delete().where(t.fact_photo.c.fact_id == other))
        assert waiting() == 0, "a photo that is not of the record any more"
        connection.execute(t.fact_photo.insert(), {"fact_id": other, "sha256": b, "unit": "01"})
        assert waiting() == 2
        fix = {"corrects": other, "body": signed, "reason": "x"}
        fixed = record(ids[3], "correction", fix, c)
        assert waiting() == 1, "the correction, which has another photo"
        add_review(connection, Review(fact=fixed, verdict="accepted", by="x", at="2019-12-13"))
        assert waiting() == 0
        for n, case_id in enumerate(ids[:4]):
            place = {"latitude_deg": 33.0 if n else 33.5, "longitude_deg": 107.0}
            assert waiting() == 0, "three others tell where a village is"
            record(case_id, "visit", {"met": "self", "outcome": "promised", "position": place})
        assert waiting() == 1, "the first was far away"
        on_list.take_out(connection, SEASON, [ids[1]], "moved", "2019-12-12")
        assert waiting() == 0, "two others do not"
        on_list.put_back(connection, ids[1])
        assert waiting() == 1
        everything.rollback()
