"""A phone and a server with a certificate of its own: the phone trusts the QR code's pin and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from litestar import Litestar, Response, get

from mobile.bootstrap.native import native_ports
from mobile.usecases import enrol, sync_now
from mobile.usecases.phone import Phone
from mobile.usecases.recover import recover
from mobile.usecases.unlock import PhoneLock
from shared.enrol_link import EnrolLink, read, write
from shared.problems import ProblemError
from shared.wire import b64
from sync_server.crypto import tls
from sync_server.office import assignment, phones, recovery
from sync_server.services import Services
from tests.support.county import CLOCK, fill
from tests.support.phone.enrol_fields import ADDRESS, fields, paste
from tests.support.phone.harness import Screen
from tests.support.phone.seed import Seed, phone_with
from tests.support.tls_server import HOST, served

PIN, NEW = "280415", "739204"


@pytest.fixture
async def url(app: Litestar, services: Services) -> AsyncIterator[str]:
    """Two schools' server over https, under a root of its own."""
    services.database.write(fill)
    place = tls.folder(services.settings)
    tls.init(place, "localhost", (HOST,), datetime.now(UTC))
    async with served(app, place / tls.SERVER) as address:
        yield address


@pytest.fixture
async def phone_lock(tmp_path: Path) -> AsyncIterator[PhoneLock]:
    """A phone as on a device: the real network."""
    made = await PhoneLock.at(native_ports(tmp_path / "phone", CLOCK))
    yield made
    await made.close()


def opened(phone_lock: PhoneLock) -> Phone:
    assert phone_lock.phone is not None
    return phone_lock.phone


def slip(services: Services, url: str) -> EnrolLink:
    """What stands in the QR code."""
    unnamed = replace(services, settings=replace(services.settings, public_url=""))
    found = read(phones.issue(unnamed, "01", "甲", who="联络员", origin=url).url)
    assert found is not None
    assert found.pin
    return found


async def join(phone_lock: PhoneLock, link: EnrolLink, pin: str | None = None) -> None:
    given = link.pin if pin is None else pin
    await enrol.enrol(opened(phone_lock), url=link.url, code=link.code, device_name="t", pin=given)


async def refusal(phone_lock: PhoneLock, link: EnrolLink, pin: str | None = None) -> str:
    with pytest.raises(ProblemError) as refused:
        await join(phone_lock, link, pin)
    assert await opened(phone_lock).store.meta.enrolment() is None
    return refused.value.code


async def test_the_right_pin_enrols_and_syncs_without_any_certificate_installed(
    phone_lock: PhoneLock, services: Services, url: str
) -> None:
    await join(phone_lock, slip(services, url))
    kept = await opened(phone_lock).store.meta.enrolment()
    assert kept is not None
    assert kept.ca == b64(tls.root_der(tls.folder(services.settings)) or b"")
    phones.confirm(services, kept.device, who="t")
    assignment.assign_evenly(services, "01", who="t")
    report = await sync_now.sync_now(opened(phone_lock))
    assert (report.ok, report.complete, report.received) == (True, True, 6)


async def test_enrolling_again_by_a_code_alone_keeps_the_root_of_the_same_server(
    phone_lock: PhoneLock, services: Services, url: str
) -> None:
    await join(phone_lock, slip(services, url))
    kept = await opened(phone_lock).store.meta.enrolment()
    await join(phone_lock, slip(services, url), "")
    again = await opened(phone_lock).store.meta.enrolment()
    assert kept is not None
    assert again is not None
    assert (again.ca, again.device) == (kept.ca, kept.device)
    assert again.token != kept.token


async def test_a_wrong_pin_is_refused_and_the_code_is_not_spent(
    phone_lock: PhoneLock, services: Services, url: str
) -> None:
    link = slip(services, url)
    assert await refusal(phone_lock, link, "A" * 43) == "net.wrong_pin"
    await join(phone_lock, link)


async def test_without_a_pin_a_private_certificate_is_not_trusted(
    phone_lock: PhoneLock, services: Services, url: str
) -> None:
    link = slip(services, url)
    assert await refusal(phone_lock, link, "") == "net.untrusted"
    await join(phone_lock, link)


async def test_a_strangers_server_with_the_true_root_is_not_trusted(
    phone_lock: PhoneLock, app: Litestar, services: Services, url: str, tmp_path: Path
) -> None:
    tls.init(tmp_path / "stranger", HOST, (), datetime.now(UTC))
    # relays all, /ca.crt too
    async with served(app, tmp_path / "stranger" / tls.SERVER) as elsewhere:
        link = msgspec.structs.replace(slip(services, url), url=elsewhere)
        assert await refusal(phone_lock, link) == "net.untrusted"


