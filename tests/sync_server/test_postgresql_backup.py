"""Where the database is PostgreSQL: what is whose is said, its dump comes back, and nothing pretends."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from shared.problems import ProblemError
from sync_server.office import backup_status, doctor, postgresql_backup
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import kept, photos
from sync_server.store import tables as t
from sync_server.store.database import Database
from tests.support.command_line import doorstep, report
from tests.support.county import CLOCK, fill, with_season
from tests.support.jpegs import jpeg
from tests.support.postgres import database, migrated, programs
from tests.support.shared_store import SharedFolder, over

SECRET = "geheim"


@pytest.fixture(autouse=True)
def tools(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's programs are found."""
    folder = programs()
    assert folder is not None
    monkeypatch.setenv("PATH", str(folder), prepend=":")


@pytest.fixture
def settings(postgres_url: str, tmp_path: Path) -> Iterator[Settings]:
    """Of a server whose database is in the cluster; its address has a password."""
    with database(postgres_url, "backed_up", migrated(postgres_url)) as url:
        with_password = url.replace("doorstep@", f"doorstep:{SECRET}@")
        yield Settings(data_dir=tmp_path / "server", database_url=with_password, clock_spec=CLOCK)


@pytest.fixture
def services(settings: Settings) -> Iterator[Services]:
    """The server, with two schools and a photo that the database knows."""
    opened = with_season(Services.open(settings))
    opened.database.write(lambda c: fill(c))
    yield opened
    opened.close()


@pytest.fixture
def elsewhere(postgres_url: str, settings: Settings) -> Iterator[Settings]:
    """Settings over an empty database."""
    with database(postgres_url, "restored") as url:
        yield replace(settings, database_url=url)


def people(services: Services) -> list[str]:
    return services.database.read(lambda c: list(c.execute(select(t.case_file.c.id)).scalars()))


def test_a_dump_comes_back_in_an_empty_database_with_a_new_epoch(
    services: Services, elsewhere: Settings, tmp_path: Path
) -> None:
    made = postgresql_backup.backup(services, tmp_path / "disk")
    assert made.path.stat().st_mode & 0o77 == 0
    assert postgresql_backup.restore(elsewhere, tmp_path / "disk", who="t") == 0
    there = Services.open(elsewhere)
    try:
        assert sorted(people(there)) == sorted(people(services)) != []
        assert there.database.epoch != services.database.epoch
    finally:
        there.close()
    with pytest.raises(ProblemError, match=r"backup\.not_empty"):
        postgresql_backup.restore(elsewhere, made.path, who="t")


def test_a_database_that_was_restored_by_other_means_begins_a_new_epoch(
    services: Services, settings: Settings
) -> None:
    before = services.database.epoch
    assert postgresql_backup.restore(settings, None, who="t") == 0
    again = Services.open(settings)
    assert again.database.epoch != before
    again.close()


def keep_something(services: Services) -> None:
    hour = timedelta(hours=1)
    services.database.write(lambda c: kept.put(c, "answer", "a", b"a page with names", hour))


def has_something(services: Services) -> bool:
    return services.database.read(lambda c: kept.find(c, "answer", "a")) is not None


def test_nobody_is_signed_in_again_by_a_dump_and_no_page_is_in_it(
    services: Services, elsewhere: Settings, tmp_path: Path
) -> None:
    keep_something(services)
    made = postgresql_backup.backup(services, tmp_path / "disk")
    tool = ["pg_restore", "--data-only", "--file=-", str(made.path)]
    text_of_it = subprocess.run(tool, check=True, capture_output=True).stdout.decode()
    assert "COPY public.case_file (" in text_of_it
    assert "COPY public.kept (" not in text_of_it
    assert "COPY public.hold (" not in text_of_it
    postgresql_backup.restore(elsewhere, made.path, who="t")
    there = Services.open(elsewhere)
    assert not has_something(there)
    there.close()


