"""PostgreSQL goes away and comes back: nobody restarts anything, and what is answered is stored once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import exists, func, literal, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import ProgrammingError

from shared.problems import ProblemError
from sync_server.store import purging
from sync_server.store import tables as t
from sync_server.store.database import Connection, Database
from sync_server.store.postgresql import about
from tests.support.postgres import database as new_database
from tests.support.postgres import run

_OTHERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
_AT_COMMIT = """
CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {what}; RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON meta DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (NEW.key = 'last') EXECUTE FUNCTION at_commit()
"""


@pytest.fixture(scope="module")
def url(postgres_url: str) -> Iterator[str]:
    """An empty database of this module."""
    with new_database(postgres_url, "goes_away") as found:
        yield found


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """What a server has of it."""
    opened = Database(url, pool=4)
    opened.write(lambda c: c.execute(t.meta.delete().where(t.meta.c.key != "epoch")) and None)
    yield opened
    run(url, "DROP FUNCTION IF EXISTS at_commit CASCADE")
    opened.close()


def end_all(url: str) -> None:
    """End every connection to a database."""
    name = url.rpartition("/")[2]
    run(url.rpartition("/")[0] + "/postgres", _OTHERS.format(name=name))


def put(connection: Connection, key: str) -> None:
    connection.execute(t.meta.insert(), {"key": key, "value": key})


def keys(database: Database) -> list[str]:
    """What was put, in order."""
    query = select(t.meta.c.key).where(t.meta.c.key != "epoch").order_by(t.meta.c.key)
    return database.read(lambda c: list(c.execute(query).scalars()))


def test_connections_that_are_ended_while_nobody_needs_them_are_made_again(
    database: Database, url: str
) -> None:
    assert keys(database) == []
    end_all(url)
    assert keys(database) == []
    end_all(url)
    database.write(lambda c: put(c, "a"))
    assert keys(database) == ["a"]


def test_a_read_that_is_cut_off_in_the_middle_is_read_again_from_its_beginning(
    database: Database, url: str
) -> None:
    runs: list[int] = []

    def job(connection: Connection) -> int:
        before = connection.execute(select(func.count()).select_from(t.meta)).scalar_one()
        if len(runs) < 2:
            runs.append(before)
            end_all(url)
        return int(connection.execute(select(func.count()).select_from(t.meta)).scalar_one())

    assert database.read(job) == 1
    assert len(runs) == 2


def test_a_job_that_is_cut_off_before_it_is_committed_is_stored_once(
    database: Database, url: str
) -> None:
    runs: list[int] = []

    def job(connection: Connection) -> str:
        put(connection, "once")
        if len(runs) < 2:
            runs.append(1)
            end_all(url)
        put(connection, "twice")
        return "done"

    assert database.write(job) == "done"
    assert keys(database) == ["once", "twice"]


def test_so_is_a_neighbour_in_the_same_transaction(database: Database, url: str) -> None:
    gate, runs = threading.Event(), list[int]()

    def first(connection: Connection) -> None:
        gate.wait(10)

    def cut(connection: Connection) -> None:
        if not runs:
            runs.append(1)
            end_all(url)
        put(connection, "b")

    waiting = [
        database.writer.submit(first),
        database.writer.submit(lambda c: put(c, "a")),
        database.writer.submit(cut),
        database.writer.submit(lambda c: put(c, "c")),
    ]
    gate.set()
    for future in waiting:
        future.result(30)
    assert keys(database) == ["a", "b", "c"]


def test_nobody_is_told_that_it_is_stored_where_the_connection_went_in_commit(
    database: Database, url: str
) -> None:
    run(url, _AT_COMMIT.format(what="PERFORM pg_terminate_backend(pg_backend_pid())"))
    with pytest.raises(ProblemError, match=r"data\.unconfirmed"):
        database.write(lambda c: put(c, "last"))
    database.write(lambda c: put(c, "next"))
    assert keys(database) == ["next"]


def test_nor_where_a_standby_that_has_to_confirm_it_does_not(database: Database, url: str) -> None:
    assert database.writer.commit_watch is not None
    database.writer.commit_watch.longest_s = 0.2
    shown = "SELECT current_setting('synchronous_standby_names')"
    run(url, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    try:
        run(url, "SELECT pg_reload_conf()")
        while run(url, shown) != [("nobody",)]:
            time.sleep(0.01)
        with pytest.raises(ProblemError, match=r"data\.unconfirmed"):
            database.write(lambda c: put(c, "alone"))
    finally:
        run(url, "ALTER SYSTEM RESET synchronous_standby_names")
        run(url, "SELECT pg_reload_conf()")
        while run(url, shown) != [("",)]:
            time.sleep(0.01)
    assert keys(database) == ["alone"]


def test_while_nobody_is_there_each_is_told_at_once_and_afterwards_all_goes_on(
    database: Database, url: str
) -> None:
    server, _, name = url.rpartition("/")
    run(f"{server}/postgres", f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    try:
        end_all(url)
        for ask in (lambda: keys(database), lambda: database.write(lambda c: put(c, "never"))):
            for _ in range(3):
                with pytest.raises(ProblemError, match=r"data\.away"):
                    ask()
    finally:
        run(f"{server}/postgres", f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    database.write(lambda c: put(c, "again"))
    assert keys(database) == ["again"]


def test_a_job_that_waits_too_long_for_a_lock_fails_by_itself(database: Database, url: str) -> None:
    def impatient(connection: Connection) -> None:
        connection.execute(text("SET LOCAL lock_timeout = '50ms'"))
        connection.execute(text("LOCK TABLE feed IN ACCESS EXCLUSIVE MODE"))

    taken, gate = threading.Event(), threading.Event()

    def hold(connection: Connection) -> bool:
        connection.execute(text("LOCK TABLE feed IN ACCESS EXCLUSIVE MODE"))
        taken.set()
        return gate.wait(30)

    held = Database(url)
    released = held.writer.submit(hold)
    try:
        assert taken.wait(30)
        begun = threading.Event()
        waits = [
            database.writer.submit(lambda c: begun.wait(10)),
            database.writer.submit(impatient),
            database.writer.submit(lambda c: put(c, "neighbour")),
        ]
        begun.set()
        waits[2].result(30)
        with pytest.raises(ProblemError, match=r"data\.locked"):
            waits[1].result(30)
    finally:
        gate.set()
        released.result(30)
        held.close()
    assert keys(database) == ["neighbour"]


def test_a_reader_cannot_write_and_is_told_so_once(database: Database) -> None:
    runs: list[int] = []

    def job(connection: Connection) -> None:
        runs.append(1)
        put(connection, "x")

    with pytest.raises(Exception, match="read-only transaction"):
        database.read(job)
    assert runs == [1]


def test_what_is_answered_is_on_the_disk_whatever_the_server_was_told(
    database: Database, url: str
) -> None:
    name = url.rpartition("/")[2]
    show = "SELECT current_setting('synchronous_commit')"
    for told, expected in (("off", "on"), ("local", "on"), ("remote_apply", "remote_apply")):
        run(url, f"ALTER DATABASE {name} SET synchronous_commit = '{told}'")
        end_all(url)
        found = database.write(lambda c: c.execute(text(show)).scalar_one())
        assert found == expected
    run(url, f"ALTER DATABASE {name} RESET synchronous_commit")


def test_a_fault_of_ours_in_a_read_is_raised_as_it_is(database: Database) -> None:
    with pytest.raises(ProgrammingError) as raised:
        database.read(lambda c: c.execute(text("SELECT nothing FROM nowhere")))
    assert raised.value.__cause__ is raised.value.orig


def test_an_insert_says_how_many_rows_it_stored(database: Database) -> None:
    def job(connection: Connection) -> list[int]:
        new = select(literal("once"), literal("x"))
        absent = ~exists().where(t.meta.c.key == "once")
        adding = t.meta.insert().from_select(["key", "value"], new.where(absent))
        conflict = insert(t.meta).on_conflict_do_nothing()
        first = connection.execute(conflict, {"key": "twice", "value": "x"}).rowcount
        again = connection.execute(conflict, {"key": "twice", "value": "x"}).rowcount
        stored = [connection.execute(adding).rowcount for _ in range(2)]
        return [first, again, *stored]

    assert database.write(job) == [1, 0, 1, 0]


def test_no_text_with_a_nul_is_stored_and_who_sent_it_is_told(database: Database) -> None:
    for odd in ("a\0b", "a\ud800b"):
        with pytest.raises(ProblemError, match=r"request\.bad_text"):
            database.write(lambda c, odd=odd: put(c, odd))

    def look(connection: Connection) -> int:
        same = t.meta.c.key.in_(["a\0b", "x\0"]) | (t.meta.c.key == "\0")
        return len(connection.execute(select(t.meta).where(same)).all())

    assert database.read(look) == 0, "an old record may name such a thing: its page opens"
    longest = "\U0002a6d6" * 100_000
    database.write(lambda c: c.execute(t.meta.insert(), {"key": "long", "value": longest}) and None)
    query = select(t.meta.c.value).where(t.meta.c.key == "long")
    assert database.read(lambda c: c.execute(query).scalar_one()) == longest


def test_no_number_that_a_column_cannot_hold_ends_as_a_fault(database: Database) -> None:
    f = t.feed.c
    for number in (2**31, 2**63, -(2**70)):
        with pytest.raises(ProblemError, match=r"request\.unreadable"):
            database.read(
                lambda c, n=number: c.execute(
                    select(f.unit).where(
                        f.head == n + 0, text("CAST(:n AS int) > 0").bindparams(n=n)
                    )
                ).all()
            )


def test_a_process_holds_no_more_connections_than_it_was_told(database: Database, url: str) -> None:
    name = url.rpartition("/")[2]
    gate = threading.Barrier(4)

    def job(connection: Connection) -> None:
        connection.execute(select(t.meta)).all()
        gate.wait(20)

    readers = [threading.Thread(target=database.read, args=(job,)) for _ in range(3)]
    for reader in readers:
        reader.start()
    gate.wait(20)
    for reader in readers:
        reader.join(20)
    database.write(lambda c: put(c, "w"))
    count = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}' AND application_name = 'doorstep'"  # noqa: S608
    assert run(f"{url.rpartition('/')[0]}/postgres", count) == [(4,)]


def test_it_says_of_itself_what_an_operator_has_to_know(database: Database) -> None:
    found = database.read(about)
    assert found.encoding == "UTF8"
    assert (found.fsync, found.standbys) == (False, ())
    assert found.max_connections - found.reserved > 4
    assert cast(int, found.size_bytes) > 0


def test_a_data_folder_holds_nothing_of_it(tmp_path: Path, url: str) -> None:
    Database(url).close()
    assert list(tmp_path.iterdir()) == []


def test_what_was_deleted_is_in_no_byte_of_a_compacted_database(
    database: Database, url: str
) -> None:
    """VACUUM alone leaves the bytes of rows in their pages."""
    mark, name = "a name that was destroyed", url.rpartition("/")[2]
    database.write(lambda c: [put(c, f"{mark} {n}") for n in range(500)] and None)
    database.write(lambda c: c.execute(t.meta.delete().where(t.meta.c.key.startswith(mark))))
    where = "SELECT current_setting('data_directory'), oid FROM pg_database WHERE datname = "
    ((folder, oid),) = run(url, f"{where}'{name}'")
    run(url, "CHECKPOINT")
    assert mark in in_files(Path(folder) / "base" / str(oid))
    assert purging.compact(url)
    run(url, "CHECKPOINT")
    assert mark not in in_files(Path(folder) / "base" / str(oid))


def in_files(folder: Path) -> str:
    return "".join(path.read_bytes().decode("latin-1") for path in folder.iterdir())


def test_who_still_reads_keeps_it_from_being_compacted_and_is_named(
    database: Database, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "COMPACT_WAIT_MS", 100)

    def reading(connection: Connection) -> bool:
        connection.execute(select(t.meta)).all()
        return purging.compact(url)

    assert not database.read(reading)
