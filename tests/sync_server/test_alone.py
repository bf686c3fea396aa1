"""Two processes over one PostgreSQL: a job that is to be alone looks and writes while no other such job runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future

import pytest
from sqlalchemy import func, select

from shared.problems import ProblemError
from sync_server.store import tables as t
from sync_server.store import writer
from sync_server.store.database import Connection, Database
from tests.support.postgres import database as new_database

Pair = tuple[Database, Database]


@pytest.fixture(scope="module")
def pair(postgres_url: str) -> Iterator[Pair]:
    """The database of two processes."""
    with new_database(postgres_url, "alone") as url:
        one, other = Database(url, pool=2), Database(url, pool=2)
        yield one, other
        one.close()
        other.close()


@pytest.fixture
def empty(pair: Pair) -> Pair:
    pair[0].write(lambda c: c.execute(t.meta.delete().where(t.meta.c.key != "epoch")) and None)
    return pair


class Gate:
    """A job that stands in the middle of its transaction until it is let on."""

    def __init__(self, database: Database, *, alone: bool = True) -> None:
        self.stands, self.on = threading.Event(), threading.Event()
        self.done: Future[None] = database.writer.submit(self._job, alone=alone)
        assert self.stands.wait(30)

    def _job(self, connection: Connection) -> None:
        put(connection, "gate")
        self.stands.set()
        assert self.on.wait(60)

    def let_on(self) -> None:
        self.on.set()
        self.done.result(30)


def put(connection: Connection, key: str) -> None:
    connection.execute(t.meta.insert(), {"key": key, "value": ""})


def count(connection: Connection) -> int:
    """Look, then write what was seen: two that do it at once would see the same."""
    seen = int(connection.execute(select(func.count()).select_from(t.meta)).scalar_one())
    put(connection, f"seen {seen:03d}")
    return seen


def test_what_every_job_sees_is_what_the_one_before_it_left(empty: Pair) -> None:
    jobs = [database.writer.submit(count, alone=True) for _ in range(30) for database in empty]
    seen = [job.result(60) for job in jobs]
    assert sorted(seen) == list(range(1, 61))


def test_a_job_waits_for_the_other_processs_and_a_request_beside_it_does_not(empty: Pair) -> None:
    one, other = empty
    gate = Gate(one)
    waiting = other.writer.submit(count, alone=True)
    other.write(lambda c: put(c, "request"), alone=False)
    assert not waiting.done()
    gate.let_on()
    assert waiting.result(30) == 3  # epoch, gate, request


def test_a_job_that_needs_nobody_away_holds_no_other_up(empty: Pair) -> None:
    one, other = empty
    gate = Gate(one, alone=False)
    assert other.write(count) == 1
    gate.let_on()


def test_one_that_waits_too_long_is_refused_and_nothing_of_it_is_stored(
    empty: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = empty
    monkeypatch.setattr(writer, "ALONE_S", 0.1)
    gate = Gate(one)
    with pytest.raises(ProblemError, match=r"data\.locked"):
        other.write(count)
    gate.let_on()
    assert other.write(count) == 2


def test_what_still_waits_is_done_before_a_process_ends(empty: Pair) -> None:
    one, _ = empty
    third = Database(str(one.writer._engine.url.render_as_string(hide_password=False)), pool=2)
    gate = Gate(one)
    waiting = third.writer.submit(count, alone=True)
    ending = threading.Thread(target=third.close)
    ending.start()
    gate.let_on()
    ending.join(30)
    assert waiting.result(0) == 2


def test_what_waits_does_not_fail_with_a_job_that_is_undone_again_and_again(empty: Pair) -> None:
    one, other = empty
    gate = Gate(one)
    waiting, runs = other.writer.submit(count, alone=True), list[int]()

    def undone(connection: Connection) -> None:
        runs.append(len(runs))
        if len(runs) == writer.TRIES - 1:
            gate.let_on()
        connection.exec_driver_sql("DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$")

    with pytest.raises(ProblemError, match=r"data\.locked"):
        other.write(undone, alone=False)
    assert (len(runs), waiting.result(30)) == (writer.TRIES, 2)


def test_one_machines_database_needs_no_lock(tmp_path: object) -> None:
    database = Database(f"sqlite:///{tmp_path}/doorstep.db")
    assert database.write(count) == database.write(count) - 1
    database.close()
