"""The database as one thing, and the whole server core once more on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import DBAPIError

from shared.digest import sha256_hex
from shared.problems import ProblemError
from sync_server.app import create_app
from sync_server.office import assignment, import_history, review
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import locks, photos, search_triggers, standing_triggers
from sync_server.store import tables as t
from sync_server.store.database import (
    MIGRATIONS,
    Connection,
    Database,
    new_epoch,
    newest_revision,
)
from sync_server.store.engine import open_engine, sqlite_module
from tests.support import hostile, imports
from tests.support.console_browser import people, signed_in
from tests.support.county import CLOCK, SCHOOLS, fill, person, repaid, with_season
from tests.support.devices import RawPhone, asgi, case_ids, enrol, fact_bytes, working_phone
from tests.support.dump import dump
from tests.support.engines import about_sqlite
from tests.support.feed import Mirror, check_feed
from tests.support.fuzz import counts, fuzz_ledger
from tests.support.jpegs import jpeg
from tests.support.ledger import chain_of, codes

TRIGGERS_OF_0030 = "6ef1d7f6bca21f35"
"""Step 0030 makes them: other words are another step, or no backup of before can be restored."""


def test_migrations_build_exactly_the_tables_the_code_knows(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'm.db'}"
    Database(url).close()
    engine = open_engine(url, writes=False)
    with engine.connect() as connection:
        found = inspect(connection)
        built = {
            name: {c["name"] for c in found.get_columns(name)} for name in found.get_table_names()
        }
    engine.dispose()
    known = {name: {c.name for c in table.columns} for name, table in t.metadata.tables.items()}
    built.pop("alembic_version")
    assert built == known


@about_sqlite("what its triggers say; PostgreSQL's are proved by what they do")
def test_after_the_last_step_every_trigger_is_there_word_for_word(services: Services) -> None:
    """A step that builds a table anew would lose its triggers; one that changes them needs a step of its own."""
    query = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name")
    every = services.database.read(lambda c: [tuple(row) for row in c.execute(query)])
    found = [(name, words) for name, words in every if name.startswith("due_")]
    assert [name for name, _ in found] == sorted(standing_triggers.names())
    assert [words for _, words in found] == sorted(standing_triggers.created("sqlite"))
    of_search = [words for name, words in every if name.startswith("search_due_")]
    assert of_search == sorted(search_triggers.created("sqlite"))
    both = [*standing_triggers.created("sqlite"), *standing_triggers.created("postgresql")]
    assert sha256_hex("\n".join(both).encode())[:16] == TRIGGERS_OF_0030


def test_the_newest_step_is_the_one_alembic_ends_with() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_current_head() == newest_revision()


def test_a_reader_cannot_write(services: Services) -> None:
    with pytest.raises(DBAPIError, match=r"read-?only"):
        services.database.read(lambda c: c.execute(text("DELETE FROM meta")))


def test_the_epoch_stays_until_a_restore_changes_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'e.db'}"
    first = Database(url)
    before = first.epoch
    first.close()
    again = Database(url)
    assert again.epoch == before
    assert again.write(new_epoch) != before
    again.close()


@about_sqlite("its pragmas; for PostgreSQL see test_postgresql.py")
def test_what_was_answered_is_flushed_to_the_disk(services: Services) -> None:
    pragmas = {"journal_mode": "wal", "synchronous": 2, "mmap_size": 0}
    found = services.database.write(
        lambda c: {p: c.exec_driver_sql(f"PRAGMA {p}").scalar() for p in pragmas}
    )
    assert found == pragmas


def test_the_sqlite_in_use_is_one_without_the_wal_reset_fault() -> None:
    """Versions from 3.7.0 to 3.51.2 can corrupt a WAL that a second process checkpoints; the wheel brings a newer one."""
    pytest.importorskip(
        "pysqlite3",
        reason="NOT PROVED: no pysqlite3 wheel on this platform; doctor says what it costs",
    )
    assert tuple(map(int, sqlite_module().sqlite_version.split("."))) >= (3, 51, 3)


@pytest.fixture
async def on_postgres(
    postgres_url: str, tmp_path: Path
) -> AsyncIterator[tuple[httpx.AsyncClient, Services]]:
    """The app on a database of its own in the cluster."""
    root = open_engine(postgres_url, writes=True).execution_options(isolation_level="AUTOCOMMIT")
    with root.connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS core"))
        connection.execute(text("CREATE DATABASE core"))
    root.dispose()
    url = postgres_url.rsplit("/", 1)[0] + "/core"
    app = create_app(
        Settings(
            data_dir=tmp_path / "pg", database_url=url, clock_spec=CLOCK, public_url="http://server"
        )
    )
    async with httpx.AsyncClient(transport=asgi(app), base_url="http://server") as client:
        yield client, with_season(app.state["services"])
    app.state["services"].close()


async def test_the_whole_core_works_on_postgresql(
    on_postgres: tuple[httpx.AsyncClient, Services],
) -> None:
    """Enrol, push with every outcome, photos, pull, reassign, review, repay: one season in small."""
    http, services = on_postgres
    services.database.write(lambda c: fill(c, (30, 6)))
    phone = await working_phone(http, services)
    mirror = await Mirror(phone).read()
    assert len(mirror.cases) == 30
    case, photo = case_ids(services, "01")[0], jpeg(b"photo" * 999)
    good = [fact_bytes(case, photos=(sha256_hex(photo),)) for _ in range(3)]
    bad = [
        fact_bytes(case, season="2018"),
        fact_bytes("x\0y"),
        b"\xff",
        fact_bytes(case_ids(services, "02")[0]),
    ]
    facts = [phone.chained(d) for d in (*good, *bad)]
    expected = ["created"] * 3 + [
        "fact.wrong_season",
        "fact.out_of_bounds",
        "fact.unreadable",
        "case.unknown",
    ]
    assert codes(await phone.push(*facts)) == expected
    assert codes(await phone.push(*facts)) == ["duplicate"] * 3 + expected[3:]
    assert len(chain_of(services, phone)) == 7
    await phone.patch((await phone.create_upload(photo)).headers["Location"], 0, photo)
    assert (await phone.ask("GET", f"/v1/photos/{sha256_hex(photo)}")).content == photo
    other = await enrol(RawPhone(http), services, "01", "乙")
    assignment.assign(services, [case], other.staff, who="t")
    await mirror.read()
    assert mirror.gone == [case]
    item = review.queue(services, "01")[0]
    review.review(services, item.fact.fact.id, "returned", "请补照片", who="联络员")
    there = await Mirror(other).read()
    assert there.cases[case].reviews[0].comment == "请补照片"
    assert repaid(services, "2019-12-12", {"C00000": 100_00}).newly_paid == 1
    await mirror.read()
    await there.read()


async def test_on_postgresql_any_mixture_of_facts_gets_an_outcome_each(
    on_postgres: tuple[httpx.AsyncClient, Services],
) -> None:
    """A text column of PostgreSQL takes no NUL byte, and one of UTF-8 no half of a character."""
    http, services = on_postgres
    services.database.write(lambda c: fill(c, (6, 6)))
    phone = await working_phone(http, services)
    fuzz_ledger(services, case_ids(services, "01")[0])
    stored, refused = counts(services)
    assert min(stored, refused) > 0
    assert (await phone.pages())[-1].scope_count == 6


@pytest.mark.extended  # test_hostile_texts.py sweeps the same addresses over SQLite
async def test_on_postgresql_no_text_breaks_a_page(
    on_postgres: tuple[httpx.AsyncClient, Services],
) -> None:
    http, services = on_postgres
    app = cast(Any, http)._transport.app
    services.database.write(lambda c: fill(c, (6, 6)))
    people(services)
    phone = await working_phone(http, services)
    values = {"unit": "01", "case_id": case_ids(services, "01")[0], "device_id": phone.device}
    window = await signed_in(app, "admin")
    window.http.headers.update(phone.headers)
    texts = (hostile.NUL, "9" * 25)
    for sweep in (
        hostile.in_paths(app, window.http, values),
        hostile.in_questions(app, window.http, values, texts),
        hostile.in_forms(app, window.http, values, texts),
    ):
        assert await hostile.broken(sweep) == []


async def test_on_postgresql_undone_imports_leave_no_trace(
    on_postgres: tuple[httpx.AsyncClient, Services],
) -> None:
    http, services = on_postgres
    services.database.write(lambda c: fill(c, (6, 6)))
    mirror = await Mirror(await working_phone(http, services)).read()
    stood, runs = [dump(services)], list[str]()
    for step in (
        lambda: imports.due_list(services, [person(0, SCHOOLS[1], due_fen=5), person(60, "新校")]),
        lambda: imports.schools(services, {"新校": {"officer": "包联甲"}}),
        lambda: imports.repaid(services, "2019-12-11", {"C00000": 5, "C00001": 100_00}),
        lambda: imports.repaid(services, "2019-12-11", {"C00002": 100_00}),
    ):
        runs.append(step())
        stood.append(dump(services))
    await mirror.read()
    assert len(set(stood)) == 5
    for run_id, before in zip(reversed(runs), reversed(stood[:-1]), strict=True):
        import_history.undo(services, run_id, who="t")
        assert dump(services) == before
        await mirror.read()
    lines, _ = import_history.listed(services)
    assert [line.run.id for line in lines] == runs[::-1]
    assert all(line.run.undone_at for line in lines)


async def test_on_postgresql_phones_that_push_at_once_all_get_through(
    on_postgres: tuple[httpx.AsyncClient, Services],
) -> None:
    http, services = on_postgres
    services.database.write(lambda c: fill(c, (8, 8)))
    phones = [await working_phone(http, services, f"0{1 + i % 2}", f"师{i}") for i in range(6)]

    async def work(phone: RawPhone) -> None:
        case = case_ids(services, phone.unit)[0]
        for _ in range(5):
            assert (
                await phone.outcomes(*(phone.chained(fact_bytes(case)) for _ in range(4)))
                == ["created"] * 4
            )

    await asyncio.gather(*(work(p) for p in phones))
    stored = services.database.read(lambda c: len(c.execute(select(t.fact.c.id)).all()))
    assert stored == 6 * 20
    for unit in ("01", "02"):
        check_feed(services, unit)


async def test_on_postgresql_a_reader_sees_one_moment(
    on_postgres: tuple[httpx.AsyncClient, Services],
) -> None:
    """A page and its digest are several queries: what is written between them must not show in half."""
    _, services = on_postgres
    services.database.write(lambda c: fill(c, (2,)))

    def look(connection: Connection) -> tuple[list[int], list[int]]:
        query = select(t.case_file.c.version).order_by(t.case_file.c.id)
        first = list(connection.execute(query).scalars())
        services.database.write(lambda c: c.execute(t.case_file.update().values(version=999)))
        return first, list(connection.execute(query).scalars())

    before, after = services.database.read(look)
    assert before == after != [999, 999]


def refused(url: str) -> str:
    with pytest.raises(ProblemError) as problem:
        Database(url)
    return problem.value.code


def test_on_postgresql_an_office_that_decides_keeps_nobody_from_a_photo(postgres_url: str) -> None:
    engine = open_engine(postgres_url, writes=True)
    with engine.begin() as one, engine.begin() as other:
        assert locks.take_turn(one, locks.ALONE)
        photos.lock_files(other)
        assert not locks.take_turn(other, locks.ALONE)
    engine.dispose()


def test_a_file_that_is_no_database_is_named_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "doorstep.db"
    file.write_bytes(b"not a database" * 100)
    assert refused(f"sqlite:///{file}") == "data.unreadable"
    assert file.read_bytes() == b"not a database" * 100


def test_a_database_of_a_newer_version_is_not_opened(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'doorstep.db'}"
    database = Database(url)
    database.write(lambda c: c.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    assert refused(url) == "data.newer"


def test_a_data_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("x")
    with pytest.raises(ProblemError, match=r"data\.not_folder"):
        Settings.from_environment(tmp_path / "data", {})


@about_sqlite("its temporary files; PostgreSQL's lie in its own folder")
def test_what_is_sorted_spills_into_no_file(services: Services) -> None:
    """Names would lie in the system's folder for temporary files, where nobody purges them."""
    memory = 2
    for run in (services.database.read, services.database.write):
        found = run(lambda c: c.exec_driver_sql("PRAGMA temp_store").scalar_one())
        assert found == memory
