"""Two servers of one county with their files in a shared store: any of them goes on with an upload another began."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import select, update

from shared.digest import sha256_hex
from shared.problems import ProblemError
from sync_server import quotas
from sync_server.api.upload_holding import Claim, OnDisk
from sync_server.office import expiry
from sync_server.services import Services
from sync_server.store import photo_objects, photos, upload_claims
from sync_server.store import tables as t
from sync_server.store.photo_files import PhotoFiles
from tests.support.devices import TUS, RawPhone, asgi, upload_headers
from tests.support.file_engine import about_folder
from tests.support.jpegs import jpeg
from tests.support.one_app import app_over
from tests.support.quotas import later
from tests.support.shared_store import FaultyStore, SharedFolder, keys, over

PHOTO = jpeg(hashlib.shake_256(b"a photo of replicas").digest(36_000))
LARGE = jpeg(hashlib.shake_256(b"a large one").digest(2 * photo_objects.PART_BYTES + 70_000))
KEY = f"photos/{sha256_hex(PHOTO)[:2]}/{sha256_hex(PHOTO)}"


class Replica(NamedTuple):
    """One of the servers, a client of it, and its way to the store."""

    services: Services
    http: httpx.AsyncClient
    store: FaultyStore


@pytest.fixture
async def replicas(
    services: Services, routes: Litestar, tmp_path: Path
) -> AsyncIterator[tuple[Replica, Replica]]:
    """Two servers over one database and one store."""
    shared, found = SharedFolder(tmp_path / "bucket"), []
    for _ in range(2):
        store = FaultyStore(shared)
        own = over(services, store)
        client = httpx.AsyncClient(transport=asgi(app_over(routes, own)), base_url="http://server")
        found.append(Replica(own, client, store))
    yield found[0], found[1]
    for one in found:
        await one.http.aclose()


def at(phone: RawPhone, replica: Replica) -> RawPhone:
    """The phone, whose requests reach this server from now on."""
    phone.http = replica.http
    return phone


async def begun(phone: RawPhone, data: bytes = PHOTO) -> str:
    answer = await phone.create_upload(data)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"])


def row(services: Services) -> dict[str, object]:
    """The one upload there is."""
    return dict(services.database.read(lambda c: c.execute(select(t.upload)).mappings().one()))


async def claimed(services: Services) -> None:
    """Wait until a server has claimed the upload."""
    for _ in range(3000):
        if row(services)["claim"]:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("nobody claimed it")


def code(answer: httpx.Response) -> str:
    return str(answer.json()["code"])


async def test_a_photo_that_comes_whole_is_written_once_and_never_a_part(
    phone: RawPhone, replicas: tuple[Replica, Replica]
) -> None:
    one, other = replicas
    path = await begun(at(phone, one))
    answer = await phone.patch(path, 0, PHOTO)
    assert (answer.status_code, "doorstep-receipt" in answer.headers) == (204, True)
    assert one.store.calls["put"] == 1
    assert other.services.files.read(sha256_hex(PHOTO)) == PHOTO
    assert keys(other.store, "uploads") == []


async def test_any_server_goes_on_with_an_upload_another_began(
    phone: RawPhone, replicas: tuple[Replica, Replica]
) -> None:
    path, at_bytes = await begun(at(phone, replicas[0])), 0
    for number in range(7):
        at(phone, replicas[number % 2])
        assert await phone.held(path) == at_bytes
        end = min(at_bytes + 6000, len(PHOTO))
        answer = await phone.patch(path, at_bytes, PHOTO[at_bytes:end])
        assert (answer.status_code, answer.headers["upload-offset"]) == (204, str(end))
        at_bytes = end
    assert replicas[0].services.files.read(sha256_hex(PHOTO)) == PHOTO
    assert keys(replicas[0].store, "uploads") == []
    assert await phone.ask("HEAD", path, headers=TUS)


async def test_a_large_photo_is_put_aside_a_part_at_a_time(
    phone: RawPhone, replicas: tuple[Replica, Replica]
) -> None:
    async def slowly() -> AsyncIterator[bytes]:
        for start in range(0, len(LARGE), 65_536):
            yield LARGE[start : start + 65_536]
            assert replicas[0].services.files.coming_bytes(path.rpartition("/")[2]) <= (
                photo_objects.PART_BYTES + 65_536
            )

    path = await begun(at(phone, replicas[0]), LARGE)
    answer = await phone.patch(path, 0, slowly())
    assert answer.status_code == 204, answer.text
    assert replicas[1].services.files.read(sha256_hex(LARGE)) == LARGE
    assert keys(replicas[0].store, "uploads") == []


async def test_what_came_before_a_cut_is_kept_for_whichever_server_is_asked(
    phone: RawPhone, replicas: tuple[Replica, Replica]
) -> None:
    async def cut() -> AsyncIterator[bytes]:
        yield PHOTO[:7000]
        raise httpx.ReadError("the line went away")

    path = await begun(at(phone, replicas[0]))
    with suppress(httpx.ReadError):
        await phone.patch(path, 0, cut())
    for replica in replicas:
        assert await at(phone, replica).held(path) in (0, 7000)
    held = await phone.held(path)
    assert (await phone.patch(path, held, PHOTO[held:])).status_code == 204
    assert replicas[0].services.files.read(sha256_hex(PHOTO)) == PHOTO


async def test_no_photo_has_its_name_before_its_hash_was_checked(
    phone: RawPhone, replicas: tuple[Replica, Replica]
) -> None:
    path = await begun(at(phone, replicas[0]))
    await phone.patch(path, 0, PHOTO[:20_000])
    assert keys(replicas[0].store, "photos") == []
    wrong = bytes(len(PHOTO) - 20_000)
    answer = await at(phone, replicas[1]).patch(path, 20_000, wrong)
    assert code(answer) == "photo.wrong_hash"
    assert keys(replicas[0].store, "photos") == keys(replicas[0].store, "uploads") == []
    assert (await phone.ask("HEAD", path, headers=TUS)).status_code == 404


async def test_of_two_servers_one_receives_an_upload_at_a_time(
    phone: RawPhone, replicas: tuple[Replica, Replica]
) -> None:
    one, other = replicas
    gate = asyncio.Event()

    async def waiting() -> AsyncIterator[bytes]:
        yield PHOTO[:10_000]
        await gate.wait()
        yield PHOTO[10_000:]

    path = await begun(at(phone, one))
    sending = asyncio.create_task(phone.patch(path, 0, waiting()))
    await claimed(one.services)
    at(phone, other)
    for answer in (
        await phone.patch(path, 0, PHOTO),
        await phone.ask("DELETE", path, headers=TUS),
        await phone.create_upload(PHOTO, **{"Content-Type": "application/offset+octet-stream"}),
    ):
        assert (answer.status_code, code(answer)) == (409, "upload.in_progress")
    later = expiry.expire_uploads(over_time(other.services))
    assert later == 0
    gate.set()
    assert (await sending).status_code == 204
    assert other.services.files.read(sha256_hex(PHOTO)) == PHOTO


def over_time(services: Services) -> Services:
    """As if every upload had been begun long ago."""
    long_ago = (services.settings.now() - quotas.UNFINISHED_FOR - timedelta(hours=1)).isoformat()
    services.database.write(lambda c: c.execute(update(t.upload).values(created_at=long_ago)))
    return services


async def test_a_server_that_is_killed_blocks_an_upload_for_a_minute_at_most(
    phone: RawPhone, replicas: tuple[Replica, Replica]
) -> None:
    one, other = replicas
    path = await begun(at(phone, one))
    upload_id, now = path.rpartition("/")[2], one.services.settings.real_now()
    killed = now - timedelta(seconds=upload_claims.FOR_S - 10)
    one.services.database.write(lambda c: upload_claims.take(c, upload_id, "killed", killed))
    at(phone, other)
    assert code(await phone.patch(path, 0, PHOTO)) == "upload.in_progress"
    killed = now - timedelta(seconds=upload_claims.FOR_S + 1)
    one.services.database.write(lambda c: upload_claims.renew(c, upload_id, "killed", killed))
    assert (await phone.patch(path, 0, PHOTO)).status_code == 204


async def test_one_whose_clock_was_wrong_blocks_it_no_longer(
    phone: RawPhone, replicas: tuple[Replica, Replica]
) -> None:
    one, other = replicas
    path = await begun(at(phone, one))
    upload_id, now = path.rpartition("/")[2], one.services.settings.real_now()
    ahead = now + timedelta(days=300)
    one.services.database.write(lambda c: upload_claims.take(c, upload_id, "killed", ahead))
    assert (await at(phone, other).patch(path, 0, PHOTO)).status_code == 204


async def test_an_upload_whose_parts_are_gone_begins_anew(
    phone: RawPhone, replicas: tuple[Replica, Replica]
) -> None:
    one, other = replicas
    path = await begun(at(phone, one))
    await phone.patch(path, 0, PHOTO[:5000])
    one.store.delete_all("uploads")
    assert code(await phone.patch(path, 5000, PHOTO[5000:])) == "upload.unknown"
    assert (await phone.ask("HEAD", path, headers=TUS)).status_code == 404
    again = await begun(at(phone, other))
    assert (await phone.patch(again, 0, PHOTO)).status_code == 204


async def test_who_lost_the_claim_meanwhile_changes_nothing_more(
    phone: RawPhone, replicas: tuple[Replica, Replica]
) -> None:
    one, other = replicas
    gate, path = asyncio.Event(), await begun(at(phone, one))

    async def slow() -> AsyncIterator[bytes]:
        yield PHOTO[:9000]
        await gate.wait()

    sending = asyncio.create_task(phone.patch(path, 0, slow()))
    await claimed(one.services)
    past = {"claim_until": "2019-01-01T00:00:00.000+00:00"}
    one.services.database.write(lambda c: c.execute(update(t.upload).values(past)))
    at(phone, other)
    assert (await phone.patch(path, 0, PHOTO[:5000])).status_code == 204
    gate.set()
    assert code(await sending) == "upload.in_progress"
    assert row(one.services)["held_bytes"] == 5000
    assert (await phone.patch(path, 5000, PHOTO[5000:])).status_code == 204
    assert one.services.files.read(sha256_hex(PHOTO)) == PHOTO


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_store_that_does_not_answer_is_a_503_and_the_phone_goes_on_later(
    phone: RawPhone, replicas: tuple[Replica, Replica], when: str
) -> None:
    one = replicas[0]
    path = await begun(at(phone, one))
    assert (await phone.patch(path, 0, PHOTO[:5000])).status_code == 204
    getattr(one.store, when)["put"] = 2
    part = await phone.patch(path, 5000, PHOTO[5000:9000])
    assert (part.status_code, code(part)) == (503, "files.unreachable")
    assert int(part.headers["retry-after"]) > 0
    assert await phone.held(path) == 5000
    whole = await phone.patch(path, 5000, PHOTO[5000:])
    assert (whole.status_code, "doorstep-receipt" in whole.headers) == (503, False)
    assert await phone.held(path) == 5000
    answer = await phone.patch(path, 5000, PHOTO[5000:])
    assert (answer.status_code, "doorstep-receipt" in answer.headers) == (204, True)
    assert one.services.files.read(sha256_hex(PHOTO)) == PHOTO


async def test_a_body_sent_along_begins_anew_whatever_parts_there_are(
    phone: RawPhone, replicas: tuple[Replica, Replica]
) -> None:
    path = await begun(at(phone, replicas[0]))
    await phone.patch(path, 0, PHOTO[:5000])
    headers = {"Content-Type": "application/offset+octet-stream"}
    answer = await at(phone, replicas[1]).ask(
        "POST", "/v1/uploads", content=PHOTO, headers={**TUS, **upload_headers(PHOTO), **headers}
    )
    assert (answer.status_code, answer.headers["upload-offset"]) == (201, str(len(PHOTO)))
    assert replicas[0].services.files.read(sha256_hex(PHOTO)) == PHOTO
    assert keys(replicas[0].store, "uploads") == []


async def test_unfinished_uploads_expire_with_their_parts(
    phone: RawPhone, replicas: tuple[Replica, Replica]
) -> None:
    path = await begun(at(phone, replicas[0]))
    await phone.patch(path, 0, PHOTO[:5000])
    assert len(keys(replicas[0].store, "uploads")) == 1
    assert expiry.expire_uploads(over_time(replicas[1].services)) == 1
    assert keys(replicas[0].store, "uploads") == []
    assert (await phone.ask("HEAD", path, headers=TUS)).status_code == 404


async def test_parts_that_no_row_names_are_swept_once_they_are_old(
    phone: RawPhone, replicas: tuple[Replica, Replica], tmp_path: Path
) -> None:
    services, store = replicas[0].services, replicas[0].store
    path = await begun(at(phone, replicas[0]))
    await phone.patch(path, 0, PHOTO[:5000])
    store.put("uploads/killed/0-aa", b"1")
    store.put("uploads/young/0-aa", b"1")
    for found in (tmp_path / "bucket" / "uploads").glob("*/*"):
        if found.parent.name != "young":
            os.utime(found, (1, 1))
    expiry.sweep_uploads(services)
    left = {key.split("/")[1] for key in keys(store, "uploads")}
    assert left == {path.rpartition("/")[2], "young"}


async def test_a_photo_that_no_record_names_expires_on_any_server_once_it_is_old(
    phone: RawPhone, replicas: tuple[Replica, Replica], tmp_path: Path
) -> None:
    one, other = replicas
    path = await begun(at(phone, one))
    assert (await phone.patch(path, 0, PHOTO)).status_code == 204
    (file,) = (tmp_path / "bucket" / "photos").glob("*/*")
    expiry.expire_photos(other.services)
    assert file.exists(), "its row says that it is kept"
    assert expiry.expire_photos(later(other.services, 31)) == 1
    expiry.expire_photos(later(one.services, 31))
    assert file.exists(), "a file this young may be one that has just come"
    os.utime(file, (1, 1))
    expiry.expire_photos(later(one.services, 31))
    assert keys(one.store, "photos") == []


async def test_a_photo_that_expires_while_it_is_sent_again_is_not_recorded_without_its_file(
    phone: RawPhone, replicas: tuple[Replica, Replica]
) -> None:
    one, other = replicas
    path = await begun(at(phone, one))
    real = one.services.files.has
    other.services.files.put(PHOTO)

    def has(sha256: str) -> bool:
        other.services.files.remove(sha256)
        return real(sha256)

    one.services.files.has = has
    assert code(await phone.patch(path, 0, PHOTO)) == "upload.unknown"
    assert one.services.database.read(lambda c: c.execute(select(t.photo)).first()) is None


@about_folder("a file that grows at its end")
async def test_a_file_that_another_process_of_the_same_disk_finished_is_no_fault(
    services: Services,
) -> None:
    assert isinstance(services.files, PhotoFiles)
    with pytest.raises(ProblemError, match=r"upload\.unknown"):
        services.files.finish("finished", sha256_hex(PHOTO))


@about_folder("a file that grows at its end")
async def test_who_lost_the_claim_writes_nothing_into_the_file_of_the_other(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(services.files, PhotoFiles)
    now = services.settings.now_text()
    upload = services.database.write(
        lambda c: photos.start_upload(c, "d", sha256_hex(PHOTO), len(PHOTO), now)
    )
    slow = Claim(services, upload.id)
    holding = OnDisk(services.files, await slow.take(), slow)
    monkeypatch.setattr(upload_claims, "RENEW_S", 0)
    await holding.add(PHOTO[:10])
    services.database.write(lambda c: c.execute(update(t.upload).values(claim="another")))
    with pytest.raises(ProblemError, match=r"upload\.in_progress"):
        await holding.add(PHOTO[10:20])
    assert services.files.offset(upload.id) == 10
