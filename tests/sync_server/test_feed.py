"""The feed misses nothing under racing writers (P4), on SQLite and PostgreSQL; the naive feed does, and must.

Readers follow the feed while eight writers append to it; what a reader has seen at the end must be all of it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, func, select, text

from sync_server.store import feed
from sync_server.store import tables as t
from sync_server.store.database import Database
from sync_server.store.engine import open_engine
from tests.support.engines import about_sqlite

WRITERS = 8
ROUNDS = 40
LINES = 5
UNIT = "01"


def race(
    writing: list[Engine],
    reading: Engine,
    write: Callable[[Connection, int, int], None],
    read: Callable[[Connection, int], list[int]],
) -> tuple[set[int], set[int]]:
    """Run the writers against one follower; (numbers the follower saw, numbers that are there)."""
    barrier, done = threading.Barrier(WRITERS + 1), threading.Event()
    seen: set[int] = set()

    def writer(number: int) -> None:
        barrier.wait()
        for turn in range(ROUNDS):
            with writing[number % len(writing)].begin() as connection:
                write(connection, number, turn)
                # a transaction takes its time, never the same
                time.sleep(0.0005 * ((number + turn) % 3))

    def follower() -> None:
        barrier.wait()
        cursor = 0
        while True:
            last = done.is_set()
            with reading.begin() as connection:
                found = read(connection, cursor)
            seen.update(found)
            cursor = max([cursor, *found])
            if last and not found:
                return

    threads = [threading.Thread(target=writer, args=(i,)) for i in range(WRITERS)]
    watching = threading.Thread(target=follower)
    for thread in (*threads, watching):
        thread.start()
    for thread in threads:
        thread.join(60)
    done.set()
    watching.join(60)
    with reading.begin() as connection:
        return seen, set(read(connection, 0))


def append(connection: Connection, number: int, turn: int) -> None:
    feed.advance(
        connection, UNIT, [feed.Line(kind="case", ref=f"{number}/{turn}/{i}") for i in range(LINES)]
    )


def follow(connection: Connection, cursor: int) -> list[int]:
    return [seq for seq, _ in feed.after(connection, UNIT, cursor, 10_000)]


def check_dense(engine: Engine, seen: set[int], there: set[int]) -> None:
    whole = set(range(1, WRITERS * ROUNDS * LINES + 1))
    assert there == whole
    assert seen == whole
    with engine.begin() as connection:
        assert feed.head(connection, UNIT) == len(whole)
        refs = set(connection.execute(select(t.change.c.ref)).scalars())
    assert refs == {
        f"{w}/{r}/{i}" for w in range(WRITERS) for r in range(ROUNDS) for i in range(LINES)
    }


@pytest.fixture
def sqlite_url(blank: Path, tmp_path: Path) -> str:
    (tmp_path / "f.db").write_bytes((blank / "doorstep.db").read_bytes())
    return f"sqlite:///{tmp_path / 'f.db'}"


@pytest.fixture(scope="module")
def postgres(postgres_url: str) -> str:
    Database(postgres_url).close()
    return postgres_url


@about_sqlite("it copies its file")
def test_on_sqlite_the_feed_is_dense_and_complete_under_eight_writers(sqlite_url: str) -> None:
    writing = [open_engine(sqlite_url, writes=True) for _ in range(WRITERS)]
    reading = open_engine(sqlite_url, writes=False)
    check_dense(reading, *race(writing, reading, append, follow))
    for engine in (*writing, reading):
        engine.dispose()


def test_on_postgresql_the_feed_is_dense_and_complete_under_eight_writers(postgres: str) -> None:
    writing = [open_engine(postgres, writes=True) for _ in range(WRITERS)]
    reading = open_engine(postgres, writes=False)
    with writing[0].begin() as connection:
        connection.execute(t.change.delete())
        connection.execute(t.feed.delete())
    check_dense(reading, *race(writing, reading, append, follow))
    for engine in (*writing, reading):
        engine.dispose()


def test_on_postgresql_a_bare_sequence_loses_rows_in_the_same_race(postgres: str) -> None:
    """The control: were this race too tame to hurt the naive feed, it would prove nothing about ours."""
    writing = [open_engine(postgres, writes=True) for _ in range(WRITERS)]
    reading = open_engine(postgres, writes=False)
    with writing[0].begin() as connection:
        connection.execute(text("CREATE TABLE naive (seq BIGSERIAL PRIMARY KEY, ref TEXT)"))

    def naive(connection: Connection, number: int, turn: int) -> None:
        for i in range(LINES):
            connection.execute(
                text("INSERT INTO naive (ref) VALUES (:r)"), {"r": f"{number}/{turn}/{i}"}
            )

    def after(connection: Connection, cursor: int) -> list[int]:
        found = connection.execute(
            text("SELECT seq FROM naive WHERE seq > :c ORDER BY seq"), {"c": cursor}
        )
        return list(found.scalars())

    seen, there = race(writing, reading, naive, after)
    with writing[0].begin() as connection:
        connection.execute(text("DROP TABLE naive"))
    for engine in (*writing, reading):
        engine.dispose()
    assert len(there) == WRITERS * ROUNDS * LINES
    assert len(there - seen) > 0, "the naive feed lost nothing: the race is too tame"


@about_sqlite("it copies its file")
def test_a_rolled_back_append_leaves_no_gap(sqlite_url: str) -> None:
    engine = open_engine(sqlite_url, writes=True)

    def broken() -> None:
        with engine.begin() as connection:
            append(connection, 0, 1)
            raise RuntimeError

    with engine.begin() as connection:
        append(connection, 0, 0)
    with pytest.raises(RuntimeError):
        broken()
    with engine.begin() as connection:
        append(connection, 0, 2)
        assert follow(connection, 0) == list(range(1, 2 * LINES + 1))
    engine.dispose()


@about_sqlite("it copies its file")
def test_schools_have_feeds_of_their_own(sqlite_url: str) -> None:
    engine = open_engine(sqlite_url, writes=True)
    with engine.begin() as connection:
        for unit in ("01", "02", "01"):
            feed.advance(connection, unit, [feed.Line(kind="case", ref=unit)])
        assert (
            feed.head(connection, "01"),
            feed.head(connection, "02"),
            feed.head(connection, "03"),
        ) == (2, 1, 0)
        assert [line.ref for _, line in feed.after(connection, "01", 0, 9)] == ["01", "01"]
        assert feed.advance(connection, "01", []) == 2
        assert connection.execute(select(func.count()).select_from(t.change)).scalar() == 3
    engine.dispose()
