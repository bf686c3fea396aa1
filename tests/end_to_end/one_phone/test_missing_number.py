"""The server waits for a number this phone no longer has: it takes a new key, and goes on."""

from __future__ import annotations

import io

from sqlalchemy import select, update

from mobile.usecases import handover, outbox, sign_out
from sync_server.office import handover as office_handover
from sync_server.services import Services
from sync_server.store import devices
from sync_server.store import tables as t
from sync_server.store.database import new_epoch
from tests.support.copied_phone import UNIT, Copied, Office
from tests.support.county import SEASON


def restore(services: Services) -> None:
    """Put the server back to the first record of its only phone."""
    database = services.database
    (device,) = database.read(lambda c: devices.of_unit(c, SEASON, UNIT))
    first = select(t.fact.c.link).where(t.fact.c.device == device.id, t.fact.c.n == 1)
    link = database.read(lambda c: c.execute(first).scalar_one())
    database.write(lambda c: c.execute(t.fact.delete().where(t.fact.c.n > 1)))
    database.write(lambda c: c.execute(update(t.device).values(n=1, link=link)))
    database.epoch = database.write(new_epoch)


async def signs_out_before_a_restore(phone: Copied, services: Services) -> list[str]:
    """Hand in three records, sign out, lose two on the server, and enrol again; the three."""
    earlier = await phone.record(3)
    await phone.sync()
    await sign_out.sign_out(phone.phone)
    restore(services)
    await phone.enrol_again()
    return earlier


async def test_a_phone_that_signed_out_before_a_restore_hands_in_with_a_new_key(
    phone: Copied, office: Office, services: Services
) -> None:
    earlier = await signs_out_before_a_restore(phone, services)
    assert (await outbox.outbox(phone.phone)).missing == 2
    await phone.sync()
    made = await phone.record()
    report = await phone.sync()
    assert (report.ok, report.problem_code) == (False, "sync.gap")
    assert (await phone.renew()).ok
    office.whole(earlier[:1] + made)


async def test_enrolling_again_takes_the_new_key_too(
    phone: Copied, office: Office, services: Services
) -> None:
    earlier = await signs_out_before_a_restore(phone, services)
    await phone.sync()
    made = await phone.record()
    assert (await phone.sync()).problem_code == "sync.gap"
    await phone.enrol_again()
    assert (await phone.sync()).ok
    office.whole(earlier[:1] + made)


async def lose_second(phone: Copied) -> list[str]:
    """Three records, of which the database loses the second; the ids of the others."""
    first, second, third = await phone.record(3)
    await phone.restart()  # which numbers them
    with phone.phone.store.db.conn:
        phone.phone.store.db.execute("DELETE FROM fact WHERE id = ?", [second])
    await phone.restart()
    return [first, third]


async def test_a_record_lost_from_the_database_does_not_hold_the_others_back(
    phone: Copied, office: Office
) -> None:
    left = await lose_second(phone)
    assert (await phone.sync()).problem_code == "sync.gap"
    assert (await phone.renew()).ok
    office.whole(left)


async def test_an_answer_that_misses_a_lost_record_asks_for_a_new_key_not_another_file(
    phone: Copied, services: Services
) -> None:
    await lose_second(phone)
    made = await handover.make_handover(phone.phone)
    taken = office_handover.receive(
        services, io.BytesIO(made.data), who="t", allowed=lambda _: True
    )
    report = await handover.take_answer(phone.phone, taken.answer)
    assert (report.ok, report.problem_code) == (False, "sync.gap")
    assert (report.sent, report.again) == (1, False)
    assert (await outbox.outbox(phone.phone)).missing == 2
