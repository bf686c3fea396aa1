"""Holds over a shared database: whose they are, and what keeps them while their process is at something long."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select

from sync_server import holding
from sync_server.holding import Holds
from sync_server.store import holds
from sync_server.store.database import Database
from sync_server.store.process_tables import hold
from tests.support.postgres import database, migrated


@pytest.fixture
def shared(postgres_url: str) -> Iterator[Database]:
    """A database that two processes' holds lie in."""
    with database(postgres_url, "holds", migrated(postgres_url)) as url:
        opened = Database(url)
        yield opened
        opened.close()


def until(shared: Database, name: str) -> str:
    return str(
        shared.read(lambda c: c.execute(select(hold.c.until).where(hold.c.name == name)).scalar())
    )


def run_out(connection: Connection, name: str) -> None:
    """As if its process had slept for a minute."""
    connection.execute(hold.update().where(hold.c.name == name).values(until="2000"))


def test_a_hold_that_ran_out_and_was_taken_is_not_given_back_by_who_had_it(
    shared: Database,
) -> None:
    slow, next_one, third = Holds(shared), Holds(shared), Holds(shared)
    with slow.tried("x") as first:
        shared.write(lambda c: run_out(c, "x"))
        taken = next_one.tried("x")
        assert (first, taken.__enter__()) == (True, True)
    with third.tried("x") as is_ours:
        assert not is_ours
    taken.__exit__(None, None, None)
    with third.tried("x") as is_ours:
        assert is_ours
    for each in (slow, next_one, third):
        each.close()


def test_a_hold_that_is_given_back_soon_is_given_back_by_its_own_process_alone(
    shared: Database,
) -> None:
    one = Holds(shared)
    one.begin("x")
    shared.write(lambda c: run_out(c, "x"))
    span = timedelta(seconds=9)
    assert shared.write(lambda c: holds.take(c, "x", "another", span, span))
    one.end_soon("x")
    shared.write(lambda c: None)
    assert one.is_held("x")
    one.close()


def test_holds_are_held_on_to_while_the_writer_is_at_something_long(
    shared: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "BEAT_S", 0.05)
    going, end = threading.Event(), threading.Event()

    def long(connection: Connection) -> None:
        connection.execute(select(1))
        going.set()
        end.wait(20)

    mine = Holds(shared)
    with mine.held("x"):
        importing = shared.writer.submit(long)
        assert going.wait(20)
        before, since_s = until(shared, "x"), time.monotonic()
        while until(shared, "x") == before and time.monotonic() - since_s < 10:
            time.sleep(0.05)
        assert until(shared, "x") > before
        end.set()
        importing.result(20)
    mine.close()
