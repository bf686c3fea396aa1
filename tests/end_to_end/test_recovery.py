"""A PIN forgotten in the middle of the season, over a real socket: a code from the office, and nothing is lost."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from mobile.bootstrap.native import native_ports
from mobile.usecases import enrol, sync_now
from mobile.usecases.records import record
from mobile.usecases.recover import recover
from mobile.usecases.take_photo import take_photo
from mobile.usecases.unlock import PhoneLock
from shared.problems import ProblemError
from shared.records.visit import Visit
from sync_server.office import assignment, phones, recovery
from tests.end_to_end.conftest import County
from tests.support.county import CLOCK
from tests.support.ledger import facts_of, photos_of

PIN, NEW = "280415", "739204"


async def enrolled(county: County, unit: str, directory: Path) -> PhoneLock:
    """A phone with a PIN, enrolled, confirmed and synced."""
    phone_lock = await PhoneLock.at(native_ports(directory, CLOCK))
    phone = phone_lock.phone
    assert phone is not None
    code = phones.issue(county.services, unit, "甲", who="t").code
    await enrol.enrol(phone, url=county.url, code=code, device_name="")
    made = await phone.store.meta.enrolment()
    assert made is not None
    phones.confirm(county.services, made.device, who="t")
    assignment.assign_evenly(county.services, unit, who="t")
    assert (await sync_now.sync_now(phone)).complete
    await phone_lock.set_pin(PIN)
    await phone_lock.escrow_data_key()
    return phone_lock


async def test_a_forgotten_pin_is_recovered_and_everything_unsent_is_still_there_and_syncs(
    county: County, picture: Path, tmp_path: Path
) -> None:
    unit = county.school()
    phone_lock = await enrolled(county, unit, tmp_path / "phone")
    phone = phone_lock.phone
    assert phone is not None
    case = phone.store.cases.all()[0].case.id
    photo = await take_photo(phone, picture.read_bytes(), case_id=case)
    visit = Visit(met="self", outcome="promised", promise_date="2019-12-18")
    for _ in range(3):
        await record(phone, case, visit, (photo.sha256,))
    device = await phone.store.meta.enrolment()
    assert device is not None
    await phone_lock.close()

    phone_lock = await PhoneLock.at(dataclasses.replace(phone_lock.ports))
    assert phone_lock.phone is None
    with pytest.raises(ProblemError):
        await phone_lock.unlock("111222")
    code = recovery.issue(county.services, device.device, who="联络员").code
    opened = await recover(phone_lock, code=code, new_pin=NEW)
    assert len(opened.store.facts.unsent()) == 3
    report = await sync_now.sync_now(opened)
    assert (report.ok, report.sent, report.photos, report.complete) == (True, 3, 1, True)
    assert facts_of(county.services, unit) == ["visit"] * 3
    assert photos_of(county.services, unit) == 3
    await phone_lock.close()

    again = await PhoneLock.at(phone_lock.ports)
    assert len((await again.unlock(NEW)).store.facts.all()) == 3
    await again.close()
