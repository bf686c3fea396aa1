"""A phone stopped after it was authenticated and before the writer's turn: stopping it wins."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable

import httpx
import msgspec
import pytest
from sqlalchemy import func, select, update

from shared import possession, wire
from shared.digest import sha256_hex
from shared.problems import ProblemError
from sync_server.office import handover as office
from sync_server.office import phones
from sync_server.services import Services
from sync_server.store import tables as t
from tests.support.devices import TUS, RawPhone, case_ids, fact_bytes, upload_headers
from tests.support.handover import file_of
from tests.support.jpegs import jpeg

PHOTO = jpeg(b"a photo of a slip" * 40)
Stop = Callable[[Services, RawPhone], None]


def revoked(services: Services, phone: RawPhone) -> None:
    phones.revoke(services, phone.device, who="t")


def enrolled_again(services: Services, phone: RawPhone) -> None:
    """As a new code does: it waits for the liaison."""
    mine = t.device.c.id == phone.device
    services.database.write(
        lambda c: c.execute(update(t.device).where(mine).values(state="pending"))
    )


STOPS = pytest.mark.parametrize(
    ("stop", "code"), [(revoked, "device.revoked"), (enrolled_again, "device.unconfirmed")]
)


def body_after(
    services: Services, phone: RawPhone, stop: Stop, data: bytes
) -> AsyncIterator[bytes]:
    """A request's body that arrives once the phone was stopped: it is read after the token."""

    async def arriving() -> AsyncIterator[bytes]:
        stop(services, phone)
        yield data

    return arriving()


def counts(services: Services) -> dict[str, int]:
    """Rows of every table a phone's request fills."""
    tables = (t.fact, t.quarantine, t.photo, t.device)
    return services.database.read(
        lambda c: {
            x.name: c.execute(select(func.count()).select_from(x)).scalar_one() for x in tables
        }
    )


def refused(answer: httpx.Response, code: str) -> bool:
    return (answer.status_code, answer.json().get("code")) == (403, code)


@STOPS
async def test_its_facts_are_not_taken(
    phone: RawPhone, services: Services, stop: Stop, code: str
) -> None:
    fact = phone.chained(fact_bytes(case_ids(services, "01")[0]))
    data, before = msgspec.json.encode(wire.PushRequest(facts=[fact])), counts(services)
    body = body_after(services, phone, stop, data)
    assert refused(await phone.ask("POST", "/v1/facts", content=body), code)
    assert counts(services) == before


@STOPS
async def test_its_upload_is_not_completed(
    phone: RawPhone, services: Services, stop: Stop, code: str
) -> None:
    upload = (await phone.create_upload(PHOTO)).headers["Location"]
    before = counts(services)
    body = body_after(services, phone, stop, PHOTO)
    assert refused(await phone.patch(upload, 0, body), code)
    assert counts(services) == before
    assert not services.files.path(sha256_hex(PHOTO)).exists()


@STOPS
async def test_its_photo_sent_in_one_request_is_not_taken(
    phone: RawPhone, services: Services, stop: Stop, code: str
) -> None:
    before = counts(services)
    headers = {
        **TUS,
        **upload_headers(PHOTO),
        "Content-Type": "application/offset+octet-stream",
    }
    body = body_after(services, phone, stop, PHOTO)
    answer = await phone.ask("POST", "/v1/uploads", content=body, headers=headers)
    assert refused(answer, code)
    assert counts(services) == before


async def test_it_gets_no_new_key(phone: RawPhone, services: Services) -> None:
    new = RawPhone()
    message = possession.renewing(phone.device, new.public_key)
    asked = wire.RenewRequest(
        public_key=wire.b64(new.public_key),
        proof=wire.b64(new.sign(message)),
        consent=wire.b64(phone.sign(message)),
    )
    before = counts(services)
    body = body_after(services, phone, revoked, msgspec.json.encode(asked))
    answer = await phone.ask("POST", "/v1/devices/renew", content=body)
    assert refused(answer, "device.revoked")
    assert counts(services) == before


class StoppedMeanwhile(io.BytesIO):
    """A hand-over file at whose second reading, after it was found unchanged, the phone is stopped."""

    def __init__(self, data: bytes, stop: Callable[[], None]) -> None:
        super().__init__(data)
        self._stop, self._readings = stop, 0

    def seek(self, place: int, whence: int = 0) -> int:
        if place > 0:
            self._readings += 1
            if self._readings == 2:
                self._stop()
        return super().seek(place, whence)


@STOPS
@pytest.mark.parametrize("photo", [b"", PHOTO])
async def test_its_hand_over_file_is_not_taken(
    phone: RawPhone, services: Services, stop: Stop, code: str, photo: bytes
) -> None:
    facts = [] if photo else [phone.chained(fact_bytes(case_ids(services, "01")[0]))]
    file = await file_of(phone, facts, [photo] if photo else [])
    source = StoppedMeanwhile(file, lambda: stop(services, phone))
    before = counts(services)
    with pytest.raises(ProblemError) as problem:
        office.receive(services, source, who="t", allowed=lambda _: True)
    assert problem.value.code == code
    assert counts(services) == before
