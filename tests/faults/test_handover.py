"""The file instead of a network: real phones, a real server, and everything that can befall a file between them."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from litestar import Litestar
from sqlalchemy import select, update

from mobile.store.meta import SyncState
from mobile.usecases import handover, outbox, sync_now
from mobile.usecases.phone import Phone
from mobile.usecases.records import record
from shared.problems import ProblemError
from sync_server.office import handover as office
from sync_server.services import Services
from sync_server.store import tables as t
from sync_server.store.database import Connection, new_epoch
from tests.faults.conftest import NewPhone
from tests.support.console_browser import heading, people, signed_in
from tests.support.handover import VISIT, rows, take, unsent, work


def cut(phone: Phone) -> None:
    """No network any more."""
    phone.transport.up = False


async def test_a_season_offline_arrives_by_file_and_the_answer_empties_the_outbox(
    app: Litestar, services: Services, new_phone: NewPhone
) -> None:
    phone = await new_phone()
    cut(phone)
    await work(phone)
    made = await handover.make_handover(phone)
    assert (made.records, made.photos, made.photos_left) == (3, 3, 0)
    assert await unsent(phone) == (3, 3), "a file written is not a file received"
    people(services)
    browser = await signed_in(app, "one")
    shown = await browser.post(
        "/schools/01/phones/handover", files={"file": (made.name, made.data)}
    )
    assert heading(shown) == "甲老师的文件收到了"
    link = shown.text.split('main-act" href="')[1].split('"')[0]
    answer = await browser.get(link)
    assert "attachment" in answer.headers["content-disposition"]
    report = await handover.take_answer(phone, answer.content)
    assert (report.ok, report.sent, report.photos, report.rejected, report.again) == (
        True,
        3,
        3,
        0,
        False,
    )
    assert (await outbox.outbox(phone)).all_sent
    assert rows(services)["fact"] == 3
    assert {len(services.files.read(r)) for r in photo_hashes(services)} == {5_000}
    phone.transport.up = True
    report_of_sync = await sync_now.sync_now(phone)
    assert (report_of_sync.ok, report_of_sync.sent, report_of_sync.photos) == (True, 0, 0)


def photo_hashes(services: Services) -> list[str]:
    return services.database.read(lambda c: list(c.execute(select(t.photo.c.sha256)).scalars()))


async def test_the_same_file_twice_duplicates_nothing_and_gives_a_valid_answer(
    services: Services, new_phone: NewPhone
) -> None:
    phone = await new_phone()
    await work(phone)
    made = await handover.make_handover(phone)
    first, second = take(services, made.data), take(services, made.data)
    assert (first.created, first.duplicates, second.created, second.duplicates) == (3, 0, 0, 3)
    assert (first.photos, second.photos) == (3, 3)
    assert rows(services)["fact"] == rows(services)["photo"] == 3
    assert (await handover.take_answer(phone, second.answer)).sent == 3
    late = await handover.take_answer(phone, first.answer)
    assert (late.sent, late.photos) == (0, 0)
    assert (await outbox.outbox(phone)).all_sent


async def test_file_and_network_may_cross(services: Services, new_phone: NewPhone) -> None:
    phone = await new_phone()
    await work(phone)
    made = await handover.make_handover(phone)
    assert (await sync_now.sync_now(phone)).sent == 3
    await record(phone, phone.store.cases.all()[5].case.id, VISIT)
    taken = take(services, made.data)
    assert (taken.created, taken.duplicates) == (0, 3)
    await handover.take_answer(phone, taken.answer)
    assert await unsent(phone) == (1, 0)
    assert (await sync_now.sync_now(phone)).sent == 1


async def test_one_refused_record_never_stops_the_others_and_keeps_its_reason(
    services: Services, new_phone: NewPhone
) -> None:
    phone = await new_phone()
    await work(phone)
    gone = phone.store.cases.all()[1].case.id
    services.database.write(
        lambda c: c.execute(t.case_file.delete().where(t.case_file.c.id == gone))
    )
    taken = take(services, (await handover.make_handover(phone)).data)
    assert (taken.created, taken.refused) == (2, 1)
    report = await handover.take_answer(phone, taken.answer)
    assert (report.sent, report.rejected) == (2, 1)
    assert [
        line.problem.zh for line in (await outbox.outbox(phone)).lines if line.state == "rejected"
    ] != [""]


async def test_a_photo_another_phone_sent_before_is_stored_once(
    services: Services, new_phone: NewPhone
) -> None:
    phone = await new_phone()
    await work(phone, records=1)
    sha256 = phone.store.photos.waiting()[0].sha256
    made = await handover.make_handover(phone)
    await sync_now.sync_now(phone)
    before = services.files.path(sha256).stat().st_mtime_ns
    take(services, made.data)
    assert services.files.path(sha256).stat().st_mtime_ns == before


async def test_a_server_restored_from_a_backup_regains_everything_by_file(
    services: Services, new_phone: NewPhone
) -> None:
    phone = await new_phone()
    await work(phone, records=2)
    await handover.take_answer(
        phone, take(services, (await handover.make_handover(phone)).data).answer
    )
    assert (await outbox.outbox(phone)).all_sent
    lose_everything(services)
    await record(phone, phone.store.cases.all()[3].case.id, VISIT)
    first = take(services, (await handover.make_handover(phone)).data)
    assert first.gaps == 1
    report = await handover.take_answer(phone, first.answer)
    assert report.again
    second = take(services, (await handover.make_handover(phone)).data)
    assert (second.created, second.photos) == (3, 2)
    assert (await handover.take_answer(phone, second.answer)).sent == 3
    assert (await outbox.outbox(phone)).all_sent


def lose_everything(services: Services) -> None:
    """As after a restore of a backup from before: nothing of the phone's, and a new epoch."""

    def job(connection: Connection) -> None:
        for table in (t.fact_photo, t.fact, t.photo, t.quarantine):
            connection.execute(table.delete())
        connection.execute(update(t.device).values(n=0, link=bytes(32)))
        services.database.epoch = new_epoch(connection)

    services.database.write(job)


