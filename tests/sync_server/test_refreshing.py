"""The writer refreshes kept standings: nobody waits for it, and nothing of a push fails by it."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from sqlalchemy import Connection, func, select, update

from shared.digest import sha256_hex
from shared.records.base import decode
from sync_server.office import standings as office
from sync_server.sample.season import season_2019
from sync_server.services import Services
from sync_server.store import progress, seasons, standing_basis, standings
from sync_server.store import tables as t
from sync_server.store.database import Database
from sync_server.store.scope import WHOLE_COUNTY
from tests.support import county
from tests.support.county import SEASON
from tests.support.devices import fact_bytes, new_id
from tests.support.postgres import cluster


def visit(case_id: str, n: int, device: str = "d", seq: int = 0) -> Callable[[Connection], None]:
    """Store a visit as a push does."""
    data = fact_bytes(case_id, id=new_id())
    fact = decode(data)
    row = {
        **{"id": fact.id, "season": SEASON, "unit": "01", "device": device, "n": n},
        **{"link": b"", "sig": b"", "sha256": sha256_hex(data), "data": data},
        **{"kind": fact.kind, "case_id": case_id, "happened_at": fact.happened_at},
        **{"received_at": "2019-12-12T02:00:00+00:00", "seq": seq or n, "tray": False},
    }
    return lambda c: c.execute(t.fact.insert(), row) and None


def ids(database: Database) -> list[str]:
    query = select(t.case_file.c.id).order_by(t.case_file.c.id)
    return database.read(lambda c: list(c.execute(query).scalars()))


def due(database: Database) -> list[str]:
    return database.read(lambda c: list(c.execute(select(t.standing_due.c.case_id)).scalars()))


def kept(database: Database, case_id: str) -> int:
    """The visits of the kept standing."""
    query = select(t.case_standing.c.visits).where(t.case_standing.c.case_id == case_id)
    return database.read(lambda c: c.execute(query).scalar_one())


def refreshed(database: Database) -> None:
    """Wait until nothing is due."""
    end = time.monotonic() + 60
    while due(database):
        assert time.monotonic() < end, "still due"
        time.sleep(0.02)


def same_as_the_facts(database: Database) -> None:
    def job(connection: Connection) -> None:
        season = seasons.get(connection, SEASON)
        found = standings.compare(connection, season, 10_000)
        assert (found.different, found.schools) == ((), ())
        assert found.people == sum(
            one.people for one in progress.school_sums(connection, season, WHOLE_COUNTY).values()
        )

    database.read(job)


@pytest.fixture
def town(services: Services) -> Database:
    services.database.write(lambda c: county.fill(c, (6, 6)))
    return services.database


def test_a_record_and_where_its_case_stands_are_stored_together(town: Database) -> None:
    case_id = ids(town)[0]
    town.write(visit(case_id, 1))
    assert (kept(town, case_id), due(town)) == (1, [])


def test_a_case_that_cannot_be_judged_fails_no_record_and_stays_due(
    town: Database, caplog: pytest.LogCaptureFixture
) -> None:
    broken, sound = ids(town)[:2]
    body = update(t.case_file).where(t.case_file.c.id == broken).values(body='{"样例')
    town.write(lambda c: c.execute(body) and None)
    with caplog.at_level(logging.WARNING, "doorstep"):
        for n, case_id in enumerate((broken, sound, broken), start=1):
            town.write(visit(case_id, n))
    assert (kept(town, sound), due(town)) == (1, [broken])
    assert Counter(record.name for record in caplog.records) <= Counter(
        {"doorstep.standings": 1, "doorstep.search": 1}
    )
    assert "样例" not in caplog.text


def test_a_case_that_cannot_be_read_is_the_only_one_that_gets_no_terms(town: Database) -> None:
    broken, *others = ids(town)
    body = update(t.case_file).where(t.case_file.c.id == broken).values(body="{")
    town.write(lambda c: c.execute(body) and None)
    for case_id in others:
        move = update(t.case_file).where(t.case_file.c.id == case_id).values(initials="zz")
        town.write(lambda c, move=move: c.execute(move) and None)
    left = select(t.search_due.c.case_id)
    assert list(town.read(lambda c: c.execute(left).scalars().all())) == [broken]


def test_what_is_more_than_one_transaction_takes_is_refreshed_while_nobody_asks(
    services: Services,
) -> None:
    services.database.write(lambda c: county.fill(c, (700, 600)))
    refreshed(services.database)
    same_as_the_facts(services.database)


def test_another_version_of_the_judge_judges_everybody_anew(
    services: Services, town: Database
) -> None:
    url, case_id = services.settings.database, ids(town)[0]
    for table in (t.case_standing, t.school_sum):
        old = update(table).values(basis="0.0123")
        town.write(lambda c, old=old: c.execute(old) and None)
    again = Database(url)
    try:
        refreshed(again)
        basis = select(t.case_standing.c.basis).where(t.case_standing.c.case_id == case_id)
        season = again.read(lambda c: seasons.get(c, SEASON))
        assert again.read(lambda c: c.execute(basis).scalar()) == standing_basis.basis_of(season)
        same_as_the_facts(again)
    finally:
        again.close()


def test_only_settings_that_the_judge_asks_for_judge_anybody_anew(
    services: Services, town: Database
) -> None:
    season = town.read(lambda c: seasons.get(c, SEASON))
    before = standing_basis.basis_of(season)
    other = msgspec.structs.replace(season, full_id_numbers=not season.full_id_numbers)
    assert standing_basis.basis_of(other) == before
    limits = msgspec.structs.replace(season.limits, late_after_days=9)
    assert standing_basis.basis_of(msgspec.structs.replace(season, limits=limits)) != before
    assert standing_basis.basis_of(msgspec.structs.replace(season, reasons=())) != before


def test_who_inspects_reads_what_is_kept_masked(services: Services, town: Database) -> None:
    town.write(visit(ids(town)[0], 1))

    def job(connection: Connection) -> tuple[list[progress.CaseStanding], ...]:
        season = seasons.get(connection, SEASON)
        return tuple(
            progress.case_standings(connection, season, scope=WHOLE_COUNTY, from_facts=facts)
            for facts in (True, False)
        )

    judged, found = town.for_inspection().read(job)
    assert found == judged
    assert "样例0" not in str(found)


def test_everybody_is_judged_anew_on_request(services: Services, town: Database) -> None:
    wrong = update(t.case_standing).values(visits=7, body="{}")
    town.write(lambda c: c.execute(wrong) and None)
    look = office.look(services)
    assert (len(look.different), look.due) == (12, 0)
    done = office.rebuild(services, who="t")
    assert (done.people, done.left) == (12, 0)
    assert office.look(services).different == ()
    same_as_the_facts(town)


def test_two_processes_on_postgresql_lose_nothing_of_each_other() -> None:
    with cluster() as url:
        one, two = Database(url), Database(url)
        try:
            one.write(lambda c: seasons.add(c, season_2019(), at="n", who="t"))
            one.write(lambda c: county.fill(c, (12,)) and None)
            people = ids(one)

            def push(database: Database, device: str, first: int) -> None:
                for n in range(1, 25):
                    database.write(visit(people[n % 12], n, device, first + n))

            with ThreadPoolExecutor(2) as threads:
                list(threads.map(push, (one, two), ("a", "b"), (0, 100)))
            one.write(lambda c: None)
            refreshed(one)
            same_as_the_facts(one)
            records = select(func.count()).select_from(t.fact)
            assert one.read(lambda c: c.execute(records).scalar_one()) == 48
        finally:
            one.close()
            two.close()


def test_the_purge_of_a_season_leaves_what_is_due_of_the_others(town: Database) -> None:
    """Somebody who left and settings that changed: both stay noted until they are refreshed."""
    someone = ids(town)[0]

    def job(connection: Connection) -> None:
        connection.execute(t.case_file.delete().where(t.case_file.c.id == someone))
        body = select(t.season.c.body).where(t.season.c.id == SEASON).scalar_subquery()
        connection.execute(update(t.season).where(t.season.c.id == SEASON).values(body=body))
        connection.execute(t.standing_due.insert(), {"case_id": "nobody"})
        standings.erase(connection, "2018")
        left = connection.execute(select(t.standing_due.c.case_id)).scalars()
        assert set(left) == {someone, f"season:{SEASON}"}

    town.write(job)
    refreshed(town)
    same_as_the_facts(town)
    people = select(func.sum(t.school_sum.c.people))
    assert town.read(lambda c: c.execute(people).scalar_one()) == len(ids(town)) == 11


def signed(case_id: str, photo: str, device: str) -> Callable[[Connection], None]:
    """Store a delivery with a photo as a push does."""
    data = fact_bytes(case_id, "notice_delivery", body={"outcome": "signed"}, photos=(photo,))
    fact = decode(data)
    row = {
        **{"id": fact.id, "season": SEASON, "unit": "01", "device": device, "n": 1},
        **{"link": b"", "sig": b"", "sha256": sha256_hex(data), "data": data},
        **{"kind": fact.kind, "case_id": case_id, "happened_at": fact.happened_at},
        **{"received_at": "2019-12-12T02:00:00+00:00", "seq": 1, "tray": False},
    }

    def job(connection: Connection) -> None:
        connection.execute(t.fact.insert(), row)
        connection.execute(
            t.fact_photo.insert(), {"fact_id": fact.id, "sha256": photo, "unit": "01"}
        )

    return job


def test_a_photo_of_two_people_that_comes_to_two_processes_at_once_is_found() -> None:
    """Neither sees the other's record before it commits: the later one waits for the earlier one."""
    with cluster() as url:
        one, two = Database(url), Database(url)
        try:
            one.write(lambda c: seasons.add(c, season_2019(), at="n", who="t"))
            one.write(lambda c: county.fill(c, (12,)) and None)
            a, b = ids(one)[:2]
            stored = threading.Event()

            def first(connection: Connection) -> None:
                signed(a, "a" * 64, "a")(connection)
                stored.set()
                time.sleep(0.5)

            def second(connection: Connection) -> None:
                stored.wait(10)
                signed(b, "a" * 64, "b")(connection)

            with ThreadPoolExecutor(2) as threads:
                list(threads.map(lambda on: on[0].write(on[1]), ((one, first), (two, second))))
            refreshed(one)
            same_as_the_facts(one)
        finally:
            one.close()
            two.close()