def test_nor_by_an_archive_that_has_everything(services: Services, settings: Settings) -> None:
    keep_something(services)
    assert has_something(services)
    postgresql_backup.restore(settings, None, who="t")
    assert not has_something(services)


def test_a_restore_looks_for_photos_without_fetching_them(
    services: Services, settings: Settings, tmp_path: Path
) -> None:
    shared = SharedFolder(tmp_path / "bucket")
    there = over(services, shared)
    photo = there.files.put(jpeg(b"a photo"))
    there.database.write(lambda c: photos.add(c, "d", {photo: 1, "ab" * 32: 1}, "2019"))
    there = replace(there, database=Database(settings.database))
    shared.local = not_fetched
    lost = postgresql_backup.restore(
        settings, None, who="t", lost_photos=True, opened=lambda _: there
    )
    assert lost == 1
    assert services.database.read(photos.hashes) == {photo}


def not_fetched(key: str) -> Path:
    raise AssertionError(key)


def test_no_photo_is_forgotten_because_its_file_is_not_there_yet(
    services: Services, settings: Settings
) -> None:
    row = {"sha256": "ab" * 32, "unit": "01", "case_id": people(services)[0], "device": "d"}
    columns = {c.name for c in t.photo.c}
    needed = {
        c.name: 1 if str(c.type).startswith(("INT", "BIG")) else ""
        for c in t.photo.c
        if not c.nullable and c.server_default is None
    }
    values = {**needed, **{k: v for k, v in row.items() if k in columns}}
    services.database.write(lambda c: c.execute(t.photo.insert(), values) and None)
    with pytest.raises(ProblemError, match=r"backup\.photos_missing"):
        postgresql_backup.restore(settings, None, who="t")
    assert postgresql_backup.restore(settings, None, who="t", lost_photos=True) == 1


def test_the_command_says_what_is_not_in_the_dump(
    services: Services, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOORSTEP_DATABASE", settings.database_url)
    done = doorstep("backup", tmp_path / "disk", "--json", data=settings.data_dir)
    assert done.returncode == 0, done.stdout
    said = report(done)
    assert Path(said["database"]).is_file()
    assert [one["what"] for one in said["not_in_it"]] == [
        "photos, printed and sealed files",
        "keys",
    ]
    assert SECRET not in done.stdout


def test_without_its_tools_the_words_to_type_are_said_and_nothing_is_made(
    services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("pg_dump") is None
    with pytest.raises(ProblemError) as found:
        postgresql_backup.backup(services, tmp_path / "disk")
    assert found.value.code == "backup.no_pg_dump"
    assert "pg_dump --format=custom" in found.value.fix("en")
    assert SECRET not in found.value.fix("en")
    assert not (tmp_path / "disk").exists()


def test_several_hosts_and_their_tls_reach_the_tools(settings: Settings) -> None:
    url = "postgresql+psycopg://u:p@/d?host=a:1&host=b:2&sslmode=verify-full"
    words = postgresql_backup.command("pg_dump", replace(settings, database_url=url), "x")
    for part in ("PGHOST=a,b", "PGPORT=1,2", "PGSSLMODE=verify-full", "PGUSER=u"):
        assert part in words


def test_the_doctor_says_what_an_operator_has_to_know(services: Services) -> None:
    found = {one["what"]: one for one in doctor.checks(services)}
    assert found["数据库"]["words"].startswith("PostgreSQL 1")
    assert found["库结构"]["ok"] is True
    assert (found["写盘"]["ok"], found["备库"]["ok"]) == (
        False,
        None,
    )  # the tests' cluster has fsync off
    assert "每个进程最多 16 条" in found["数据库连接"]["words"]
    assert found["谁备份什么"]["ok"] is None
    assert SECRET not in str(found)
    assert "SQLite" not in found


def test_nobody_is_told_that_a_backup_was_made(services: Services) -> None:
    assert "看不到" in backup_status.status(services).line.zh
    services.database.read(lambda c: c.execute(text("SELECT 1")).scalar_one())
