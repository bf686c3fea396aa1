"""A photo that comes whole with the request that begins it is stored in one commit; what does not, is an upload."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select

from shared.digest import sha256_hex
from sync_server import quotas
from sync_server.api import whole_photo
from sync_server.api.stream import CutError
from sync_server.office import expiry
from sync_server.services import Services
from sync_server.store import photo_files, photos
from sync_server.store import tables as t
from sync_server.store.database import Connection
from tests.support.devices import TUS, RawPhone, case_ids, fact_bytes, upload_headers
from tests.support.ended import until
from tests.support.file_engine import about_folder
from tests.support.jpegs import jpeg
from tests.support.quotas import sent_today

pytestmark = about_folder("where several serve, an upload's row says who receives it")
PHOTO = jpeg(hashlib.shake_256(b"whole").digest(36_000))
NAME = sha256_hex(PHOTO)
HEADERS = {**TUS, **upload_headers(PHOTO), "Content-Type": "application/offset+octet-stream"}


def rows(services: Services) -> tuple[int, int]:
    """How many photos are stored, and how many uploads unfinished."""

    def look(connection: Connection) -> tuple[int, int]:
        photo, upload = (
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (t.photo, t.upload)
        )
        return photo, upload

    return services.database.read(look)


@pytest.fixture
def commits(services: Services) -> Iterator[list[int]]:
    """One entry a commit of the writer."""
    made: list[int] = []
    engine = services.database.writer._engine

    def note(_: Connection) -> None:
        made.append(1)

    event.listen(engine, "commit", note)
    yield made
    event.remove(engine, "commit", note)


async def named(phone: RawPhone, services: Services) -> str:
    """A case of which a record names the photo."""
    case = case_ids(services, phone.unit)[0]
    await phone.push(phone.chained(fact_bytes(case, photos=(NAME,))))
    return case


async def test_a_whole_photo_takes_one_commit_before_its_receipt(
    phone: RawPhone, services: Services, commits: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    await named(phone, services)
    await asyncio.sleep(0.1)  # what the record made due is refreshed
    monkeypatch.setattr("sync_server.store.writer.REST_S", 5)
    commits.clear()
    answer = await phone.create_with(PHOTO)
    assert (answer.status_code, len(commits)) == (201, 1)
    assert "doorstep-receipt" in answer.headers
    assert rows(services) == (1, 0)
    assert services.files.read(NAME) == PHOTO


async def test_the_standing_of_its_case_follows_in_the_next_pause(
    phone: RawPhone, services: Services
) -> None:
    await named(phone, services)
    assert (await phone.create_with(PHOTO)).status_code == 201
    due = select(func.count()).select_from(t.standing_due)
    for _ in range(500):
        if services.database.read(lambda c: c.execute(due).scalar_one()) == 0:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it was never refreshed")


async def test_standings_are_refreshed_where_photos_leave_no_pause(
    phone: RawPhone, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync_server.store.writer.REST_S", 60)
    monkeypatch.setattr("sync_server.store.writer.REFRESH_EVERY_S", 0.05)
    await named(phone, services)
    assert (await phone.create_with(PHOTO)).status_code == 201
    await asyncio.sleep(0.1)
    due = select(func.count()).select_from(t.standing_due)
    assert (await phone.create_with(jpeg(b"another"))).status_code == 201
    assert services.database.read(lambda c: c.execute(due).scalar_one()) == 0


async def test_what_comes_slowly_becomes_an_upload_and_is_stored_all_the_same(
    phone: RawPhone, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole_photo, "WITHIN_S", 0.0)
    seen = list[tuple[int, int]]()

    async def slowly() -> AsyncIterator[bytes]:
        for at in range(0, len(PHOTO), 10_000):
            yield PHOTO[at : at + 10_000]
            await asyncio.sleep(0.02)
            seen.append(rows(services))

    answer = await phone.ask("POST", "/v1/uploads", headers=HEADERS, content=slowly())
    assert answer.status_code == 201
    assert "doorstep-receipt" in answer.headers
    assert (0, 1) in seen
    assert rows(services) == (1, 0)


async def test_of_too_many_at_once_the_rest_is_kept_on_disk_as_it_comes(
    phone: RawPhone, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole_photo, "MOST_AT_ONCE", 2)
    kept = list[str]()
    started = photos.start_upload

    def noted(connection: Connection, *asked: Any) -> photos.Upload:
        kept.append(asked[1])
        return started(connection, *asked)

    monkeypatch.setattr(photos, "start_upload", noted)
    many = [jpeg(bytes([n]) * 500) for n in range(6)]
    answers = await asyncio.gather(*(phone.create_with(data) for data in many))
    assert all("doorstep-receipt" in answer.headers for answer in answers)
    assert 0 < len(kept) <= 4
    assert rows(services) == (6, 0)
    assert not services.uploads_in_progress


async def test_a_part_sent_along_is_kept_and_gone_on_with(
    phone: RawPhone, services: Services
) -> None:
    answer = await phone.ask("POST", "/v1/uploads", headers=HEADERS, content=PHOTO[:9000])
    assert (answer.status_code, answer.headers["upload-offset"]) == (201, "9000")
    assert rows(services) == (0, 1)
    done = await phone.patch(answer.headers["location"], 9000, PHOTO[9000:])
    assert "doorstep-receipt" in done.headers
    assert services.files.read(NAME) == PHOTO


@pytest.mark.parametrize("stored", [False, True])
async def test_what_came_before_a_cut_is_kept_unless_the_photo_came_by_another_line(
    phone: RawPhone, services: Services, monkeypatch: pytest.MonkeyPatch, stored: bool
) -> None:
    if stored:
        await phone.create_with(PHOTO)

    async def cut(*_: object) -> AsyncIterator[bytes]:
        yield PHOTO[:12_000]
        raise CutError

    monkeypatch.setattr("sync_server.api.uploads.chunks", cut)
    answer = await phone.ask("POST", "/v1/uploads", headers=HEADERS, content=PHOTO)
    if stored:
        assert (answer.status_code, rows(services)) == (404, (1, 0))
    else:
        assert (answer.headers["upload-offset"], rows(services)) == ("12000", (0, 1))


async def test_one_begun_before_is_forgotten_with_its_bytes(
    phone: RawPhone, services: Services
) -> None:
    path = (await phone.create_upload(PHOTO)).headers["location"]
    await phone.patch(path, 0, PHOTO[:5000])
    assert (await phone.create_with(PHOTO)).status_code == 201
    assert rows(services) == (1, 0)
    assert list(services.file_store.below("uploads")) == []
    assert (await phone.ask("HEAD", path, headers=TUS)).status_code == 404


async def test_the_bytes_of_one_that_came_beside_it_and_was_cut_do_not_stay(
    phone: RawPhone, services: Services
) -> None:
    path = (await phone.create_upload(PHOTO)).headers["location"]
    sends, goes_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield PHOTO[:5000]
        sends.set()
        await goes_on.wait()

    headers = {**TUS, "Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
    coming = asyncio.create_task(phone.ask("PATCH", path, headers=headers, content=slowly()))
    await sends.wait()
    await asyncio.to_thread(until, lambda: any(services.file_store.below("uploads")))
    assert (await phone.create_with(PHOTO)).status_code == 201
    await asyncio.to_thread(expiry.expire_uploads, services)
    assert len(list(services.file_store.below("uploads"))) == 1
    goes_on.set()
    await coming
    await asyncio.to_thread(expiry.expire_uploads, services)
    assert list(services.file_store.below("uploads")) == []


async def test_two_requests_with_the_same_photo_at_once_store_it_once(
    phone: RawPhone, services: Services
) -> None:
    await named(phone, services)
    answers = await asyncio.gather(*(phone.create_with(PHOTO) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert rows(services) == (1, 0)
    assert services.files.read(NAME) == PHOTO
    counted = select(t.device_day.c.photos).where(t.device_day.c.device == phone.device)
    assert services.database.read(lambda c: c.execute(counted).scalars().all()) == [1]


@pytest.mark.parametrize(
    ("data", "code"),
    [(PHOTO[:-1] + b"\0", "photo.wrong_hash"), (PHOTO + b"\0", "upload.too_large")],
)
async def test_other_bytes_than_announced_leave_nothing(
    phone: RawPhone, services: Services, data: bytes, code: str
) -> None:
    answer = await phone.ask("POST", "/v1/uploads", headers=HEADERS, content=data)
    assert answer.json()["code"] == code
    assert rows(services) == (0, 0)
    assert list(services.file_store.below("uploads")) == []
    assert not services.files.has(NAME)


async def test_a_refused_photo_leaves_no_file(phone: RawPhone, services: Services) -> None:
    await named(phone, services)
    sent_today(services, phone, photos=quotas.DAY_PHOTOS)
    answer = await phone.create_with(PHOTO)
    assert (answer.status_code, answer.json()["code"]) == (409, "upload.quota")
    assert rows(services) == (0, 0)
    assert not services.files.has(NAME)
    assert list(services.file_store.below("uploads")) == []


async def test_a_refused_photo_that_another_phone_stored_stays(
    phone: RawPhone, services: Services
) -> None:
    await named(phone, services)
    await phone.create_with(PHOTO)
    other = t.season.update().values(state="preparing")
    services.database.write(lambda c: c.execute(other))
    answer = await phone.create_with(PHOTO)
    assert answer.status_code >= 400
    assert services.files.read(NAME) == PHOTO
    assert rows(services) == (1, 0)


async def test_one_begun_as_a_smaller_photo_is_counted_as_it_came(
    phone: RawPhone, services: Services
) -> None:
    await named(phone, services)
    begun = {**TUS, **upload_headers(PHOTO), "Upload-Length": "1"}
    assert (await phone.ask("POST", "/v1/uploads", headers=begun)).status_code == 201
    assert (await phone.create_with(PHOTO)).status_code == 201
    counted = select(t.device_day.c.photo_bytes).where(t.device_day.c.device == phone.device)
    assert services.database.read(lambda c: c.execute(counted).scalars().all()) == [1 + len(PHOTO)]


async def test_one_whose_file_is_taken_away_while_it_is_flushed_is_sent_again(
    phone: RawPhone, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flush(path: Path) -> None:
        if path.name == NAME:
            path.unlink()
        flushed(path)

    await named(phone, services)
    flushed = photo_files._flush
    with monkeypatch.context() as patched:
        patched.setattr(photo_files, "_flush", flush)
        answer = await phone.create_with(PHOTO)
    assert (answer.status_code, answer.json()["code"]) == (404, "upload.unknown")
    assert (await phone.create_with(PHOTO)).status_code == 201


async def test_a_kill_between_file_and_row_leaves_a_photo_that_is_missing(
    phone: RawPhone, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> str:
        raise OSError("as far as a killed server comes")

    await named(phone, services)
    with monkeypatch.context() as patched:
        patched.setattr(photos, "complete_whole", killed)
        assert (await phone.create_with(PHOTO)).status_code == 500
    assert services.files.has(NAME)
    asked = await phone.ask("POST", "/v1/photos/missing", json={"hashes": [NAME]})
    assert asked.json()["missing"] == [NAME]
    assert (await phone.create_with(PHOTO)).status_code == 201
