"""A backup from outside is trusted in nothing: its names, links, sizes and above all its database."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, LargeBinary, String, text

from shared.digest import sha256_hex
from shared.problems import ProblemError
from sync_server.office import backup_names, doctor, plain_files
from sync_server.office import manifest as m
from sync_server.office.backup import backup
from sync_server.office.restore import SIDE, restore, verify
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import code_columns
from sync_server.store import tables as t
from sync_server.store.db_check import check_database
from sync_server.store.schema_steps import revisions
from tests.support.county import CLOCK
from tests.support.engines import about_sqlite
from tests.support.installation import unpack

pytestmark = about_sqlite("a backup by us is one of its file; PostgreSQL has its own means")

NOW = datetime(2019, 12, 20, 2, tzinfo=UTC)
PHOTO = b"a photo"
RECEIPTS = "keys/receipts.pem"


@pytest.fixture(scope="module")
def made(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup with a photo and a sealed file, copied by each test."""
    folder = tmp_path_factory.mktemp("made")
    shutil.copytree(blank, folder / "server")
    services = Services.open(Settings(data_dir=folder / "server", clock_spec=CLOCK))
    place = services.files.path(sha256_hex(PHOTO))
    place.parent.mkdir(parents=True)
    place.write_bytes(PHOTO)
    (services.settings.path("summaries", "610599-2019-01") / "summary.pdf").write_bytes(b"%PDF")
    backup(services, folder / "backup")
    services.close()
    return folder / "backup"


@pytest.fixture
def source(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "source"))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "restored"


def refused(source: Path, place: Path) -> str:
    """The code of the refusal; nothing is in place afterwards, and nothing opens the folder."""
    with pytest.raises(ProblemError) as caught:
        restore(source, place, now=NOW, who="t")
    if place.exists():
        left = {p.name for p in place.iterdir()}
        assert left <= {"restore-under-way", "serve.lock", SIDE}
        assert not left or "restore-under-way" in left
    return caught.value.code


def rewrite(source: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the manifest by hand."""
    found = msgspec.json.decode((source / m.NAME).read_bytes())
    change(found)
    (source / m.NAME).write_bytes(msgspec.json.encode(found))


def entry(source: Path, path: str) -> dict[str, Any]:
    made = m.entry_of(source, path)
    assert made is not None
    return msgspec.to_builtins(made)


def named(source: Path, path: str) -> None:
    """Name one more file in the manifest, with hash and size of the receipts' key."""
    more = {**entry(source, RECEIPTS), "path": path}
    rewrite(source, lambda found: found["files"].append(more))


def change_database(source: Path, *statements: str) -> None:
    """Change the backup's database by hand, and the manifest with it."""
    with closing(sqlite3.connect(source / m.DATABASE, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)
    found = entry(source, m.DATABASE)

    def change(manifest: dict[str, Any]) -> None:
        others = [f for f in manifest["files"] if f["path"] != m.DATABASE]
        manifest["files"] = [found, *others]

    rewrite(source, change)


# ---- names ----

BAD_NAMES = (
    "/etc/passwd",
    "../stolen",
    "keys/../../stolen",
    "keys/./receipts",
    "keys//receipts",
    "keys",
    "keys/",
    "logs/errors.log",
    "uploads/x",
    "keys/a\\b",
    "keys/C:evil",
    "keys/a\0b",
    "keys/a\nb",
    "keys/a\u202eb",
    "keys/CON",
    "keys/nul.txt",
    "keys/Lpt1.key",
    "keys/ends.",
    "keys/ends ",
    "keys/" + "x" * 250,
    "keys/" + "/".join("x" * 9),
    "photos/ab/short",
    "photos/ab/" + "c" * 64,
    "DOORSTEP.DB",
    "manifest.json",
)


@pytest.mark.parametrize("path", BAD_NAMES)
def test_a_name_that_no_system_should_write_is_refused(
    source: Path, place: Path, path: str
) -> None:
    named(source, path)
    assert refused(source, place) == "backup.bad_name"


@pytest.mark.parametrize(
    "path", [RECEIPTS, "keys/Receipts.PEM", "keys/receipts.pem/inside", m.DATABASE]
)
def test_two_files_that_a_disk_could_take_for_one_are_refused(
    source: Path, place: Path, path: str
) -> None:
    named(source, path)
    assert refused(source, place) == "backup.bad_name"


def test_letters_composed_in_two_ways_are_one_name() -> None:
    assert backup_names.clash(["keys/\u00e9", "keys/e\u0301"]) == "keys/e\u0301"


def test_a_photo_under_another_hash_is_refused(source: Path, place: Path) -> None:
    named(source, f"photos/ab/ab{'0' * 62}")
    assert refused(source, place) == "backup.bad_name"


def test_what_the_server_writes_has_usable_names(made: Path) -> None:
    paths = [e.path for e in m.read_manifest(made).files]
    assert all(map(backup_names.is_usable, paths))
    assert len(paths) >= 4


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b'{"schema": 2, "made_at": "", "epoch": "", "counts": {}, "files": []}',
        b'{"schema": 1, "made_at": "", "epoch": "", "counts": {}, "files": []}',
        b'{"schema": 1, "made_at": "", "epoch": "", "counts": {}, "files": [], "more": 1}',
    ],
)
def test_what_is_not_our_manifest_is_unreadable(source: Path, place: Path, data: bytes) -> None:
    (source / m.NAME).write_bytes(data)
    assert refused(source, place) == "backup.unreadable"