async def test_after_enrolment_a_strangers_certificate_gets_nothing(
    phone_lock: PhoneLock, app: Litestar, services: Services, url: str, tmp_path: Path
) -> None:
    await join(phone_lock, slip(services, url))
    kept = await opened(phone_lock).store.meta.enrolment()
    assert kept is not None
    tls.init(tmp_path / "stranger", HOST, (), datetime.now(UTC))
    async with served(app, tmp_path / "stranger" / tls.SERVER) as elsewhere:
        moved = msgspec.structs.replace(kept, url=elsewhere)
        await opened(phone_lock).store.meta.put("enrolment", moved)
        report = await sync_now.sync_now(opened(phone_lock))
    assert (report.ok, report.problem_code, report.retries) == (False, "net.untrusted", 0)


async def test_a_renewed_certificate_changes_nothing_for_the_phone(
    phone_lock: PhoneLock, app: Litestar, services: Services, url: str
) -> None:
    await join(phone_lock, slip(services, url))
    kept = await opened(phone_lock).store.meta.enrolment()
    assert kept is not None
    phones.confirm(services, kept.device, who="t")
    place = tls.folder(services.settings)
    tls.renew(place, datetime.now(UTC))
    async with served(app, place / tls.SERVER) as again:
        moved = msgspec.structs.replace(kept, url=again)
        await opened(phone_lock).store.meta.put("enrolment", moved)
        assert (await sync_now.sync_now(opened(phone_lock))).ok


async def test_a_forgotten_pin_is_recovered_over_the_pinned_certificate(
    phone_lock: PhoneLock, services: Services, url: str
) -> None:
    await join(phone_lock, slip(services, url))
    kept = await opened(phone_lock).store.meta.enrolment()
    assert kept is not None
    phones.confirm(services, kept.device, who="t")
    await phone_lock.set_pin(PIN)
    await phone_lock.escrow_data_key()
    await phone_lock.lock()
    code = recovery.issue(services, kept.device, who="t").code
    phone = await recover(phone_lock, code=code, new_pin=NEW)
    assert await phone.store.meta.enrolment() == kept


@pytest.mark.parametrize("body", [b"", b"x" * 20_000])
async def test_what_is_no_root_is_refused_whatever_its_size(
    phone_lock: PhoneLock, tmp_path: Path, body: bytes
) -> None:
    @get("/ca.crt")
    async def root() -> Response[bytes]:
        return Response(body, media_type="application/x-x509-ca-cert")

    app = Litestar(route_handlers=[root], logging_config=None)
    tls.init(tmp_path / "tls", HOST, (), datetime.now(UTC))
    async with served(app, tmp_path / "tls" / tls.SERVER) as address:
        link = EnrolLink(url=address, code="12345678", pin="A" * 43)
        assert await refusal(phone_lock, link) == "net.wrong_pin"


async def test_an_absent_server_is_unreachable_not_untrusted(
    phone_lock: PhoneLock,
) -> None:
    link = EnrolLink(url=f"https://{HOST}:9", code="12345678", pin="A" * 43)
    assert await refusal(phone_lock, link) == "enrol.unreachable"


@pytest.fixture
async def screen(tmp_path: Path) -> AsyncIterator[Screen]:
    """The enrolment screen of a new phone."""
    phone = await phone_with(tmp_path / "held", Seed(enrolled=False))
    opened_screen = await Screen.open(phone)
    yield opened_screen
    opened_screen.check()
    await opened_screen.close()
    phone.store.close()


async def test_the_whole_link_pasted_as_the_address_enrols(
    screen: Screen, services: Services, url: str
) -> None:
    link = slip(services, url)
    await paste(screen, ADDRESS, write(link))
    await fields(screen, link.url, link.code)
    await screen.tap("登记这部手机")
    await screen.see("请联络员确认一下")


async def test_the_pin_of_a_link_applies_to_its_own_address_only(
    screen: Screen, services: Services, url: str
) -> None:
    link = slip(services, url)
    await paste(screen, ADDRESS, write(link))
    await fields(screen, link.url, link.code)
    edited = link.url.replace(HOST, "localhost")
    await paste(screen, ADDRESS, edited)
    await fields(screen, edited, link.code)
    await screen.tap("登记这部手机")
    await screen.see("不能确认这是学校的服务器")
