"""P8: a backup is whole or recognisably not, restores byte for byte, and phones send what came after it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import select

from mobile.bootstrap.native import native_phone
from mobile.usecases import sync_now
from shared.digest import sha256_hex
from shared.problems import ProblemError
from shared.wire import PushedFact
from sync_server.app import create_app
from sync_server.office import assignment
from sync_server.office import manifest as m
from sync_server.office.backup import backup
from sync_server.office.restore import restore
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import tables as t
from tests.faults.conftest import Line, join
from tests.support.command_line import doorstep, report
from tests.support.county import CLOCK, SEASON, purge
from tests.support.devices import RawPhone, asgi, case_ids, fact_bytes
from tests.support.engines import about_sqlite
from tests.support.jpegs import jpeg
from tests.support.ledger import everything
from tests.support.phone.work import work

pytestmark = about_sqlite("a backup by us is one of its file; PostgreSQL has its own means")

NOW = datetime(2019, 12, 20, 2, tzinfo=UTC)
PHOTO = jpeg(b"a photo of a slip" * 4000)
LATER = jpeg(b"another photo" * 4000)


async def visit(phone: RawPhone, services: Services, photo: bytes) -> list[PushedFact]:
    """A recorded visit with its photo, all stored; what was pushed."""
    case = case_ids(services, phone.unit)[0]
    fact = phone.chained(fact_bytes(case, photos=(sha256_hex(photo),)))
    assert await phone.outcomes(fact) == ["created"]
    assert (
        await phone.patch((await phone.create_upload(photo)).headers["Location"], 0, photo)
    ).status_code == 204
    return [fact]


def photo_path(folder: Path, data: bytes) -> Path:
    sha256 = sha256_hex(data)
    return folder / "photos" / sha256[:2] / sha256


def files(folder: Path) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): sha256_hex(p.read_bytes())
        for name in m.FOLDERS
        for p in (folder / name).rglob("*")
        if p.is_file()
    }


def rows(database: Path) -> list[str]:
    """Every statement that makes the database, but for the epoch, the audit trail, and days counted in pauses."""
    with closing(sqlite3.connect(database)) as connection:
        return [
            line
            for line in connection.iterdump()
            if not any(one in line for one in ("'epoch'", 'INTO "audit"', 'INTO "school_days'))
        ]


def refused(source: Path, data_dir: Path) -> ProblemError:
    with pytest.raises(ProblemError) as caught:
        restore(source, data_dir, now=NOW, who="t")
    return caught.value


@pytest.fixture
def dest(tmp_path: Path) -> Path:
    return tmp_path / "backup"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where a backup is put back."""
    return tmp_path / "restored"


async def test_a_backup_restores_every_row_and_every_byte(
    phone: RawPhone, services: Services, dest: Path, place: Path
) -> None:
    await visit(phone, services, PHOTO)
    summary = services.settings.path("summaries", "610599-2019-01", "1-abc") / "summary.pdf"
    summary.write_bytes(b"%PDF-1.7 sealed")
    made = backup(services, dest)
    assert (made.counts["fact"], made.counts["photo"], made.damaged) == (1, 1, ())
    restore(dest, place, now=NOW, who="t")
    assert files(place) == files(services.settings.data_dir)
    assert rows(place / "doorstep.db") == rows(services.settings.data_dir / "doorstep.db")
    assert photo_path(place, PHOTO).read_bytes() == PHOTO


async def test_unfinished_uploads_are_left_out(
    phone: RawPhone, services: Services, dest: Path
) -> None:
    await phone.patch((await phone.create_upload(PHOTO)).headers["Location"], 0, PHOTO[:100])
    backup(services, dest)
    assert sorted(p.name for p in dest.iterdir()) == ["doorstep.db", "keys", "manifest.json"]