def test_a_negative_size_is_unreadable(source: Path, place: Path) -> None:
    rewrite(source, lambda found: found["files"][0].update(size_bytes=-1))
    assert refused(source, place) == "backup.unreadable"


# ---- sizes ----


def test_more_than_the_disk_holds_is_refused_before_anything_is_written(
    source: Path, place: Path
) -> None:
    rewrite(source, lambda found: found["files"][0].update(size_bytes=1 << 60))
    assert refused(source, place) == "disk.full"
    assert not place.exists()


def test_a_file_of_holes_is_not_read(source: Path, place: Path) -> None:
    """Its size is compared first: a terabyte of nothing costs no time."""
    os.truncate(source / RECEIPTS, 1 << 40)
    assert refused(source, place) == "backup.damaged"


def test_files_that_the_manifest_does_not_name_stay_where_they_are(
    source: Path, place: Path
) -> None:
    (source / "keys" / "root.key").write_bytes(b"planted")
    restore(source, place, now=NOW, who="t")
    assert not (place / "keys" / "root.key").exists()


# ---- links, pipes, devices ----


def link(source: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes((source / RECEIPTS).read_bytes())
    (source / RECEIPTS).unlink()
    (source / RECEIPTS).symlink_to(tmp_path / "elsewhere")


def linked_folder(source: Path, tmp_path: Path) -> None:
    (source / "keys").rename(tmp_path / "elsewhere")
    (source / "keys").symlink_to(tmp_path / "elsewhere")


def pipe(source: Path, tmp_path: Path) -> None:
    (source / RECEIPTS).unlink()
    os.mkfifo(source / RECEIPTS)


def socket_file(source: Path, tmp_path: Path) -> None:
    (source / RECEIPTS).unlink()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(source / RECEIPTS))


def folder(source: Path, tmp_path: Path) -> None:
    (source / RECEIPTS).unlink()
    (source / RECEIPTS).mkdir()


def linked_manifest(source: Path, tmp_path: Path) -> None:
    (source / m.NAME).rename(tmp_path / "elsewhere")
    (source / m.NAME).symlink_to(tmp_path / "elsewhere")


@pytest.mark.parametrize("plant", [link, linked_folder, pipe, socket_file, folder, linked_manifest])
def test_nothing_but_plain_files_is_read(
    source: Path, place: Path, tmp_path: Path, plant: Callable[[Path, Path], None]
) -> None:
    plant(source, tmp_path)
    assert refused(source, place) == "backup.not_plain"


