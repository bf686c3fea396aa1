"""A plain copy of a running server's data is recognised; a kill, a move and a restore are not taken for one."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from litestar import Litestar

from sync_server.app import create_app
from sync_server.office import copied_folder, doctor, doctor_postgresql
from sync_server.office.backup import backup
from sync_server.office.copied_folder import Place, is_copy
from sync_server.office.restore import restore
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import serving_mark
from sync_server.store.database import Connection
from sync_server.store.serving_mark import Copied, Serving
from tests.support.console_browser import people, signed_in
from tests.support.engines import about_sqlite

pytestmark = about_sqlite(
    "a copy of its running file is found out; PostgreSQL is not in the folder"
)

NOW = datetime(2019, 12, 20, 2, tzinfo=UTC)


@contextmanager
def opened(data: Path) -> Iterator[Services]:
    services = Services.open(Settings(data_dir=data))
    try:
        yield services
    finally:
        services.close()


@contextmanager
def serving(data: Path) -> Iterator[Services]:
    """A server that stops as it should."""
    with opened(data) as services:
        copied_folder.begin(services)
        yield services
        copied_folder.end(services)


def kill(data: Path) -> None:
    """A server that did not come to its end: the row stays."""
    with opened(data) as services:
        copied_folder.begin(services)


def looks_copied(data: Path) -> bool:
    """What doctor finds at once, and again after the server was started there."""
    with opened(data) as services:
        before = copied_folder.finding(services) is not None
    with serving(data) as services:
        assert (copied_folder.finding(services) is not None) == before
    return before


@pytest.fixture
def data(app_settings: Settings) -> Path:
    return app_settings.data_dir


def test_a_folder_copied_while_the_server_runs_is_recognised(data: Path, tmp_path: Path) -> None:
    with serving(data):
        shutil.copytree(data, tmp_path / "copy")
    assert looks_copied(tmp_path / "copy")
    assert not looks_copied(data)


def test_the_database_copied_alone_is_recognised(data: Path, tmp_path: Path) -> None:
    """Without the log beside it: what the row needs is in the file itself."""
    (tmp_path / "copy").mkdir()
    with serving(data):
        shutil.copy(data / "doorstep.db", tmp_path / "copy" / "doorstep.db")
    assert looks_copied(tmp_path / "copy")


def test_a_copy_put_back_into_the_same_folder_is_recognised(data: Path, tmp_path: Path) -> None:
    with serving(data):
        shutil.copy(data / "doorstep.db", tmp_path / "nightly.db")
    for _ in range(2):
        with serving(data):
            pass
    shutil.copyfile(tmp_path / "nightly.db", data / "doorstep.db")
    assert looks_copied(data)


def test_a_whole_folder_put_back_at_the_same_path_is_recognised(data: Path, tmp_path: Path) -> None:
    with serving(data):
        shutil.copytree(data, tmp_path / "nightly")
        data.rename(tmp_path / "lost")
    shutil.copytree(tmp_path / "nightly", data)
    assert looks_copied(data)


def test_a_server_killed_and_started_again_at_the_same_place_is_not_a_copy(data: Path) -> None:
    for _ in range(3):
        kill(data)
        assert not looks_copied(data)
        kill(data)
        kill(data)


def test_a_kill_between_the_file_and_the_row_is_not_a_copy(data: Path) -> None:
    kill(data)
    known = (data / copied_folder.FILE).read_text().strip("[]")
    (data / copied_folder.FILE).write_text(f'["{"0" * 16}",{known}]')
    assert not looks_copied(data)


def test_a_stopped_folder_may_be_moved_and_copied(data: Path, tmp_path: Path) -> None:
    with serving(data):
        pass
    shutil.copytree(data, tmp_path / "copy")
    data.rename(tmp_path / "moved")
    assert not looks_copied(tmp_path / "copy")
    assert not looks_copied(tmp_path / "moved")


def test_a_folder_moved_after_a_kill_is_not_a_copy(data: Path, tmp_path: Path) -> None:
    kill(data)
    data.rename(tmp_path / "moved")
    assert not looks_copied(tmp_path / "moved")


def test_a_restored_backup_of_a_running_server_is_not_a_copy(data: Path, tmp_path: Path) -> None:
    with serving(data) as services:
        backup(services, tmp_path / "backup")
    restore(tmp_path / "backup", tmp_path / "back", now=NOW, who="t")
    assert not looks_copied(tmp_path / "back")


def test_on_a_disk_that_makes_up_inodes_a_kill_at_the_same_path_is_not_a_copy() -> None:
    row = Serving(id="a", path="/d/doorstep.db", inode=7, since="")
    here = Place(path="/d/doorstep.db", inode=8, keeps_inodes=False, known=("a",))
    assert not is_copy(row, here)
    assert is_copy(row, Place(path="/e/doorstep.db", inode=8, keeps_inodes=False, known=("a",)))
    assert is_copy(row, Place(path="/d/doorstep.db", inode=8, keeps_inodes=True, known=("a",)))
    assert is_copy(row, Place(path="/d/doorstep.db", inode=7, keeps_inodes=True, known=("b",)))


def test_a_copy_is_named_for_a_month(data: Path) -> None:
    with opened(data) as services:
        now = services.settings.real_now()

        def found(days: int) -> Callable[[Connection], None]:
            at = (now - timedelta(days=days)).isoformat()
            row = Copied(path="/old/doorstep.db", since=at, found_at=at)
            return lambda c: serving_mark.put(c, serving_mark.COPIED, row)

        services.database.write(found(29))
        assert copied_folder.finding(services) is not None
        services.database.write(found(31))
        assert copied_folder.finding(services) is None


def test_the_app_writes_its_row_and_takes_it_away(app_settings: Settings) -> None:
    app = create_app(app_settings)
    services: Services = app.state["services"]

    async def run() -> object:
        async with app.lifespan():
            return services.database.read(serving_mark.serving)

    row = asyncio.run(run())
    assert isinstance(row, Serving)
    with opened(app_settings.data_dir) as again:
        assert again.database.read(serving_mark.serving) is None


async def test_doctor_and_the_first_page_say_what_to_do(
    app: Litestar, services: Services, county: list[str]
) -> None:
    now = services.settings.real_now().isoformat()
    row = Copied(path="/old/doorstep.db", since=now, found_at=now)
    services.database.write(lambda c: serving_mark.put(c, serving_mark.COPIED, row))
    found = next(c for c in doctor.checks(services) if c["what"] == "数据来历")
    assert (found["ok"], "doorstep backup" in found["words"]) == (False, True)
    people(services)
    shown = (await (await signed_in(app, "admin")).get("/")).text
    assert "/old/doorstep.db" in shown


def test_doctor_marks_what_it_cannot_check(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The module of resource limits is missing on Windows; on PostgreSQL there is nothing to copy."""
    monkeypatch.setitem(sys.modules, "resource", None)
    limit = doctor.file_limit()
    assert (limit["ok"], limit["words"].startswith("没有检查")) == (None, True)
    monkeypatch.setattr(doctor_postgresql, "checks", lambda _: [])  # test_postgresql_backup.py
    settings = replace(services.settings, database_url="postgresql+psycopg://db/doorstep")
    there = replace(services, settings=settings)
    rows = {c["what"]: c["ok"] for c in doctor.checks(there)}
    assert (rows["数据库文件"], rows["数据来历"], rows["备份"]) == (None, None, None)


def test_doctor_finds_a_damaged_page(data: Path) -> None:
    with opened(data):
        pass
    file = data / "doorstep.db"
    damaged = bytearray(file.read_bytes())
    damaged[-4096 * 3 : -4096 * 2] = b"\xff" * 4096
    file.write_bytes(damaged)
    with opened(data) as services:
        found = next(c for c in doctor.checks(services) if c["what"] == "数据库文件")
    assert (found["ok"], "已损坏" in found["words"]) == (False, True)