async def test_a_copy_is_of_one_moment_while_phones_go_on_writing(
    phone: RawPhone, services: Services, dest: Path, place: Path
) -> None:
    """The writer commits between the pieces of the copy; none of that is in the copy, and nothing is incomplete."""
    ballast = {"id": "ballast", "report": "x" * 20_000_000}
    services.database.write(lambda c: c.execute(t.import_run.insert(), ballast))
    heard: list[tuple[int, int]] = []

    def busy(what: str, done: int, of: int) -> None:
        if what == "database":
            heard.append((done, of))
            row = {"id": f"during{done}", "report": "y" * 1_000_000}
            services.database.write(lambda c: c.execute(t.import_run.insert(), row))

    backup(services, dest, busy)
    assert len(heard) > 1
    assert all(of == heard[0][1] for _, of in heard)
    restore(dest, place, now=NOW, who="t")
    with closing(sqlite3.connect(place / "doorstep.db")) as connection:
        assert [r[0] for r in connection.execute("SELECT id FROM import_run")] == ["ballast"]
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_a_second_backup_writes_only_what_is_new(
    phone: RawPhone, services: Services, dest: Path
) -> None:
    await visit(phone, services, PHOTO)
    backup(services, dest)
    before = photo_path(dest, PHOTO).stat()
    await visit(phone, services, LATER)
    made = backup(services, dest)
    after = photo_path(dest, PHOTO).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert photo_path(dest, LATER).read_bytes() == LATER
    assert (made.counts["fact"], made.counts["photo"]) == (2, 2)


async def test_a_damaged_file_is_named_and_nothing_is_restored(
    phone: RawPhone, services: Services, dest: Path, place: Path
) -> None:
    await visit(phone, services, PHOTO)
    backup(services, dest)
    path = photo_path(dest, PHOTO)
    path.write_bytes(PHOTO[:-1] + b"?")
    problem = refused(dest, place)
    assert (problem.code, problem.where.file) == (
        "backup.damaged",
        path.relative_to(dest).as_posix(),
    )
    assert not place.exists()


@pytest.mark.parametrize("name", ["doorstep.db", "keys/receipts.pem"])
def test_a_file_that_is_gone_is_named(
    services: Services, dest: Path, place: Path, name: str
) -> None:
    backup(services, dest)
    (dest / name).unlink()
    assert (refused(dest, place).code, refused(dest, place).where.file) == ("backup.damaged", name)


async def test_an_interrupted_backup_is_refused_and_can_be_finished(
    phone: RawPhone, services: Services, dest: Path, place: Path
) -> None:
    await visit(phone, services, PHOTO)

    def cut(what: str, done: int, of: int) -> None:
        if what == "photos":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backup(services, dest, cut)
    assert refused(dest, place).code == "backup.interrupted"
    backup(services, dest)
    restore(dest, place, now=NOW, who="t")


async def test_an_earlier_backup_stands_until_the_next_one_is_nearly_done(
    phone: RawPhone, services: Services, dest: Path, place: Path
) -> None:
    await visit(phone, services, PHOTO)
    first = backup(services, dest)
    await visit(phone, services, LATER)

    def cut(what: str, done: int, of: int) -> None:
        if what == "photos" and done == of:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backup(services, dest, cut)
    assert restore(dest, place, now=NOW, who="t") == first


async def test_a_photo_damaged_on_the_server_does_not_replace_the_good_one_in_the_backup(
    phone: RawPhone, services: Services, dest: Path
) -> None:
    await visit(phone, services, PHOTO)
    backup(services, dest)
    photo_path(services.settings.data_dir, PHOTO).write_bytes(b"rot")
    assert backup(services, dest).damaged == ()
    assert photo_path(dest, PHOTO).read_bytes() == PHOTO


@pytest.mark.parametrize("rot", [b"", b"rot"])
async def test_a_photo_whose_only_copy_is_damaged_is_named_and_requested_from_the_phone_again(
    phone: RawPhone, services: Services, dest: Path, place: Path, rot: bytes
) -> None:
    await visit(phone, services, PHOTO)
    photo_path(services.settings.data_dir, PHOTO).unlink()
    if rot:
        photo_path(services.settings.data_dir, PHOTO).write_bytes(rot)
    assert backup(services, dest).damaged == (sha256_hex(PHOTO),)
    restore(dest, place, now=NOW, who="t")
    app = create_app(Settings(data_dir=place, public_url="http://server"))
    async with httpx.AsyncClient(transport=asgi(app), base_url="http://server") as phone.http:
        missing = await phone.ask(
            "POST", "/v1/photos/missing", json={"hashes": [sha256_hex(PHOTO)]}
        )
        assert sha256_hex(PHOTO) in missing.text
        await phone.patch((await phone.create_upload(PHOTO)).headers["Location"], 0, PHOTO)
    app.state["services"].close()
    assert photo_path(place, PHOTO).read_bytes() == PHOTO


