"""A forgotten PIN on a real phone: what was unsent is there afterwards, whatever fails on the way."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar import Litestar

from mobile.bootstrap.native import native_ports
from mobile.usecases import sync_now
from mobile.usecases.phone import Phone
from mobile.usecases.records import record
from mobile.usecases.recover import recover
from mobile.usecases.unlock import PhoneLock
from shared.problems import ProblemError
from shared.records.visit import Visit
from shared.wire import unb64
from sync_server.office import assignment, phones, recovery
from sync_server.services import Services
from tests.faults.conftest import join
from tests.support.county import CLOCK
from tests.support.devices import asgi
from tests.support.phone.quick_crypto import QuickCrypto

PIN, NEW = "280415", "739204"
VISIT = Visit(met="self", outcome="promised", promise_date="2019-12-18")


class Line(httpx.AsyncBaseTransport):
    """The way to an app. `script`: what happens to the next requests: + fine, - never arrives, ? answer lost."""

    def __init__(self, app: Litestar) -> None:
        self.app, self.script = app, ""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        fate, self.script = self.script[:1] or "+", self.script[1:]
        if fate == "-":
            raise httpx.ConnectError("no line", request=request)
        answer = await asgi(self.app).handle_async_request(request)
        if fate == "?":
            await answer.aclose()
            raise httpx.ReadError("the answer was lost", request=request)
        return answer


@dataclasses.dataclass
class Locked:
    """A phone that is locked, with records nobody has yet; `line` is its network."""

    phone_lock: PhoneLock
    line: Line
    device: str
    records: list[str]

    async def again(self) -> PhoneLock:
        """The app killed and started anew: still locked."""
        await self.phone_lock.close()
        self.phone_lock = await PhoneLock.at(self.phone_lock.ports)
        return self.phone_lock


def facts(phone: Phone) -> list[str]:
    return [k.sha256 for k in phone.store.facts.all()]


async def locked_phone(app: Litestar, services: Services, directory: Path) -> Locked:
    line = Line(app)
    phone_lock = await PhoneLock.at(
        dataclasses.replace(native_ports(directory, CLOCK), transport=line, crypto=QuickCrypto())
    )
    phone = phone_lock.phone
    assert phone is not None
    await join(phone, services, "01", "甲")
    assignment.assign_evenly(services, "01", who="t")
    assert (await sync_now.sync_now(phone)).complete
    for case in phone.store.cases.all()[:3]:
        await record(phone, case.case.id, VISIT)
    enrolment = await phone.store.meta.enrolment()
    assert enrolment is not None
    await phone_lock.set_pin(PIN)
    await phone_lock.escrow_data_key()
    records = facts(phone)
    await phone_lock.lock()
    assert phone_lock.phone is None
    return Locked(phone_lock, line, enrolment.device, records)


@pytest.fixture
async def locked(
    app: Litestar, services: Services, county: list[str], tmp_path: Path
) -> AsyncIterator[Locked]:
    made = await locked_phone(app, services, tmp_path / "phone")
    yield made
    await made.phone_lock.close()


async def refusal(locked: Locked, code: str, new_pin: str = NEW) -> str:
    with pytest.raises(ProblemError) as refused:
        await recover(locked.phone_lock, code=code, new_pin=new_pin)
    return refused.value.code


async def test_everything_is_there_after_a_recovery_and_syncs(
    services: Services, locked: Locked
) -> None:
    phone_lock = await locked.again()
    issued = recovery.issue(services, locked.device, who="t")
    phone = await recover(phone_lock, code=f"{issued.code[:4]} {issued.code[4:]}", new_pin=NEW)
    assert phone_lock.phone is phone
    assert facts(phone) == locked.records
    report = await sync_now.sync_now(phone)
    assert (report.ok, report.sent, report.rejected, report.complete) == (True, 3, 0, True)
    await phone_lock.lock()
    with pytest.raises(ProblemError):
        await phone_lock.unlock(PIN)
    assert facts(await phone_lock.unlock(NEW)) == locked.records


async def test_a_code_typed_with_a_chinese_keyboards_wide_digits_is_the_same_code(
    services: Services, locked: Locked
) -> None:
    code = recovery.issue(services, locked.device, who="t").code
    wide = code.translate({ord("0") + n: ord("\uff10") + n for n in range(10)})
    assert facts(await recover(locked.phone_lock, code=wide, new_pin=NEW)) == locked.records


async def test_a_guessable_new_pin_is_refused_before_any_request(
    services: Services, locked: Locked
) -> None:
    code = recovery.issue(services, locked.device, who="t").code
    locked.line.script = "-" * 9
    assert await refusal(locked, code, "123456") == "pin.too_plain"
    assert locked.line.script == "-" * 9
    locked.line.script = ""
    assert facts(await recover(locked.phone_lock, code=code, new_pin=NEW)) == locked.records


async def test_a_phone_that_is_not_enrolled_opens_by_its_pin_only(tmp_path: Path) -> None:
    phone_lock = await PhoneLock.at(native_ports(tmp_path / "p", CLOCK))
    await phone_lock.set_pin(PIN)
    await phone_lock.lock()
    with pytest.raises(ProblemError) as refused:
        await recover(phone_lock, code="12345678", new_pin=NEW)
    assert refused.value.code == "recover.no_office"
    await phone_lock.unlock(PIN)
    await phone_lock.close()


async def test_a_lost_answer_is_requested_again_even_by_a_second_tap(
    services: Services, locked: Locked
) -> None:
    code = recovery.issue(services, locked.device, who="t").code
    locked.line.script = "????"
    assert await refusal(locked, code) == "net.unreachable"
    assert facts(await recover(locked.phone_lock, code=code, new_pin=NEW)) == locked.records


async def test_a_code_tried_without_a_network_is_valid_later(
    services: Services, locked: Locked
) -> None:
    code = recovery.issue(services, locked.device, who="t").code
    locked.line.script = "----"
    assert await refusal(locked, code) == "net.unreachable"
    phone_lock = await locked.again()
    assert facts(await recover(phone_lock, code=code, new_pin=NEW)) == locked.records


async def test_a_wrong_code_changes_nothing_and_the_old_pin_still_opens(locked: Locked) -> None:
    assert await refusal(locked, "00000000") == "recover.code_invalid"
    assert facts(await locked.phone_lock.unlock(PIN)) == locked.records


async def test_a_revoked_phone_gets_nothing_back(services: Services, locked: Locked) -> None:
    code = recovery.issue(services, locked.device, who="t").code
    phones.revoke(services, locked.device, who="t")
    assert await refusal(locked, code) == "device.revoked"


async def test_the_key_of_another_phone_is_refused_and_the_old_pin_still_opens(
    app: Litestar, services: Services, locked: Locked, tmp_path: Path
) -> None:
    """The box of one phone with the code of another: the answer opens nothing here."""
    other = await locked_phone_of(app, services, tmp_path / "other")
    assert locked.phone_lock.ring.office is not None
    assert other.phone_lock.ring.office is not None
    key_file = await locked.phone_lock.ports.files.read("keys.json")
    assert key_file is not None
    mine, theirs = locked.phone_lock.ring.office.box, other.phone_lock.ring.office.box
    mixed = key_file.replace(mine.sealed.encode(), theirs.sealed.encode())
    mixed = mixed.replace(mine.point.encode(), theirs.point.encode())
    await locked.phone_lock.ports.files.write("keys.json", mixed)
    phone_lock = await locked.again()
    code = recovery.issue(services, locked.device, who="t").code
    with pytest.raises(ProblemError) as refused:
        await recover(phone_lock, code=code, new_pin=NEW)
    assert refused.value.code in ("vault.cannot_open", "recover.box_unreadable")
    assert facts(await phone_lock.unlock(PIN)) == locked.records
    await other.phone_lock.close()


async def locked_phone_of(app: Litestar, services: Services, directory: Path) -> Locked:
    """A second phone in the second school."""
    line = Line(app)
    phone_lock = await PhoneLock.at(
        dataclasses.replace(native_ports(directory, CLOCK), transport=line, crypto=QuickCrypto())
    )
    assert phone_lock.phone is not None
    await join(phone_lock.phone, services, "02", "乙")
    enrolment = await phone_lock.phone.store.meta.enrolment()
    assert enrolment is not None
    await phone_lock.set_pin(PIN)
    await phone_lock.escrow_data_key()
    await phone_lock.lock()
    return Locked(phone_lock, line, enrolment.device, [])


@settings(
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(script=st.text(alphabet="+-?", max_size=8))
async def test_the_code_and_the_records_survive_every_network_fault(
    services: Services, locked: Locked, script: str
) -> None:
    if locked.phone_lock.phone is not None:
        await locked.phone_lock.lock()
    code = recovery.issue(services, locked.device, who="t").code
    locked.line.script = script
    for _ in range(4):
        try:
            phone = await recover(locked.phone_lock, code=code, new_pin=NEW)
            break
        except ProblemError as problem:
            assert problem.code == "net.unreachable"  # noqa: PT017 - the loop goes on
    assert facts(phone) == locked.records


async def test_the_office_can_open_the_box_again_after_a_recovery(
    services: Services, locked: Locked
) -> None:
    for pin in (NEW, "509317"):
        code = recovery.issue(services, locked.device, who="t").code
        assert facts(await recover(locked.phone_lock, code=code, new_pin=pin)) == locked.records
        await locked.phone_lock.lock()
    office = locked.phone_lock.ring.office
    assert office is not None
    assert unb64(office.server_key) == services.receipts.public()
