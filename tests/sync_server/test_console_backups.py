"""The page 备份: schedule, backup, check, download."""

from __future__ import annotations

from pathlib import Path

import pytest
from litestar import Litestar
from sqlalchemy import select

from sync_server import file_lock
from sync_server.office import (
    backup_file,
    backup_log,
    backup_plan,
    backup_runs,
)
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import audit
from sync_server.store import tables as t
from tests.support.backups import (
    NOON,
    PASSPHRASE,
    log,
    planned,
    wait_for_the_end,
)
from tests.support.console_browser import Browser, people, signed_in
from tests.support.engines import about_sqlite

pytestmark = about_sqlite("a backup by us is one of its file; PostgreSQL has its own means")


@pytest.fixture
async def admin(app: Litestar, services: Services) -> Browser:
    people(services)
    return await signed_in(app, "admin")


async def test_the_page_sets_the_schedule_makes_a_backup_and_checks_it(
    admin: Browser, services: Services, county: list[str], disk: Path
) -> None:
    assert "还没有备份过" in (await admin.get("/")).text
    assert "先在下面写好备份放在哪里" in (await admin.get("/backups")).text
    fields = {"folder": str(disk), "every": "night", "at": "03:30", "hours": "12", "keep": "5"}
    assert (await admin.post("/backups/plan", **fields)).status_code == 303
    shown = (await admin.get("/backups")).text
    assert "设置已保存" in shown
    assert f'value="{disk}"' in shown
    assert 'value="03:30"' in shown
    assert (await admin.post("/backups/now")).status_code == 303
    wait_for_the_end(services)
    shown = (await admin.get("/backups")).text
    assert ("已核对" in shown, "http-equiv" in shown) == (True, False)
    (run,) = log(services)
    assert run.who == "admin"
    await admin.post(f"/backups/{run.id}/check")
    wait_for_the_end(services)
    assert [r.state for r in log(services)] == ["verified"]
    assert "已核对" in (await admin.get("/")).text


async def test_the_page_does_not_reload_itself_while_somebody_types(
    admin: Browser, services: Services, disk: Path
) -> None:
    planned(services, disk)
    backup_runs.run(services, who="t")
    with file_lock.holding(backup_log.place(services.settings.data_dir) / "lock"):
        watched = (await admin.get("/backups")).text
        assert 'http-equiv="refresh"' in watched
        inside = watched[watched.index("<main") :]
        assert "<input" not in inside.replace('<input type="hidden"', "")
        stopped = (await admin.get("/backups?edit=true")).text
        refused = await admin.post("/backups/plan", folder="x", every="night", at="1", hours="1")
    assert "/backups?edit=true" in watched
    for page in (stopped, refused.text):
        assert 'http-equiv="refresh"' not in page
        assert 'name="folder"' in page
        assert 'name="passphrase"' in page


async def test_the_first_page_shows_why_a_backup_failed_and_what_to_do(
    admin: Browser, services: Services, county: list[str], disk: Path
) -> None:
    planned(services, disk)
    (disk / backup_plan.MARK).unlink()
    backup_runs.run(services, who="t")
    for page in ("/", "/backups"):
        shown = (await admin.get(page)).text
        assert "盘可能没有接上" in shown
        assert "请接好备份盘" in shown


async def test_a_refused_schedule_keeps_what_was_typed(admin: Browser, tmp_path: Path) -> None:
    fields = {"folder": str(tmp_path / "gone"), "every": "hours", "at": "02:00", "hours": "7"}
    answer = await admin.post("/backups/plan", **fields, keep="9")
    assert answer.status_code == 422
    assert "没有这个备份位置" in answer.text
    assert all(f'value="{text}"' in answer.text for text in (tmp_path / "gone", "7", "9"))


async def test_a_backup_is_downloaded_encrypted_and_restored_from_the_file(
    admin: Browser, services: Services, county: list[str], disk: Path, tmp_path: Path
) -> None:
    planned(services, disk)
    run = backup_runs.run(services, who="t")
    answer = await admin.post(
        f"/backups/{run.id}/download", passphrase=PASSPHRASE, again=PASSPHRASE
    )
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].endswith(
        f"{Path(run.folder).name}.doorstep-backup"
    )
    assert b"SQLite format 3" not in answer.content
    file = tmp_path / "downloaded"
    file.write_bytes(answer.content)
    backup_file.restore_file(file, PASSPHRASE, tmp_path / "back", now=NOON, who="t")
    back = Services.open(Settings(data_dir=tmp_path / "back"))
    assert len(back.database.read(lambda c: c.execute(select(t.case_file)).all())) == 12
    back.close()
    notes = services.database.read(audit.listed)
    assert ("admin", "backup.download", run.folder) in [(n.who, n.action, n.ref) for n in notes]


async def test_a_short_or_mistyped_passphrase_downloads_nothing(
    admin: Browser, services: Services, disk: Path
) -> None:
    planned(services, disk)
    run = backup_runs.run(services, who="t")
    for first, again in (("short", "short"), (PASSPHRASE, PASSPHRASE + "x")):
        answer = await admin.post(f"/backups/{run.id}/download", passphrase=first, again=again)
        assert answer.status_code == 303
        assert "口令至少 12 个字符" in await admin.text_of("/backups")


async def test_an_officers_first_page_has_nothing_about_the_server(
    app: Litestar, services: Services, county: list[str]
) -> None:
    people(services)
    shown = (await (await signed_in(app, "officer")).get("/my-schools")).text
    assert "备份" not in shown
