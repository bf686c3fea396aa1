"""Photos that no record names, unfinished uploads, and what is not a photo: refused, or gone in time."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from shared import wire
from shared.digest import sha256_hex
from shared.problems import ProblemError
from sync_server import quotas
from sync_server.office import expiry
from sync_server.services import Services
from sync_server.store import photos
from sync_server.store import tables as t
from tests.support.devices import TUS, RawPhone, fact_bytes
from tests.support.file_engine import about_folder
from tests.support.jpegs import jpeg
from tests.support.ledger import codes
from tests.support.quotas import (
    PHOTO,
    code,
    later,
    missing,
    name,
    rows,
    send,
)

OLD = about_folder("a test makes files old; a bucket says itself when they came")

# ---- photos that no record names ----


def store_unnamed(services: Services, phone: RawPhone, number: int, size_bytes: int = 9) -> None:
    """As if this phone had sent photos that no record names."""
    at = services.settings.now_text()
    found = [
        {"sha256": f"{n:064x}", "size_bytes": size_bytes, "device": phone.device, "received_at": at}
        for n in range(number)
    ]
    services.database.write(lambda c: c.execute(insert(t.photo), found))


@pytest.mark.parametrize(
    ("number", "size_bytes"), [(quotas.UNNAMED_PHOTOS, 9), (1, quotas.UNNAMED_BYTES)]
)
async def test_too_many_photos_that_no_record_names_wait_until_one_does(
    phone: RawPhone, services: Services, number: int, size_bytes: int
) -> None:
    store_unnamed(services, phone, number, size_bytes)
    assert await send(phone, PHOTO) == "upload.unnamed"
    assert await name(phone, services, PHOTO) == ["created"]
    assert await send(phone, PHOTO) == ""


async def test_photos_on_their_way_count_as_unnamed_before_they_are_stored(
    phone: RawPhone, services: Services
) -> None:
    store_unnamed(services, phone, quotas.UNNAMED_PHOTOS - 1)
    assert (await phone.create_upload(PHOTO)).status_code == 201
    assert code(await phone.create_upload(jpeg(b"another"))) == "upload.unnamed"
    assert (await phone.create_upload(PHOTO)).status_code == 201  # goes on


async def test_photos_of_refused_records_do_not_count_as_unnamed(
    phone: RawPhone, services: Services
) -> None:
    store_unnamed(services, phone, quotas.UNNAMED_PHOTOS)
    refused = await phone.push(
        phone.chained(fact_bytes("nobody", photos=(sha256_hex(PHOTO), f"{0:064x}")))
    )
    assert codes(refused) == ["case.unknown"]
    assert await send(phone, PHOTO) == ""
    assert await send(phone, jpeg(b"another")) == ""
    assert await send(phone, jpeg(b"a third")) == "upload.unnamed"


@OLD
async def test_a_photo_that_no_record_names_expires_after_a_month(
    phone: RawPhone, services: Services
) -> None:
    assert await send(phone, PHOTO) == ""
    path = services.files.path(sha256_hex(PHOTO))
    assert expiry.expire_photos(later(services, 29)) == 0
    assert path.exists()
    assert expiry.expire_photos(later(services, 31)) == 1
    assert rows(services, "photo") == 0
    assert expiry.expire_photos(later(services, 31)) == 0
    assert path.exists(), "a file this young may be one that has just come"
    make_old(path)
    expiry.expire_photos(later(services, 31))
    assert not path.exists()


@OLD
async def test_the_file_of_an_expired_photo_goes_the_next_time(
    phone: RawPhone, services: Services
) -> None:
    """A backup under way has the row and may still copy the file."""
    await send(phone, PHOTO)
    path = services.files.path(sha256_hex(PHOTO))
    make_old(path)
    assert expiry.expire_photos(later(services, 31)) == 1
    assert path.exists()
    expiry.expire_photos(later(services, 31))
    assert not path.exists()


async def test_a_photo_sent_again_is_kept_for_another_month(
    phone: RawPhone, services: Services
) -> None:
    await send(phone, PHOTO)
    long_ago = t.photo.update().values(received_at="2019-11-01T00:00:00.000+00:00")
    services.database.write(lambda c: c.execute(long_ago))
    assert await send(phone, PHOTO) == ""
    assert expiry.expire_photos(services) == 0


def make_old(path: Path) -> None:
    os.utime(path, (0, 0))


@OLD
async def test_a_record_that_names_an_expired_photo_makes_its_phone_send_it_again(
    phone: RawPhone, services: Services
) -> None:
    await send(phone, PHOTO)
    make_old(services.files.path(sha256_hex(PHOTO)))
    for _ in range(2):
        expiry.expire_photos(later(services, 31))
    assert await name(phone, services, PHOTO) == ["created"]
    assert await missing(phone, PHOTO)
    assert await send(phone, PHOTO) == ""
    assert not await missing(phone, PHOTO)
    assert services.files.read(sha256_hex(PHOTO)) == PHOTO


@OLD
async def test_what_a_record_names_never_expires_be_it_refused_or_damaged(
    phone: RawPhone, services: Services
) -> None:
    kept = [jpeg(f"photo {n}".encode()) for n in range(3)]
    await name(phone, services, kept[0])
    assert await name(phone, services, kept[1], case="nobody") == ["case.unknown"]
    damaged = fact_bytes("nobody", photos=(sha256_hex(kept[2]),)).replace(b'"season"', b'"sea#on"')
    await phone.push(phone.packed(damaged, 1, b"\0" * 32, b"\0" * 64))
    for data in kept:
        assert await send(phone, data) == ""
        make_old(services.files.path(sha256_hex(data)))
    assert expiry.expire_photos(later(services, 400)) == 0
    assert [services.files.read(sha256_hex(data)) for data in kept] == kept


async def test_a_record_set_apart_while_photos_are_looked_through_keeps_its_photo(
    phone: RawPhone, services: Services
) -> None:
    await send(phone, PHOTO)
    names = photos.QuarantineNames()
    services.database.read(names.read)
    await name(phone, services, PHOTO, case="nobody")
    assert services.database.write(lambda c: photos.forget_unnamed(c, "2099", names)) == 0


async def test_a_photo_whose_file_went_while_it_came_is_not_recorded(
    phone: RawPhone, services: Services
) -> None:
    """The last byte of an upload and the removal of an expired photo of the same hash meet."""
    now = services.settings.now_text()
    upload = services.database.write(
        lambda c: photos.start_upload(c, phone.device, "a" * 64, 9, now)
    )
    with pytest.raises(ProblemError, match=r"upload\.unknown"):
        services.database.write(lambda c: photos.complete(c, upload, now, services.files.has))
    assert rows(services, "photo") == 0


# ---- unfinished uploads ----


async def test_an_upload_says_until_when_it_can_be_resumed(
    phone: RawPhone, services: Services
) -> None:
    made = await phone.create_upload(PHOTO)
    path = made.headers["Location"]
    answers = [made, await phone.patch(path, 0, PHOTO[:9])]
    answers.append(await phone.ask("HEAD", path, headers=TUS))
    until = {parsedate_to_datetime(a.headers["upload-expires"]) for a in answers}
    assert len(until) == 1
    left = until.pop() - services.settings.now()
    assert timedelta(days=6, hours=23) < left <= quotas.UNFINISHED_FOR
    options = await phone.ask("OPTIONS", "/v1/uploads")
    assert "expiration" in options.headers["tus-extension"].split(",")


async def test_an_unfinished_upload_goes_after_a_week_with_its_bytes(
    phone: RawPhone, services: Services
) -> None:
    path = (await phone.create_upload(PHOTO)).headers["Location"]
    await phone.patch(path, 0, PHOTO[:9])
    assert expiry.expire_uploads(later(services, 6)) == 0
    assert await phone.held(path) == 9
    upload_id = path.rpartition("/")[2]
    services.uploads_in_progress.add(upload_id)
    assert expiry.expire_uploads(later(services, 8)) == 0, "never under a request"
    services.uploads_in_progress.clear()
    assert expiry.expire_uploads(later(services, 8)) == 1
    assert list(services.settings.path("uploads").iterdir()) == []
    assert (await phone.ask("HEAD", path, headers=TUS)).status_code == 404
    assert await send(phone, PHOTO) == ""


async def test_an_expired_upload_is_unknown_before_it_is_removed_and_goes_on_when_asked_for(
    phone: RawPhone, services: Services
) -> None:
    path = (await phone.create_upload(PHOTO)).headers["Location"]
    await phone.patch(path, 0, PHOTO[:9])
    long_ago = {"created_at": "2019-12-01T00:00:00.000+00:00"}
    services.database.write(lambda c: c.execute(update(t.upload).values(**long_ago)))
    assert (await phone.ask("HEAD", path, headers=TUS)).status_code == 404
    assert (await phone.create_upload(PHOTO)).headers["Location"] == path
    assert await phone.held(path) == 9


async def test_a_phone_begins_so_many_uploads_at_a_time(
    phone: RawPhone, services: Services
) -> None:
    many = [jpeg(bytes([n]) * 9) for n in range(quotas.UNFINISHED_UPLOADS + 8)]
    answers = await asyncio.gather(*(phone.create_upload(data) for data in many))
    refused = [code(a) for a in answers if a.is_error]
    assert refused == ["upload.unfinished"] * 8
    await phone.patch(answers[0].headers["Location"], 0, many[0])
    assert (await phone.create_upload(jpeg(b"one more"))).status_code == 201


async def test_a_phone_announces_so_many_bytes_at_a_time(phone: RawPhone) -> None:
    largest = {"Upload-Length": str(wire.MAX_PHOTO_BYTES)}
    number = quotas.UNFINISHED_BYTES // wire.MAX_PHOTO_BYTES
    for n in range(number):
        answer = await phone.create_upload(jpeg(bytes([n])), **largest)
        assert answer.status_code == 201
    assert code(await phone.create_upload(PHOTO)) == "upload.unfinished"


# ---- photos are pictures ----


@pytest.mark.parametrize(
    "data", [b"%PDF-1.7", b"<html>", PHOTO + b"PK\x03\x04", PHOTO[:-2], b"\x89PNG\r\n\x1a\n"]
)
async def test_what_is_no_photo_is_refused_and_forgotten(
    phone: RawPhone, services: Services, data: bytes
) -> None:
    answer = await phone.create_upload(data)
    answer = await phone.patch(answer.headers["Location"], 0, data)
    assert (answer.status_code, code(answer)) == (422, "photo.not_image")
    assert (rows(services, "upload"), rows(services, "photo")) == (0, 0)
    assert list(services.settings.path("uploads").iterdir()) == []
    assert not services.files.has(sha256_hex(data))
