"""What is refused when the disk fills: photos and files first, records last."""

from __future__ import annotations

import msgspec
import pytest
from litestar import Litestar

from shared import wire
from sync_server import quotas
from sync_server.office import disk_room
from sync_server.services import Services
from tests.support.console_browser import people, signed_in
from tests.support.devices import RawPhone, case_ids, fact_bytes
from tests.support.quotas import (
    PHOTO,
    TOTAL,
    Usage,
    code,
    send,
)


@pytest.mark.parametrize(
    ("total", "free", "photo", "record"),
    [
        (TOTAL, quotas.KEPT_BYTES + 1_000_000, "", ""),
        (TOTAL, quotas.KEPT_BYTES + 1000, "disk.low", ""),
        (TOTAL, quotas.RESERVE_BYTES, "disk.low", ""),
        (TOTAL, quotas.RESERVE_BYTES - 1, "disk.low", "disk.used_up"),
        (10_000_000_000, 1_000_000_000 + 10_000, "", ""),
        (10_000_000_000, 200_000_000 - 1, "disk.low", "disk.used_up"),
    ],
)
async def test_records_are_accepted_longest(
    phone: RawPhone, services: Services, total: int, free: int, photo: str, record: str
) -> None:
    services.disk_usage = lambda _: Usage(total, free)
    assert await send(phone, PHOTO) == photo
    fact = phone.chained(fact_bytes(case_ids(services, "01")[0]))
    body = msgspec.json.encode(wire.PushRequest(facts=[fact]))
    answer = await phone.ask("POST", "/v1/facts", content=body)
    assert (answer.status_code, code(answer)) == ((507, record) if record else (200, ""))


async def test_a_photo_on_its_way_waits_too_and_keeps_its_bytes(
    phone: RawPhone, services: Services
) -> None:
    path = (await phone.create_upload(PHOTO)).headers["Location"]
    await phone.patch(path, 0, PHOTO[:900])
    services.disk_usage = lambda _: Usage(TOTAL, quotas.KEPT_BYTES)
    answer = await phone.patch(path, 900, PHOTO[900:])
    assert (answer.status_code, code(answer)) == (507, "disk.low")
    assert "MB" in answer.json()["title"]
    services.disk_usage = lambda _: Usage(TOTAL, TOTAL)
    assert (await phone.patch(path, await phone.held(path), PHOTO[900:])).status_code == 204


async def test_the_office_uploads_no_file_either_and_goes_on_with_its_work(
    app: Litestar, phone: RawPhone, services: Services
) -> None:
    people(services)
    admin = await signed_in(app, "admin")
    services.disk_usage = lambda _: Usage(TOTAL, quotas.KEPT_BYTES)
    answer = await admin.post(
        "/imports/preview", kind="due-list", files={"file": ("list.xlsx", b"a list")}
    )
    assert "磁盘" in answer.text
    assert not any(services.settings.path("imports").iterdir())
    services.disk_usage = lambda _: Usage(TOTAL, quotas.KEPT_BYTES - 1)
    found = disk_room.problem(services)
    assert found is not None
    assert (found.code, "2000 MB" in found.message()) == ("disk.low", True)
    services.disk_usage = lambda _: Usage(TOTAL, TOTAL)
    assert disk_room.problem(services) is None
