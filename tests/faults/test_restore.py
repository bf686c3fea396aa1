"""P8: a backup restores byte for byte, and a restored server regains every fact and photo a phone still holds."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from litestar import Litestar
from sqlalchemy import select

from mobile.usecases import outbox, records, sync_now
from sync_server.app import create_app
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import tables as t
from sync_server.store.database import Connection, new_epoch
from tests.faults.conftest import Line, NewPhone, confirm_all, join
from tests.support.ledger import everything
from tests.support.phone.work import VISIT, work


def tree(folder: Path) -> dict[str, str]:
    files = (p for p in folder.rglob("*") if p.is_file() and not p.name.endswith("-shm"))
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def restored(backup: Path, place: Path) -> Litestar:
    """A server from a backup: the folder as it was, and a new epoch."""
    shutil.copytree(backup, place)
    assert tree(place) == tree(backup)
    settings = Settings(data_dir=place, public_url="http://server")
    first = Services.open(settings)
    first.database.write(new_epoch)
    first.close()
    return create_app(settings)


async def test_a_server_restored_from_a_backup_regains_what_phones_hold(
    services: Services, new_phone: NewPhone, tmp_path: Path
) -> None:
    phones = [await new_phone(name) for name in ("甲", "乙")]
    phones[1:] = [await new_phone("丙", "02")]
    await work(phones[0], 0)
    for phone in phones:
        await sync_now.sync_now(phone)
    shutil.copytree(services.settings.data_dir, tmp_path / "backup")
    for phone in phones:
        await work(phone, 1)
        assert (await sync_now.sync_now(phone)).ok
    before = everything(services)
    app = restored(tmp_path / "backup", tmp_path / "restored")
    back: Services = app.state["services"].in_season()
    assert len(everything(back)[0]) == 2
    for phone in phones:
        phone.transport = Line(app)
        reports = [await sync_now.sync_now(phone) for _ in range(2)]
        assert [r.ok for r in reports] == [True, True]
        assert reports[1].complete
        assert (await outbox.outbox(phone)).all_sent
    assert everything(back) == before
    back.close()


async def test_a_phone_enrolled_after_the_backup_sends_its_records_to_the_restored_server(
    services: Services, new_phone: NewPhone, tmp_path: Path
) -> None:
    """The restored server does not know this phone; enrolled again it pushes its whole chain from the first fact."""
    shutil.copytree(services.settings.data_dir, tmp_path / "backup")
    phone = await new_phone()
    await work(phone, 0)
    await sync_now.sync_now(phone)
    before = everything(services)
    app = restored(tmp_path / "backup", tmp_path / "restored")
    back: Services = app.state["services"].in_season()
    phone.transport = Line(app)
    report = await sync_now.sync_now(phone)
    assert (report.ok, report.problem_code) == (False, "auth.required")
    await join(phone, back, "01", "甲")
    confirm_all(back, "01")
    assert (await sync_now.sync_now(phone)).ok
    after = everything(back)
    assert {sha: row[1:] for sha, row in after[0].items()} == {
        sha: row[1:] for sha, row in before[0].items()
    }
    assert after[1] == before[1]
    back.close()


async def test_a_fact_the_server_lost_without_a_new_epoch_is_sent_again_after_the_gap(
    services: Services, new_phone: NewPhone
) -> None:
    """A file was restored without a new epoch: the gap names the number, the phone pushes from it."""
    phone = await new_phone()
    for seed in range(3):
        await work(phone, seed)
    await sync_now.sync_now(phone)
    facts, _ = everything(services)
    third = next(row for row in facts.values() if row[1] == 3)

    def forget(connection: Connection) -> None:
        connection.execute(t.fact.delete().where(t.fact.c.n > 3))
        connection.execute(
            t.fact_photo.delete().where(t.fact_photo.c.fact_id.not_in(select(t.fact.c.id)))
        )
        connection.execute(t.device.update().values(n=3, link=third[2]))

    services.database.write(forget)
    await records.record(phone, phone.store.cases.all()[0].case.id, VISIT)
    await sync_now.sync_now(phone)
    assert facts.keys() < everything(services)[0].keys()
    assert (await outbox.outbox(phone)).unsent == 0