async def test_phones_send_a_restored_server_what_came_after_the_backup(
    app: Litestar, services: Services, county: list[str], dest: Path, place: Path, tmp_path: Path
) -> None:
    """P8 with a real phone's core: one sync to learn of the new epoch, one more to be sure."""
    phone = await native_phone(tmp_path / "phone", CLOCK)
    phone.transport = Line(app)
    await join(phone, services, "01", "甲")
    assignment.assign_evenly(services, "01", who="t")
    await sync_now.sync_now(phone)
    await work(phone, 0)
    assert (await sync_now.sync_now(phone)).ok
    made = backup(services, dest)
    await work(phone, 1)
    assert (await sync_now.sync_now(phone)).ok
    before = everything(services)
    restore(dest, place, now=NOW, who="t")
    after = create_app(Settings(data_dir=place, clock_spec=CLOCK, public_url="http://server"))
    back: Services = after.state["services"]
    assert (made.counts["fact"], len(everything(back)[0]), len(before[0])) == (2, 2, 4)
    phone.transport = Line(after)
    assert [(await sync_now.sync_now(phone)).ok for _ in range(2)] == [True, True]
    assert everything(back) == before
    back.close()
    phone.store.close()


async def test_a_purge_reaches_its_backup_with_the_next_one(
    phone: RawPhone, services: Services, dest: Path
) -> None:
    await visit(phone, services, PHOTO)
    backup(services, dest)
    certificate = purge(services, SEASON, who="t", really="演示")
    backup(services, dest)
    assert not photo_path(dest, PHOTO).exists()
    assert (dest / certificate.relative_to(services.settings.data_dir)).exists()


def test_a_folder_with_other_things_is_neither_backed_up_into_nor_restored_over(
    services: Services, dest: Path, place: Path
) -> None:
    for folder in (dest, place):
        folder.mkdir()
        (folder / "letter.txt").write_text("mine")
    with pytest.raises(ProblemError, match=r"backup\.not_ours"):
        backup(services, dest)
    (dest / "letter.txt").unlink()
    backup(services, dest)
    assert refused(dest, place).code == "backup.not_empty"
    assert [p.name for p in place.iterdir()] == ["letter.txt"]


def test_a_backup_inside_the_data_folder_is_refused(services: Services) -> None:
    with pytest.raises(ProblemError, match=r"backup\.inside"):
        backup(services, services.settings.data_dir / "backup")


def test_a_manifest_that_points_outside_is_refused(
    services: Services, dest: Path, place: Path
) -> None:
    backup(services, dest)
    text = (dest / "manifest.json").read_text()
    (dest / "manifest.json").write_text(text.replace("keys/receipts.pem", "keys/../../stolen"))
    assert refused(dest, place).code == "backup.bad_name"


def test_a_postgresql_server_is_sent_to_its_own_tool(
    app_settings: Settings, services: Services, dest: Path
) -> None:
    elsewhere = Settings(
        data_dir=app_settings.data_dir, database_url="postgresql+psycopg://db/doorstep"
    )
    there = Services(
        settings=elsewhere,
        database=services.database,
        receipts=services.receipts,
        file_store=services.file_store,
        files=services.files,
    )
    with pytest.raises(ProblemError, match=r"backup\.not_sqlite"):
        backup(there, dest)
    assert not dest.exists()


def test_a_restored_server_has_a_new_epoch_and_the_restore_on_record(
    services: Services, dest: Path, place: Path
) -> None:
    made = backup(services, dest)
    restore(dest, place, now=NOW, who="t")
    back = Services.open(Settings(data_dir=place))
    notes = back.database.read(lambda c: [(r.action, r.detail) for r in c.execute(select(t.audit))])
    assert back.database.epoch != made.epoch
    assert ("backup.restore", made.made_at) in notes
    back.close()


def test_the_command_line_backs_up_restores_and_reports_failures_by_exit_code(
    services: Services, dest: Path, place: Path
) -> None:
    data = services.settings.data_dir
    done = doorstep("backup", dest, "--json", data=data)
    assert (done.returncode, report(done)["damaged"]) == (0, [])
    assert doorstep("restore", dest, data=place).returncode == 0
    again = doorstep("restore", dest, "--json", data=place)
    assert (again.returncode, report(again)["problems"][0]["code"]) == (1, "backup.not_empty")
    assert doorstep("restore").returncode == 2
