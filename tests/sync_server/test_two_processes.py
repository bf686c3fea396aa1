"""Two processes over one PostgreSQL: a phone's chain goes on, whichever of them it reaches."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select, update

from shared import wire
from shared.problems import ProblemError
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import devices, ledger
from sync_server.store import tables as t
from sync_server.store.database import Connection, Database
from sync_server.store.engine import open_engine
from sync_server.store.push_codec import decode_pushed
from sync_server.store.writer import TRIES
from tests.support.county import CLOCK, fill, with_season
from tests.support.devices import RawPhone, fact_bytes
from tests.support.pushes import AT, ids_of, stored_phone

ROUNDS, BATCH = 12, 4
_COUNTS = [{"key": key, "value": ""} for key in "xy"]


@pytest.fixture(scope="module")
def processes(
    postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Database, Database]]:
    """What two processes have of one database in the cluster, with two schools in it."""
    root = open_engine(postgres_url, writes=True).execution_options(isolation_level="AUTOCOMMIT")
    with root.connect() as connection:
        connection.exec_driver_sql("DROP DATABASE IF EXISTS two_processes")
        connection.exec_driver_sql("CREATE DATABASE two_processes")
    root.dispose()
    url = postgres_url.rsplit("/", 1)[0] + "/two_processes"
    folder = tmp_path_factory.mktemp("two-processes")
    services = with_season(
        Services.open(Settings(data_dir=folder, database_url=url, clock_spec=CLOCK))
    )
    services.database.write(lambda c: fill(c, (6, 6)))
    second = Database(url)
    yield services.database, second
    second.close()
    services.close()


@pytest.fixture
def phone(processes: tuple[Database, Database]) -> RawPhone:
    """A phone at work in the first school."""
    return processes[0].write(lambda c: stored_phone(c, "01"))


def pushed(database: Database, phone: RawPhone, facts: list[wire.PushedFact]) -> list[str]:
    """The outcomes of a push to one of the processes."""
    items = [decode_pushed(one, phone.public_key) for one in facts]
    found, _ = database.write(lambda c: ledger.push(c, phone.device, items, AT), alone=False)
    return [one.outcome for one in found]


def new_facts(database: Database, count: int) -> list[bytes]:
    """Facts about the people of the first school."""
    cases = database.read(lambda c: ids_of(c, "01"))
    return [fact_bytes(cases[i % len(cases)]) for i in range(count)]


def at_once(jobs: Sequence[Callable[[], Any]]) -> list[Any]:
    """Results of jobs that begin at the same moment."""
    gate = threading.Barrier(len(jobs))
    found: list[Any] = [None] * len(jobs)

    def run(place: int) -> None:
        gate.wait()
        found[place] = jobs[place]()

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


def numbers(database: Database, phone: RawPhone) -> list[int]:
    """The numbers of a phone's facts in the ledger."""
    f = t.fact.c
    query = select(f.n).where(f.device == phone.device).order_by(f.n)
    return database.read(lambda c: list(c.execute(query).scalars()))


def head(database: Database, phone: RawPhone) -> int:
    """The number of the head of a phone's chain."""
    return database.read(lambda c: devices.by_id(c, phone.device)).n


def test_the_same_pushes_to_both_store_each_fact_once_and_the_chain_goes_on(
    processes: tuple[Database, Database], phone: RawPhone
) -> None:
    for _ in range(ROUNDS):
        batch = [phone.chained(data) for data in new_facts(processes[0], BATCH)]
        answers = at_once([partial(pushed, each, phone, batch) for each in processes])
        assert sorted(answers) == [[wire.CREATED] * BATCH, [wire.DUPLICATE] * BATCH]
    assert numbers(processes[1], phone) == list(range(1, ROUNDS * BATCH + 1))
    assert head(processes[1], phone) == ROUNDS * BATCH
    after = [phone.chained(data) for data in new_facts(processes[0], 1)]
    assert pushed(processes[1], phone, after) == [wire.CREATED]


def test_two_phones_with_the_same_records_at_once_store_each_once(
    processes: tuple[Database, Database], phone: RawPhone
) -> None:
    other = processes[0].write(lambda c: stored_phone(c, "01"))
    for data in new_facts(processes[0], ROUNDS):
        one, two = [phone.chained(data)], [other.chained(data)]
        answers = at_once(
            [
                partial(pushed, processes[0], phone, one),
                partial(pushed, processes[1], other, two),
            ]
        )
        assert sorted(answers) == [[wire.CREATED], [wire.DUPLICATE]]
    assert [head(processes[0], each) for each in (phone, other)] == [ROUNDS, ROUNDS]


def test_a_head_that_stayed_behind_is_moved_on_by_the_duplicates_that_follow_it(
    processes: tuple[Database, Database], phone: RawPhone
) -> None:
    database = processes[0]
    facts = [phone.chained(data) for data in new_facts(database, 5)]
    assert pushed(database, phone, facts[:4]) == [wire.CREATED] * 4
    behind = {"n": 2, "link": wire.unb64(facts[1].link)}
    of_phone = t.device.c.id == phone.device
    database.write(lambda c: c.execute(update(t.device).where(of_phone).values(**behind)) and None)
    assert pushed(database, phone, facts[4:]) == [wire.GAP]
    assert pushed(database, phone, facts[2:]) == [wire.DUPLICATE, wire.DUPLICATE, wire.CREATED]
    assert (head(database, phone), numbers(database, phone)) == (5, [1, 2, 3, 4, 5])
    q = t.quarantine.c
    set_apart = select(func.count()).where(q.device == phone.device)
    assert database.read(lambda c: c.execute(set_apart).scalar_one()) == 0


def test_two_transactions_that_wait_for_each_other_are_both_done_in_the_end(
    processes: tuple[Database, Database],
) -> None:
    m = t.meta.c
    processes[0].write(lambda c: c.execute(t.meta.insert(), _COUNTS) and None)
    gate = threading.Barrier(2)

    def crossing(order: str) -> Callable[[Connection], None]:
        first = iter((True,))

        def job(connection: Connection) -> None:
            for key in order:
                more = update(t.meta).where(m.key == key).values(value=m.value + key)
                connection.execute(more)
                if next(first, False):
                    gate.wait(10)  # both hold a row that the other wants

        return job

    pairs = zip(processes, ("xy", "yx"), strict=True)
    at_once([partial(database.write, crossing(order), alone=False) for database, order in pairs])
    values = select(m.value).where(m.key.in_(("x", "y"))).order_by(m.key)
    found = processes[1].read(lambda c: list(c.execute(values).scalars()))
    assert found == ["xx", "yy"]


def test_a_job_that_never_gets_through_is_told_that_the_database_is_locked(
    processes: tuple[Database, Database],
) -> None:
    runs = []

    def job(connection: Connection) -> None:
        runs.append(1)
        undone = "RAISE EXCEPTION 'could not serialize' USING ERRCODE = '40001'"
        connection.exec_driver_sql(f"DO $$ BEGIN {undone}; END $$")

    with pytest.raises(ProblemError, match=r"data\.locked"):
        processes[0].write(job)
    assert len(runs) == TRIES
