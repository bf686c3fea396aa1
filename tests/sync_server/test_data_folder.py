"""Nobody but its owner can read anything in the data folder, whatever writes there and however old it is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from sync_server.data_folder import wide
from sync_server.office import doctor
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store.database import Database
from tests.support.command_line import doorstep, doorstep_process, report
from tests.support.console_browser import people, signed_in
from tests.support.county import CLOCK
from tests.support.devices import RawPhone
from tests.support.engines import about_sqlite
from tests.support.file_engine import about_folder
from tests.support.installation import GOLDEN, printed_and_stamped, unpack
from tests.support.jpegs import jpeg

pytestmark = pytest.mark.skipif(os.name != "posix", reason="NOT PROVED: modes are POSIX's")
PHOTO = jpeg(b"a photo of a slip" * 4000)
UNIT = "03"


def others_read(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in wide(folder))


def loosen(folder: Path) -> None:
    """As a copy leaves it that kept no modes."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


@pytest.fixture
def nobody_is_kept_out() -> Iterator[None]:
    """Another umask than any machine has: only what is made private is private."""
    before = os.umask(0)
    yield
    os.umask(before)


@about_sqlite("its file in the folder")
async def test_what_phones_and_the_console_leave_is_private_while_the_server_runs(
    app: Litestar, services: Services, phone: RawPhone, http: httpx.AsyncClient
) -> None:
    for data, sent in ((PHOTO, len(PHOTO)), (PHOTO + b"another", 100)):
        upload = (await phone.create_upload(data)).headers["Location"]
        assert (await phone.patch(upload, 0, data[:sent])).status_code in (204, 422)
    people(services)
    admin = await signed_in(app, "admin")
    await admin.post(
        "/imports/preview", kind="due-list", files={"file": ("list.xlsx", b"not a list")}
    )
    folder = services.settings.data_dir
    made = {path.relative_to(folder).parts[0] for path in folder.rglob("*") if path.is_file()}
    assert made >= {"doorstep.db", "doorstep.db-wal", "keys", "photos", "uploads", "sessions"}
    assert others_read(folder) == []


@about_sqlite("its file in the folder")
def test_what_every_command_leaves_is_private(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages, notices, scans, seals, keys, certificates of destruction; and a backup put back."""
    monkeypatch.setenv("DOORSTEP_CLOCK", "2019-12-18T12:00+08:00")
    monkeypatch.setenv("DOORSTEP_URL", "http://server")
    data = unpack("server", tmp_path)
    (scan,) = printed_and_stamped(data, "02")
    for words in (
        ("notices", UNIT, "--out", data / "notices.pdf"),
        ("enrol", UNIT, "新老师"),
        ("import", "due-list", GOLDEN / "lists" / "应还名单-2019.xlsx"),
        ("seal", "02", "--scan", scan),
        ("rollup", "--partial"),
        ("handover", GOLDEN / "wire" / "handover.doorstep", "--answer", data / "answer.doorstep"),
        ("tls", "init", "--host", "doorstep.lan"),
        ("tls", "renew"),
        ("backup", tmp_path / "backup"),
    ):
        assert doorstep(*words, "--json", data=data).returncode == 0, words
    again = tmp_path / "again"
    assert doorstep("restore", tmp_path / "backup", data=again).returncode == 0
    assert doorstep("season", "close", "2019", data=again).returncode == 0
    purged = doorstep("purge", "--season", "2019", "--really", "样例", "--json", data=again)
    assert purged.returncode == 0
    assert {p.name for p in data.iterdir()} >= {
        "summaries",
        "notices.pdf",
        "keys",
        "answer.doorstep",
    }
    assert (others_read(data), others_read(again)) == ([], [])


def test_the_first_command_of_all_makes_a_folder_that_nobody_else_can_enter(
    tmp_path: Path, nobody_is_kept_out: None
) -> None:
    for number, words in enumerate((("tls", "init", "--host", "doorstep.lan"), ("season", "list"))):
        data = tmp_path / f"data{number}"
        assert doorstep_process(*words, "--json", data=data).returncode == 0
        assert (data.stat().st_mode & 0o777, others_read(data)) == (0o700, [])


def test_a_process_that_crashes_leaves_no_picture_of_its_memory(app_settings: Settings) -> None:
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    if most == 0:
        pytest.skip("NOT RUN: this machine forbids core files anyway")
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))
    Services.open(app_settings).close()
    assert resource.getrlimit(resource.RLIMIT_CORE) == (0, most)


def test_the_database_is_private_from_its_first_byte(
    tmp_path: Path, nobody_is_kept_out: None
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'doorstep.db'}")
    try:
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    finally:
        database.close()
    assert modes == {"doorstep.db": 0o600, "doorstep.db-wal": 0o600, "doorstep.db-shm": 0o600}


@about_sqlite("its file in the folder")
def test_the_folder_of_an_older_version_is_tightened_when_it_is_opened(tmp_path: Path) -> None:
    data = unpack("server", tmp_path)
    assert {"doorstep.db", "keys/root.pem"} <= set(others_read(data))
    Services.open(Settings(data_dir=data, clock_spec=CLOCK)).close()
    assert others_read(data) == []


def test_a_copied_folder_is_tightened_to_its_last_file(app_settings: Settings) -> None:
    deep = app_settings.path("summaries", "610599-2019-01", "1-abc", "scan") / "00-page.jpg"
    deep.write_bytes(b"a scan")
    loosen(app_settings.data_dir)
    Services.open(app_settings).close()
    assert others_read(app_settings.data_dir) == []


def test_a_link_out_of_the_folder_is_left_alone(app_settings: Settings, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"not ours")
    (app_settings.path("app") / "doorstep.apk").symlink_to(elsewhere)
    loosen(app_settings.path("photos"))
    Services.open(app_settings).close()
    assert elsewhere.stat().st_mode & 0o777 == 0o644
    assert others_read(app_settings.data_dir) == []


@about_folder("files of summaries lie there; what is left in it is as private")
def test_a_tight_folder_is_not_walked_on_every_start_and_doctor_names_what_came_later(
    app_settings: Settings,
) -> None:
    data = app_settings.data_dir
    for number in range(5):
        (app_settings.path("summaries", "a", "b") / f"{number}.pdf").write_bytes(b"%PDF")
    found = doorstep("doctor", "--json", data=data)
    assert found.returncode == 1
    (private,) = [c for c in report(found) if c["what"] == "文件权限"]
    assert not private["ok"]
    assert (
        "summaries/a/b/0.pdf、summaries/a/b/1.pdf、summaries/a/b/2.pdf 等 5 处" in private["words"]
    )
    assert f"chmod -R go= {data}" in private["words"]


def test_doctor_is_content_with_a_private_folder_and_says_where_it_cannot_look(
    app_settings: Settings,
) -> None:
    assert doctor.private(app_settings.data_dir)["ok"]
    elsewhere = doctor.private(app_settings.data_dir, posix=False)
    assert (elsewhere["ok"], "没有检查" in elsewhere["words"]) == (None, True)
