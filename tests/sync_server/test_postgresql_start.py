"""What a start finds at the address of a PostgreSQL: each hindrance has its own words, and two starts are one."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import select, text

from shared.problems import ProblemError
from sync_server.settings import Settings
from sync_server.store import tables as t
from sync_server.store.database import Database, migrate, newest_revision
from sync_server.store.engine import open_engine
from sync_server.store.schema_steps import revisions
from tests.support.forks import FORKS
from tests.support.postgres import database, run

ORDER = ["A", "B", "a", "a b", "ab", "上", "下", "乙", "甲"]
"""Names by their code points; a Chinese dictionary has them otherwise."""
_OTHERWISE = "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'zh' LOCALE 'C.UTF-8'"
_VERSION = "SELECT version_num FROM alembic_version"
_AT_WORK = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = 36"


@pytest.fixture
def empty(postgres_url: str) -> Iterator[str]:
    """A database that sorts as a Chinese dictionary does, without a table."""
    with database(postgres_url, "starting", _OTHERWISE) as url:
        yield url


def refused(url: str) -> ProblemError:
    with pytest.raises(ProblemError) as found:
        Database(url)
    return found.value


def begun(url: str, count: int = 1) -> list[Started]:
    """Processes that open a database at the same moment."""
    gate = FORKS.Barrier(count)
    found = []
    for _ in range(count):
        hears, says = FORKS.Pipe(duplex=False)
        process = FORKS.Process(target=_start, args=(url, gate, says), daemon=True)
        process.start()
        says.close()
        found.append(Started(process, hears, gate))
    return found


class Started(NamedTuple):
    """A process that opens a database, and what it says: the epoch, or why not."""

    process: Any
    hears: Connection
    gate: Any  # kept: the process may not have asked for it yet

    def said(self) -> str:
        assert self.hears.poll(60)
        found = str(self.hears.recv())
        self.process.join(30)
        return found


def _start(url: str, gate: Any, says: Connection) -> None:
    gate.wait(30)
    try:
        opened = Database(url)
        says.send(opened.epoch)
        opened.close()
    except ProblemError as problem:
        says.send(problem.code)


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "postgres://doorstep@db/doorstep",
        "mysql://db/doorstep",
        "postgresql+psycopg://db:port/doorstep",
        "postgresql+psycopg://doorstep:half@geheim@db/doorstep",
        "postgresql+psycopg://doorstep:half@a:geheim@db/doorstep",
        "postgresql+nobody://db/doorstep",
        "postgresql://db/doorstep",
        "postgresql+psycopg2://db/doorstep",
    ],
)
def test_what_is_no_address_of_a_database_is_refused(url: str) -> None:
    found = refused(url)
    assert found.code == "data.url_wrong"
    assert "geheim" not in "".join(traceback.format_exception(found))


def test_without_the_driver_its_name_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    found = refused("postgresql+psycopg://db/doorstep")
    assert found.code == "data.driver_missing"
    assert "doorstep[server,postgres]" in found.fix("zh")


def test_where_nobody_listens_the_place_is_named_without_the_password() -> None:
    found = refused("postgresql+psycopg://doorstep:geheim@127.0.0.1:9/doorstep")
    assert found.code == "data.unreachable"
    assert "127.0.0.1:9/doorstep" in found.message("en")
    assert "geheim" not in found.message("en")


def test_a_database_or_role_that_is_not_there_is_named(postgres_url: str) -> None:
    server = postgres_url.rpartition("/")[0]
    for url in (f"{server}/nobody", f"{server.replace('doorstep@', 'nobody@')}/postgres"):
        found = refused(url)
        assert found.code == "data.no_database"
        assert "createdb" in found.fix("en")


def test_a_database_that_cannot_hold_every_character_is_refused(postgres_url: str) -> None:
    with database(postgres_url, "ascii", "ENCODING 'SQL_ASCII' TEMPLATE template0") as url:
        assert refused(url).code == "data.encoding"


def test_a_role_that_may_not_create_tables_is_told_what_to_ask_for(
    empty: str, postgres_url: str
) -> None:
    run(postgres_url, "CREATE ROLE visitor LOGIN")
    try:
        found = refused(empty.replace("doorstep@", "visitor@"))
        assert found.code == "data.no_create"
        assert "visitor" in found.fix("zh")
    finally:
        run(postgres_url, "DROP ROLE visitor")


def test_a_server_that_only_reads_is_not_opened(empty: str, postgres_url: str) -> None:
    run(postgres_url, "ALTER DATABASE starting SET default_transaction_read_only = on")
    assert refused(empty).code == "data.unreachable"


def test_of_several_hosts_the_one_that_is_there_is_taken(empty: str) -> None:
    port = empty.rpartition(":")[2].partition("/")[0]
    Database(
        f"postgresql+psycopg://doorstep@/starting?host=127.0.0.1:9&host=127.0.0.1:{port}"
    ).close()


def test_text_comes_in_the_order_of_its_code_points_on_both(empty: str, tmp_path: Path) -> None:
    mixed, key = [*ORDER[1::2], *ORDER[::2]], t.meta.c.key
    named = select(key).where(key != "epoch").order_by(key)
    between = named.where(key > "B", key < "上")
    for url in (empty, f"sqlite:///{tmp_path / 'd.db'}"):
        opened = Database(url)
        values = [{"key": one, "value": ""} for one in mixed]
        opened.write(lambda c, values=values: c.execute(t.meta.insert(), values) and None)
        assert opened.read(lambda c: c.execute(named).scalars().all()) == ORDER
        assert opened.read(lambda c: c.execute(between).scalars().all()) == ["a", "a b", "ab"]
        opened.close()


def test_no_text_of_ours_has_another_order_and_every_trigger_is_still_there(empty: str) -> None:
    Database(empty).close()
    others = (
        "SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
        "JOIN pg_collation o ON o.oid = a.attcollation WHERE c.relkind = 'r' AND o.collname <> 'C' "
        "AND c.relnamespace = 'public'::regnamespace AND c.relname <> 'alembic_version'"
    )
    assert run(empty, others) == []
    made = "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE '%due_%'"
    functions = "SELECT count(*) FROM pg_proc WHERE proname LIKE '%due_%'"
    assert run(empty, made) == run(empty, functions) != [(0,)]


def test_starts_at_the_same_moment_make_one_schema(empty: str) -> None:
    epochs = {one.said() for one in begun(empty, 3)}
    assert len(epochs) == 1
    assert run(empty, _VERSION) == [(newest_revision(),)]
    opened = Database(empty)
    assert {opened.epoch} == epochs
    opened.close()


def test_so_they_do_over_a_database_of_before(empty: str) -> None:
    migrate(empty, revisions()[-10])
    assert len({one.said() for one in begun(empty, 2)}) == 1
    assert run(empty, _VERSION) == [(newest_revision(),)]


def test_a_start_that_was_ended_in_the_middle_is_done_by_the_next(empty: str) -> None:
    starting, *_ = begun(empty)
    while not (found := run(empty, _AT_WORK)):
        assert starting.process.is_alive()
    run(empty, f"SELECT pg_terminate_backend({found[0][0]})")
    assert starting.said() == "data.away"
    assert run(empty, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]
    assert len(begun(empty)[0].said()) == 12


def test_so_is_one_that_was_killed(empty: str) -> None:
    starting, *_ = begun(empty)
    while not run(empty, _AT_WORK):
        assert starting.process.is_alive()
    starting.process.kill()
    assert len(begun(empty)[0].said()) == 12


def test_a_database_of_a_newer_version_is_not_opened(empty: str) -> None:
    Database(empty).close()
    engine = open_engine(empty, writes=True)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    assert refused(empty).code == "data.newer"


@pytest.mark.parametrize("value", ["1", "501", "-4", "many", "１６", "9" * 30])
def test_a_number_of_connections_that_makes_no_sense_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(ProblemError, match=r"data\.pool"):
        Settings.from_environment(tmp_path, {"DOORSTEP_POOL": value})


def test_how_many_connections_a_process_holds_can_be_said(tmp_path: Path) -> None:
    assert Settings.from_environment(tmp_path, {"DOORSTEP_POOL": "40"}).pool == 40
    assert Settings.from_environment(tmp_path, {}).pool == 0