@pytest.mark.parametrize("plant", [link, linked_folder, pipe, folder])
def test_where_names_cannot_be_opened_relative_to_a_folder_they_are_looked_at_first(
    source: Path,
    tmp_path: Path,
    plant: Callable[[Path, Path], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The way of Windows; plain files still open."""
    monkeypatch.setattr(plain_files, "BENEATH", False)
    with plain_files.open_plain(source, m.DATABASE) as file:
        assert file.read(6) == b"SQLite"
    plant(source, tmp_path)
    with pytest.raises(ProblemError, match=r"backup\.not_plain"):
        plain_files.open_plain(source, RECEIPTS)


def test_a_hard_link_is_read_and_a_new_file_is_written(
    source: Path, place: Path, tmp_path: Path
) -> None:
    os.link(source / RECEIPTS, tmp_path / "second name")
    restore(source, place, now=NOW, who="t")
    (place / RECEIPTS).write_bytes(b"changed")
    assert (tmp_path / "second name").read_bytes() != b"changed"


def test_links_in_a_half_restored_folder_are_removed_and_never_followed(
    source: Path, place: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    (outside / "ab").mkdir(parents=True)
    (outside / "ab" / "precious").write_text("mine")
    place.mkdir()
    (place / "restore-under-way").touch()
    for name in ("photos", "keys", SIDE):
        (place / name).symlink_to(outside)
    (place / m.DATABASE).symlink_to(outside / "ab" / "precious")
    restore(source, place, now=NOW, who="t")
    assert (outside / "ab" / "precious").read_text() == "mine"
    assert [p.name for p in outside.iterdir()] == ["ab"]
    assert not any(p.is_symlink() for p in place.rglob("*"))


def test_a_link_in_the_target_of_a_backup_is_not_written_through(
    services: Services, source: Path, tmp_path: Path
) -> None:
    linked_folder(source, tmp_path)
    before = {p.name: p.read_bytes() for p in (tmp_path / "elsewhere").iterdir()}
    with pytest.raises(ProblemError, match=r"backup\.not_plain"):
        backup(services, source)
    assert {p.name: p.read_bytes() for p in (tmp_path / "elsewhere").iterdir()} == before


def test_what_is_restored_is_the_owners_alone(source: Path, place: Path) -> None:
    for path in source.rglob("*"):
        path.chmod(0o777)
    restore(source, place, now=NOW, who="t")
    modes = {p.stat().st_mode & 0o777 for p in place.rglob("*") if p.is_file()}
    assert modes == {0o600}
    assert {p.stat().st_mode & 0o777 for p in place.rglob("*") if p.is_dir()} == {0o700}


# ---- the database ----

FOREIGN = {
    "a trigger": ("CREATE TRIGGER x AFTER INSERT ON audit BEGIN DELETE FROM fact; END",),
    "a trigger less": ("DROP TRIGGER due_fact_1_insert",),
    "a trigger of ours with other words": (
        "DROP TRIGGER due_fact_1_insert",
        "CREATE TRIGGER due_fact_1_insert AFTER INSERT ON fact BEGIN DELETE FROM fact; END",
    ),
    "a view": ("CREATE VIEW person AS SELECT * FROM case_file",),
    "a table of ours replaced by a view": (
        "ALTER TABLE slip RENAME TO slip_before",
        "CREATE VIEW slip AS SELECT sha256, case_code, read_at FROM slip_before",
    ),
    "a virtual table": ("CREATE VIRTUAL TABLE x USING fts5(words)",),
    "a table more": ("CREATE TABLE x (y)",),
    "a table less": ("DROP TABLE slip",),
    "an index more": ("CREATE INDEX x ON fact (kind)",),
    "an index over an expression": ("CREATE INDEX x ON fact (length(hex(data)))",),
    "an index less": ("DROP INDEX fact_by_case",),
    "a column more": ("ALTER TABLE slip ADD COLUMN more TEXT",),
    "a generated column": ("ALTER TABLE slip ADD COLUMN x AS (length(sha256))",),
    "a check": (
        "DROP TABLE slip",
        "CREATE TABLE slip (sha256 VARCHAR NOT NULL, case_code VARCHAR DEFAULT '' NOT NULL,"
        " read_at VARCHAR DEFAULT '' NOT NULL, PRIMARY KEY (sha256), CHECK (length(sha256) > 0))",
    ),
    "another default": (
        "DROP TABLE slip",
        "CREATE TABLE slip (sha256 VARCHAR NOT NULL, case_code VARCHAR DEFAULT (hex(1)) NOT NULL,"
        " read_at VARCHAR DEFAULT '' NOT NULL, PRIMARY KEY (sha256))",
    ),
    "rules for the planner": ("ANALYZE",),
    "two revisions": ("INSERT INTO alembic_version VALUES ('0001')",),
    "no revision": ("DELETE FROM alembic_version",),
    "an earlier revision than its tables": ("UPDATE alembic_version SET version_num = '0003'",),
    "a schema written by hand": (
        "PRAGMA writable_schema=ON",
        "INSERT INTO sqlite_master VALUES ('trigger', 'x', 'audit', 0,"
        " 'CREATE TRIGGER x AFTER INSERT ON audit BEGIN DELETE FROM fact; END')",
    ),
    "a text that is a number": ("INSERT INTO meta VALUES ('x', x'00')",),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_a_database_with_anything_that_our_migrations_do_not_make_is_refused(
    source: Path, place: Path, what: str
) -> None:
    change_database(source, *FOREIGN[what])
    assert refused(source, place) == "backup.schema"


@pytest.mark.parametrize("column", list(code_columns.CODES), ids=code_columns.name_of)
def test_a_code_that_this_program_does_not_know_is_refused(
    source: Path, place: Path, column: Column[Any]
) -> None:
    change_database(source, with_value(column, "root"))
    with pytest.raises(ProblemError) as caught:
        restore(source, place, now=NOW, who="t")
    assert caught.value.code == "backup.schema"
    assert code_columns.name_of(column) in caught.value.message()


def with_value(column: Column[Any], value: str) -> str:
    """A row with a code in one column, and something of the right type in the others."""
    given = {c.name: "X'00'" if isinstance(c.type, LargeBinary) else "1" for c in column.table.c}
    for c in column.table.c:
        if isinstance(c.type, String):
            given[c.name] = f"'{code_columns.CODES.get(c, ('x',))[0]}'"
    given[column.name] = f"'{value}'"
    names, values = ", ".join(f'"{name}"' for name in given), ", ".join(given.values())
    return " ".join(("INSERT INTO", column.table.name, "(", names, ") VALUES (", values, ")"))


@pytest.mark.parametrize("column", list(code_columns.CODES), ids=code_columns.name_of)
def test_a_code_that_this_program_knows_is_no_reason_to_refuse(
    source: Path, place: Path, column: Column[Any]
) -> None:
    change_database(source, with_value(column, code_columns.CODES[column][-1]))
    check_database(source / m.DATABASE)


@pytest.mark.parametrize("empty", [False, True])
def test_a_row_of_every_table_as_the_server_writes_it_is_no_reason_to_refuse(
    source: Path, empty: bool
) -> None:
    """Filled, and with nothing where a column may hold nothing (a receipt that is in force)."""
    for table in t.metadata.sorted_tables:
        key = next(iter(table.primary_key), None)
        if key is None or table.name == "meta" or table.name.endswith("_due"):
            continue  # triggers fill what is due
        known = code_columns.CODES.get(key, ("x",))[0]
        change_database(source, with_value(key, known if isinstance(key.type, String) else "1"))
        for column in (c for c in table.c if empty and c.nullable):
            nothing = ("UPDATE", table.name, "SET", column.name, "= NULL")
            change_database(source, " ".join(nothing))
    check_database(source / m.DATABASE)


def test_doctor_names_the_column_of_a_code_that_nobody_knows(services: Services) -> None:
    def found() -> dict[str, Any]:
        return next(c for c in doctor.checks(services) if c["what"] == "数据库内容")

    assert found()["ok"]
    foreign = text(with_value(t.account.c.role, "root"))
    services.database.write(lambda c: c.execute(foreign))
    assert not found()["ok"]
    assert "account.role" in found()["words"]


def test_every_column_that_is_named_like_a_code_is_checked_or_known_to_be_free() -> None:
    named = {
        code_columns.name_of(column)
        for table in t.metadata.tables.values()
        for column in table.c
        if column.name in ("role", "state", "kind", "verdict", "resolution", "status")
    }
    assert named - set(map(code_columns.name_of, code_columns.CODES)) == {
        "attempt.kind",  # counters, which are forgotten after a day
        "fact.kind",  # one that a newer version knows is kept
        "import_run.kind",  # only its words are shown
        "import_shape.kind",  # found by it or not
        "school_name.kind",  # only its words are shown
        "kept.kind",  # what processes of one server share while they run
        "job.kind",  # what is not at work any more ends at the start
    }


def test_a_trigger_never_runs_not_even_while_it_is_refused(source: Path, place: Path) -> None:
    loud = "SELECT RAISE(ABORT, 'it ran')"  # which would be another refusal
    change_database(source, f"CREATE TRIGGER x BEFORE UPDATE ON meta BEGIN {loud}; END")
    before = (source / m.DATABASE).read_bytes()
    assert refused(source, place) == "backup.schema"
    with pytest.raises(ProblemError):
        check_database(source / m.DATABASE)
    assert (source / m.DATABASE).read_bytes() == before


def test_of_a_refused_backup_nothing_stays_in_the_folder(source: Path, place: Path) -> None:
    change_database(source, "CREATE TABLE evil (x)")
    assert refused(source, place) == "backup.schema"
    assert sorted(path.name for path in place.iterdir()) == ["restore-under-way", "serve.lock"]


@pytest.mark.parametrize(
    "statements",
    [
        (
            "PRAGMA writable_schema=ON",
            "UPDATE sqlite_master SET sql='CREATE TABLE' WHERE name='fact'",
        ),
        ("PRAGMA writable_schema=ON", "UPDATE sqlite_master SET rootpage=2 WHERE name='fact'"),
    ],
)
def test_a_broken_schema_is_refused(source: Path, place: Path, statements: tuple[str, ...]) -> None:
    change_database(source, *statements)
    assert refused(source, place) in ("backup.schema", "backup.damaged")


def test_a_damaged_page_with_a_fitting_manifest_is_refused(source: Path, place: Path) -> None:
    data = bytearray((source / m.DATABASE).read_bytes())
    data[4096 * 3 : 4096 * 4] = bytes(4096)
    (source / m.DATABASE).write_bytes(data)
    change_database(source)
    assert refused(source, place) == "backup.damaged"


@pytest.mark.parametrize("data", [b"", b"no database", b"SQLite format 3\0" + bytes(4080)])
def test_what_is_not_a_database_is_refused(source: Path, place: Path, data: bytes) -> None:
    (source / m.DATABASE).write_bytes(data)
    found = entry(source, m.DATABASE)
    rewrite(source, lambda manifest: manifest["files"][0].update(found))
    assert refused(source, place) in ("backup.damaged", "backup.schema")


def test_a_database_of_a_newer_version_is_named_as_that(source: Path, place: Path) -> None:
    change_database(source, "UPDATE alembic_version SET version_num = '9999'")
    assert refused(source, place) == "data.newer"


def test_a_backup_of_version_0_1_is_restored(tmp_path: Path, place: Path) -> None:
    """Its database as it was then, before any migration of ours."""
    data, source = unpack("server", tmp_path), tmp_path / "source"
    shutil.copytree(data, source)
    files = [p for name in m.FOLDERS for p in (source / name).rglob("*") if p.is_file()]
    paths = [m.DATABASE, *(p.relative_to(source).as_posix() for p in files)]
    manifest = {"schema": 1, "made_at": "2019-12-18T04:00:00+00:00", "epoch": "", "counts": {}}
    entries = [entry(source, path) for path in paths]
    (source / m.NAME).write_bytes(msgspec.json.encode({**manifest, "files": entries}))
    restore(source, place, now=NOW, who="t")
    with closing(sqlite3.connect(place / m.DATABASE)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (
            revisions()[0],
        )
        assert connection.execute("SELECT count(*) FROM case_file").fetchone() == (24,)


# ---- checked without restoring ----


def test_a_backup_can_be_checked_without_restoring_it(source: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in source.rglob("*")}
    seen: list[tuple[str, int, int]] = []
    found = verify(source, lambda *step: seen.append(step))
    assert seen[-1] == ("check", len(found.files), len(found.files))
    assert {p: p.stat().st_mtime_ns for p in source.rglob("*")} == before


def test_a_check_finds_what_a_restore_would_refuse(source: Path) -> None:
    change_database(source, "CREATE VIEW x AS SELECT 1")
    with pytest.raises(ProblemError, match=r"backup\.schema"):
        verify(source)


@settings(max_examples=40)
@given(st.data())
def test_no_flipped_bit_passes_the_check(made: Path, data: st.DataObject) -> None:
    """In any file of the backup; a manifest that still reads may differ in nothing that is restored."""
    found = m.read_manifest(made)
    path = data.draw(st.sampled_from([m.NAME, *(e.path for e in found.files)]))
    bit = data.draw(st.integers(0, (made / path).stat().st_size * 8 - 1))
    before = (made / path).read_bytes()
    flipped = bytearray(before)
    flipped[bit // 8] ^= 1 << bit % 8
    (made / path).write_bytes(flipped)
    try:
        again = verify(made)
    except ProblemError:
        return
    finally:
        (made / path).write_bytes(before)
    assert path == m.NAME
    assert set(again.files) == set(found.files)