async def test_an_answer_from_before_a_restore_releases_nothing(
    services: Services, new_phone: NewPhone
) -> None:
    phone = await new_phone()
    await work(phone)
    old = take(services, (await handover.make_handover(phone)).data).answer
    state = await phone.store.meta.sync_state()
    lose_everything(services)
    later: SyncState = msgspec.structs.replace(state, epoch=services.database.epoch)
    await phone.store.meta.put("sync", later)
    with pytest.raises(ProblemError) as refused:
        await handover.take_answer(phone, old)
    assert refused.value.code == "handover.answer_old"
    assert await unsent(phone) == (3, 3)


async def test_what_does_not_fit_goes_into_the_next_file(
    services: Services, new_phone: NewPhone
) -> None:
    phone = await new_phone()
    await work(phone, records=5, photo_bytes=400_000)
    left = []
    while not (await outbox.outbox(phone)).all_sent:
        made = await handover.make_handover(phone, limit_bytes=900_000)
        assert len(made.data) < 1_100_000
        left.append(made.photos_left)
        await handover.take_answer(phone, take(services, made.data).answer)
    assert left == [3, 1, 0]


async def test_a_file_is_written_a_frame_at_a_time(
    new_phone: NewPhone, services: Services, tmp_path: Path
) -> None:
    phone = await new_phone()
    await work(phone, records=6, photo_bytes=700_000)
    written = await handover.write_handover(phone, tmp_path / "file.doorstep")
    assert (written.facts, written.photos, written.left) == (6, 6, 0)
    with (tmp_path / "file.doorstep").open("rb") as source:
        assert office.receive(services, source, who="t", allowed=lambda d: True).photos == 6


async def test_without_an_enrolment_or_anything_to_hand_in_there_is_no_file(
    new_phone: NewPhone,
) -> None:
    phone = await new_phone()
    with pytest.raises(ProblemError) as refused:
        await handover.make_handover(phone)
    assert refused.value.code == "handover.nothing"
    phone.store.db.table("meta").delete("enrolment")
    phone.store.meta.forget(["enrolment"])
    with pytest.raises(ProblemError) as refused:
        await handover.make_handover(phone)
    assert refused.value.code == "device.not_enrolled"
