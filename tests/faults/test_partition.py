"""P10: after a partition all phones agree with the server within three syncs, and nothing is there twice (P3)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

import pytest
from sqlalchemy import select

from mobile.usecases import outbox, records, sync_now
from mobile.usecases.phone import Phone
from shared.records.contact_attempt import ContactAttempt
from shared.records.visit import Visit
from sync_server.office import assignment, placing
from sync_server.services import Services
from sync_server.store import tables as t
from sync_server.store import units
from tests.faults.conftest import NewPhone, agrees
from tests.support.county import SEASON, repaid
from tests.support.devices import case_ids
from tests.support.long_form import amount, counting, dice

TEACHERS = [f"师{number}" for number in range(amount("PHONES", short=4, long=20))]
COUNTIES = amount("COUNTIES", short=1, long=8)
PARTITIONS = amount("PARTITIONS", short=1, long=3)
"""Of one county's phones, one after another."""


async def a_day(phone: Phone, moments: random.Random) -> int:
    """Some records, made without a network; how many."""
    made = 0
    for state in phone.store.cases.all():
        case = state.case.id
        visitors = ("甲", f"同行{moments.randrange(99)}")
        saved = await records.record(
            phone, case, Visit(met="self", outcome="promised", visitors=visitors)
        )
        made += 1
        if moments.random() < 0.3:
            await records.correct(
                phone, saved.fact, reason="写错", body=Visit(met="parent", outcome="promised")
            )
            made += 1
        if moments.random() < 0.3:
            await records.record(phone, case, ContactAttempt(outcome="no_answer"))
            made += 1
    return made


def office(services: Services, moments: random.Random) -> None:
    """Meanwhile the office moves cases about and imports a repayment file."""
    staff = [p.id for p in services.database.read(lambda c: units.staff_of(c, SEASON, "01"))]
    for case in moments.sample(case_ids(services, "01"), 8):
        assignment.assign(services, [case], moments.choice(staff), who="t")
    placing.move(services, [case_ids(services, "01")[0]], "02", who="t", reason="搬家")
    repaid(services, "2019-12-12", {f"C{moments.randrange(24):05d}": 100_00 for _ in range(5)})


@pytest.mark.parametrize("number", range(COUNTIES))
async def test_after_a_partition_all_phones_agree_within_three_syncs(
    services: Services, new_phone: NewPhone, number: int
) -> None:
    moments = dice("partition", number)
    phones = [await new_phone(name, seed=seed) for seed, name in enumerate(TEACHERS)]
    staff = services.database.read(lambda c: units.staff_of(c, SEASON, "01"))
    cases = case_ids(services, "01")
    for place, name in enumerate(TEACHERS):  # everyone has some: the first phone had taken all
        (person,) = [p for p in staff if p.name == name]
        assignment.assign(services, cases[place :: len(TEACHERS)], person.id, who="t")
    await all_sync(phones)
    made = 0
    with counting(f"a partition of {len(phones)} phones") as count:
        for _ in range(PARTITIONS):
            made += await _partition(phones, services, moments)
            syncs = await _syncs_until_all_agree(phones, services)
            count.named[f"all agree after sync {syncs}"] = 1 + count.named.get(
                f"all agree after sync {syncs}", 0
            )
        _nothing_lost_or_doubled(phones, services, made)
        count.tried = PARTITIONS
        count.named["records"] = made


async def all_sync(phones: Sequence[Phone]) -> None:
    await asyncio.gather(*(sync_now.sync_now(phone, background=True) for phone in phones))


async def _partition(phones: Sequence[Phone], services: Services, moments: random.Random) -> int:
    """A day without a network, then a line that loses a quarter of everything; how many records."""
    for phone in phones:
        phone.transport.up = False
    made = sum([await a_day(phone, moments) for phone in phones])
    office(services, moments)
    for phone in phones:
        phone.transport.up, phone.transport.badness = True, 0.25
    for _ in range(2):
        await all_sync(phones)
    for phone in phones:
        phone.transport.badness = 0.0
    return made


async def _syncs_until_all_agree(phones: Sequence[Phone], services: Services) -> int:
    for number in range(1, 4):
        await all_sync(phones)
        if all([await agrees(phone, services) for phone in phones]):
            return number
    raise AssertionError("they do not agree after three syncs")


def _nothing_lost_or_doubled(phones: Sequence[Phone], services: Services, made: int) -> None:
    stored = services.database.read(lambda c: list(c.execute(select(t.fact.c.id)).scalars()))
    assert len(stored) == len(set(stored)) == made
    assert sum(phone.store.cases.count() for phone in phones) == len(case_ids(services, "01"))


async def test_records_can_be_saved_while_a_sync_hangs(
    services: Services, new_phone: NewPhone
) -> None:
    """A teacher on a visit never waits for the network."""
    phone = await new_phone()
    case = phone.store.cases.all()[0].case.id
    first = Visit(met="self", outcome="promised", visitors=("甲",))
    await records.record(phone, case, first)
    hanging = asyncio.Event()
    through = phone.transport.handle_async_request

    async def hangs(request: object) -> object:
        await hanging.wait()
        return await through(request)

    phone.transport.handle_async_request = hangs
    syncing = asyncio.create_task(sync_now.sync_now(phone))
    await asyncio.sleep(0.05)
    async with asyncio.timeout(1):
        second = await records.record(phone, case, first)
        assert await records.undo(phone, second.fact)
        await records.record(phone, case, first)
    hanging.set()
    assert (await syncing).ok
    await sync_now.sync_now(phone)
    assert (await outbox.outbox(phone)).all_sent


async def test_a_photo_that_cannot_be_read_stops_neither_other_photos_nor_the_list(
    services: Services, new_phone: NewPhone
) -> None:
    from tests.support.phone.work import work

    phone = await new_phone()
    for seed in range(2):
        await work(phone, seed)
    lost = phone.store.photos.waiting()[0].sha256
    await phone.disk.remove(lost)
    report = await sync_now.sync_now(phone)
    got = (report.ok, report.problem_code, report.photos, report.complete)
    assert got == (False, "sync.photo_lost", 1, True)
    assert [row.sha256 for row in phone.store.photos.waiting()] == [lost]


async def test_two_syncs_at_once_send_everything_once(
    services: Services, new_phone: NewPhone
) -> None:
    phone = await new_phone()
    made = await a_day(phone, random.Random(5))
    reports = await asyncio.gather(*(sync_now.sync_now(phone) for _ in range(3)))
    assert sum(r.sent for r in reports) == made
    assert sum(r.duplicates for r in reports) == 0


async def test_a_receipt_of_another_server_is_rejected(
    services: Services, new_phone: NewPhone
) -> None:
    """Whoever answers in the server's place cannot make a phone delete its record."""
    import msgspec

    from shared.wire import b64

    phone = await new_phone()
    case = phone.store.cases.all()[0].case.id
    await records.record(phone, case, Visit(met="self", outcome="promised", visitors=("甲",)))
    enrolment = await phone.store.meta.enrolment()
    assert enrolment is not None
    stranger = b64(await phone.vault.public_key())
    await phone.store.meta.put("enrolment", msgspec.structs.replace(enrolment, server_key=stranger))
    report = await sync_now.sync_now(phone)
    assert (report.ok, report.problem_code) == (False, "receipt.invalid")
    assert (await outbox.outbox(phone)).unsent == 1
    await phone.store.meta.put("enrolment", enrolment)
    assert (await sync_now.sync_now(phone)).duplicates == 1
