"""A server that does not accept everything today: the phone keeps it, says so, and goes on with the rest."""

from __future__ import annotations

import io
import os
from collections import Counter
from typing import NamedTuple

import httpx
import pytest
from sqlalchemy import insert

from mobile.sync.client import Server
from mobile.sync.schedule import Retry
from mobile.sync.upload import upload
from mobile.usecases import handover, outbox, records, storage, today
from mobile.usecases.stuck import STUCK_AFTER_SYNCS
from shared.digest import sha256_hex
from shared.identity import mask_name
from sync_server import quotas
from sync_server.office import expiry
from sync_server.office import handover as office_handover
from sync_server.services import Services
from sync_server.store import device_days
from sync_server.store import tables as t
from tests.support.copied_phone import VISIT, Copied, Office
from tests.support.file_engine import about_folder
from tests.support.jpegs import random_jpeg

TOTAL = 500_000_000_000


class Usage(NamedTuple):
    """A disk."""

    total: int
    free: int


class Counted(httpx.AsyncBaseTransport):
    """The way to the server; counts requests by method and first parts of the path."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.asked: Counter[str] = Counter()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked[f"{request.method} {'/'.join(request.url.path.split('/')[:3])}"] += 1
        return await self._inner.handle_async_request(request)


@pytest.fixture
def way(phone: Copied, office: Office) -> Counted:
    inner = office.transport()
    assert inner is not None
    phone.phone.transport = made = Counted(inner)
    return made


async def photo(phone: Copied, data: bytes) -> str:
    """A photo on the phone; its hash."""
    sha256 = sha256_hex(data)
    await phone.phone.store.photos.add(sha256, data, phone.phone.now_ms())
    return sha256


async def visit(phone: Copied, *data: bytes) -> list[str]:
    """A visit with photos; their hashes."""
    hashes = [await photo(phone, each) for each in data]
    await phone.record(1, tuple(hashes))
    return hashes


async def sent_today(phone: Copied, services: Services, **values: int) -> None:
    """As if this phone had sent so much today."""
    enrolment = await phone.phone.store.meta.enrolment()
    assert enrolment is not None
    day = device_days.day_of(services.settings.now_text())
    row = {"device": enrolment.device, "day": day, **values}
    services.database.write(lambda c: c.execute(insert(t.device_day), row))


def another_day(services: Services) -> None:
    services.database.write(lambda c: c.execute(t.device_day.delete()))


def waiting(phone: Copied) -> list[str]:
    return [row.sha256 for row in phone.phone.store.photos.waiting()]


async def stuck(phone: Copied) -> list[str]:
    """What Today and the outbox say alike."""
    found = [line.code for line in (await today.today(phone.phone)).stuck]
    assert found == [line.code for line in (await outbox.outbox(phone.phone)).stuck]
    return found


async def test_photos_beyond_the_days_quota_wait_and_are_sent_another_day(
    phone: Copied, office: Office, way: Counted
) -> None:
    await sent_today(phone, office.services, photos=quotas.DAY_PHOTOS - 1)
    hashes = await visit(phone, *(random_jpeg(3000) for _ in range(3)))
    for _ in range(STUCK_AFTER_SYNCS + 1):
        way.asked.clear()
        report = await phone.sync()
        assert (report.ok, report.through, report.complete) == (False, True, True)
        assert report.problem_code == "sync.photos_later"
        assert way.asked["POST /v1/uploads"] <= 2, "none is tried after the first that waits"
        assert await stuck(phone) == ["sync.photos_later"]
    assert waiting(phone) == hashes[1:]
    assert "2 张照片" in report.problem.zh
    assert "明天会再自动上交" in report.problem.zh
    another_day(office.services)
    report = await phone.sync()
    assert (report.ok, report.photos, waiting(phone)) == (True, 2, [])
    assert await stuck(phone) == []


async def test_while_the_servers_disk_is_low_records_go_and_photos_wait(
    phone: Copied, office: Office
) -> None:
    office.services.disk_usage = lambda _: Usage(TOTAL, quotas.RESERVE_BYTES)
    await visit(phone, random_jpeg(3000), random_jpeg(3000))
    report = await phone.sync()
    assert (report.ok, report.sent, report.complete) == (False, 1, True)
    assert report.problem_code == "sync.photos_no_room"
    assert "磁盘" in report.problem.zh
    assert len(waiting(phone)) == 2
    office.services.disk_usage = lambda _: Usage(TOTAL, TOTAL)
    report = await phone.sync()
    assert (report.ok, report.photos) == (True, 2)


async def test_when_the_servers_disk_is_used_up_nothing_is_lost(
    phone: Copied, office: Office
) -> None:
    office.services.disk_usage = lambda _: Usage(TOTAL, 0)
    await visit(phone, random_jpeg(3000))
    report = await phone.sync()
    assert (report.ok, report.sent, report.problem_code) == (False, 0, "disk.used_up")
    office.services.disk_usage = lambda _: Usage(TOTAL, TOTAL)
    report = await phone.sync()
    assert (report.ok, report.sent, report.photos) == (True, 1, 1)


async def test_a_file_that_is_no_photo_is_named_with_its_record_and_not_sent_again(
    phone: Copied, way: Counted
) -> None:
    bad = (await visit(phone, b"no photo"))[0]
    await visit(phone, random_jpeg(3000))
    report = await phone.sync()
    assert (report.ok, report.photos, report.complete) == (False, 1, True)
    assert report.problem_code == "sync.photo_refused"
    name = mask_name(phone.phone.store.cases.all()[0].case.borrower.name)
    assert f"{name}的 1 张照片" in report.problem.zh
    assert "重拍照片" in report.problem.zh
    assert (await today.today(phone.phone)).stuck[0].photos == (bad,)
    await phone.restart()
    phone.phone.transport = way
    way.asked.clear()
    for _ in range(STUCK_AFTER_SYNCS):
        assert (await phone.sync()).problem_code == "sync.photo_refused"
    assert not any("uploads" in path for path in way.asked)
    assert waiting(phone) == [bad], "it stays on the phone"


async def test_where_nothing_more_can_be_set_apart_the_records_wait_and_the_list_comes(
    phone: Copied, office: Office
) -> None:
    made = await phone.record(2)
    await sent_today(phone, office.services, quarantined=quotas.DAY_REFUSED - 1)
    services = office.services
    case = phone.phone.store.cases.all()[0].case.id
    moved = services.database.read(lambda c: c.execute(t.case_file.select()).mappings().all())
    row = next(dict(r) for r in moved if r["id"] == case)
    services.database.write(
        lambda c: c.execute(t.case_file.delete().where(t.case_file.c.id == case))
    )
    report = await phone.sync()
    assert (report.ok, report.through, report.rejected) == (False, True, 1)
    assert report.problem_code == "quarantine.day_full"
    assert "会再自动上交" in report.problem.zh
    assert list(phone.states().values()) == ["rejected", "waiting"]
    report = await phone.sync()
    assert (report.problem_code, report.rejected) == ("quarantine.day_full", 0)
    assert not (await outbox.outbox(phone.phone)).rewound
    another_day(services)
    services.database.write(lambda c: c.execute(insert(t.case_file), row))
    assert (await phone.sync()).sent == 1
    assert office.ledger() == made[1:]


@about_folder("a photo's file is made old; a shared store keeps a young one for another server")
async def test_a_photo_sent_before_its_record_is_sent_again_where_it_expired_meanwhile(
    phone: Copied, office: Office
) -> None:
    data = random_jpeg(3000)
    sha256 = (await visit(phone, data))[0]
    core, services = phone.phone, office.services
    enrolment = await core.store.meta.enrolment()
    assert enrolment is not None
    async with Server(enrolment.url, enrolment.token, core.transport) as server:
        retry = Retry(lambda: 0.0)
        await upload(core.store, core.vault, enrolment, server, retry, lambda *_: None)
    assert waiting(phone) == []
    assert (await storage.free_now(core)).photos == 0, "its record is not in: the copy stays"
    services.database.write(lambda c: c.execute(t.photo.update().values(received_at="2019-01-01")))
    os.utime(services.files.path(sha256), (0, 0))
    assert [expiry.expire_photos(services) for _ in range(2)] == [1, 0]
    assert not services.files.has(sha256)
    report = await phone.sync()
    assert (report.ok, report.sent, report.photos) == (True, 1, 1)
    assert services.files.read(sha256) == data
    assert expiry.expire_photos(services) == 0
    assert (await storage.free_now(core)).photos == 1


async def test_a_photo_sent_before_its_record_and_still_there_is_not_sent_twice(
    phone: Copied, office: Office, way: Counted
) -> None:
    await visit(phone, random_jpeg(3000))
    core = phone.phone
    enrolment = await core.store.meta.enrolment()
    assert enrolment is not None
    async with Server(enrolment.url, enrolment.token, core.transport) as server:
        retry = Retry(lambda: 0.0)
        await upload(core.store, core.vault, enrolment, server, retry, lambda *_: None)
    way.asked.clear()
    report = await phone.sync()
    assert (report.ok, report.sent, waiting(phone)) == (True, 1, [])
    assert not way.asked["POST /v1/uploads"]


async def test_by_hand_over_file_the_phone_learns_the_same(phone: Copied, office: Office) -> None:
    bad, good = await visit(phone, b"no photo", random_jpeg(3000))
    await sent_today(phone, office.services, quarantined=quotas.DAY_REFUSED)
    await phone.record(1)
    services = office.services
    services.database.write(lambda c: c.execute(t.case_file.delete()))
    file = await handover.make_handover(phone.phone)
    taken = office_handover.receive(
        services, io.BytesIO(file.data), who="t", allowed=lambda _: True
    )
    assert (taken.created, taken.refused, taken.left) == (0, 0, 2)
    assert (taken.photos, taken.photos_refused) == (1, 1)
    report = await handover.take_answer(phone.phone, taken.answer)
    assert (report.ok, report.problem_code) == (False, "sync.photo_refused")
    assert waiting(phone) == [bad]
    assert good not in waiting(phone)
    assert list(phone.states().values()) == ["waiting", "waiting"]


@pytest.mark.parametrize("lost", [False, True], ids=["no photo", "lost"])
async def test_a_corrected_record_needs_the_photo_no_more_that_could_not_be_handed_in(
    phone: Copied, office: Office, lost: bool
) -> None:
    bad = await photo(phone, random_jpeg(3000) if lost else b"no photo")
    fact = (await phone.record(1, (bad,)))[0]
    if lost:
        (phone.folder / "photos" / bad).unlink()
    assert not (await phone.sync()).ok
    good = await photo(phone, random_jpeg(3000))
    await records.correct(phone.phone, fact, reason="重拍", body=VISIT, photos=(good,))
    assert waiting(phone) == [bad, good], "while the correction is not in, it stays"
    report = await phone.sync()
    assert (report.ok, report.photos, waiting(phone)) == (True, 1, [])
    assert await stuck(phone) == []
    assert (await outbox.outbox(phone.phone)).all_sent
    assert office.services.files.has(good)
    assert not (phone.folder / "photos" / bad).exists()
