"""Photos are uploaded by tus 1.0.0, resumed at the byte; an incomplete one is never accepted (P6)."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any, cast

import httpx
import msgspec
import pytest
import uvicorn
from litestar import Litestar

from shared import wire
from shared.digest import sha256_hex
from sync_server.api.stream import CutError, chunks, whole
from sync_server.office import placing
from sync_server.sample.fault_proxy import FaultProxy
from sync_server.services import Services
from tests.support.devices import TUS, RawPhone, case_ids, enrol, fact_bytes, upload_headers
from tests.support.file_engine import about_folder
from tests.support.jpegs import jpeg

PHOTO = jpeg(hashlib.shake_256(b"a photo").digest(36_000))
EDGES = range(0, len(PHOTO), 4096)


def code(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["code"])


async def started(phone: RawPhone, data: bytes = PHOTO) -> str:
    answer = await phone.create_upload(data)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"])


def uploads_left(services: Services) -> list[str]:
    return sorted({found.key.split("/")[1] for found in services.file_store.below("uploads")})


async def refer_to(phone: RawPhone, services: Services, *photos: bytes) -> None:
    """A fact that names these photos: only then may the school see them."""
    hashes = tuple(sha256_hex(p) for p in photos)
    await phone.push(phone.chained(fact_bytes(case_ids(services, "01")[0], photos=hashes)))


async def test_options_list_the_protocol_without_a_token(http: httpx.AsyncClient) -> None:
    for path in ("/v1/uploads", "/v1/uploads/anything"):
        answer = await http.options(path)
        assert answer.status_code == 204
        assert answer.headers["tus-version"] == "1.0.0"
        assert set(answer.headers["tus-extension"].split(",")) >= {
            "creation",
            "creation-with-upload",
        }
        assert int(answer.headers["tus-max-size"]) == wire.MAX_PHOTO_BYTES


@pytest.mark.parametrize("version", [None, "0.2.2", "2.0.0"])
async def test_another_tus_version_is_a_412(phone: RawPhone, version: str | None) -> None:
    path = await started(phone)
    headers = {} if version is None else {"Tus-Resumable": version}
    for method, target in (
        ("POST", "/v1/uploads"),
        ("HEAD", path),
        ("PATCH", path),
        ("DELETE", path),
    ):
        answer = await phone.ask(method, target, headers=headers)
        assert answer.status_code == 412, method


async def test_an_upload_in_one_go_ends_with_a_signed_receipt(
    phone: RawPhone, services: Services
) -> None:
    path = await started(phone)
    answer = await phone.patch(path, 0, PHOTO)
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, str(len(PHOTO)))
    receipt = msgspec.json.decode(wire.unb64(answer.headers["doorstep-receipt"]), type=wire.Receipt)
    assert [line.sha256 for line in phone.receipt(receipt).items] == [sha256_hex(PHOTO)]
    assert services.files.read(sha256_hex(PHOTO)) == PHOTO
    assert uploads_left(services) == []


async def test_a_creation_says_how_many_bytes_are_held(phone: RawPhone) -> None:
    assert (await phone.create_upload(PHOTO)).headers["upload-offset"] == "0"
    path = await started(phone)
    await phone.patch(path, 0, PHOTO[:5000])
    found = await phone.create_upload(PHOTO)
    assert found.headers["location"].endswith(path)
    assert found.headers["upload-offset"] == "5000"


async def test_head_gives_offset_and_length_and_forbids_caching(phone: RawPhone) -> None:
    path = await started(phone)
    await phone.patch(path, 0, PHOTO[:5000])
    answer = await phone.ask("HEAD", path, headers=TUS)
    assert answer.status_code == 200
    assert (answer.headers["upload-offset"], answer.headers["upload-length"]) == (
        "5000",
        str(len(PHOTO)),
    )
    assert (answer.headers["cache-control"], answer.headers["tus-resumable"]) == (
        "no-store",
        "1.0.0",
    )


async def test_a_wrong_offset_is_a_409_and_changes_nothing(phone: RawPhone) -> None:
    path = await started(phone)
    await phone.patch(path, 0, PHOTO[:5000])
    for offset in (0, 4999, 5001, len(PHOTO)):
        answer = await phone.patch(path, offset, PHOTO[offset : offset + 10])
        assert (answer.status_code, code(answer)) == (409, "upload.offset_conflict")
    assert await phone.held(path) == 5000


async def test_another_content_type_is_a_415(phone: RawPhone) -> None:
    path = await started(phone)
    answer = await phone.patch(path, 0, PHOTO, **{"Content-Type": "image/jpeg"})
    assert (answer.status_code, await phone.held(path)) == (415, 0)


async def test_more_bytes_than_announced_are_refused(phone: RawPhone, services: Services) -> None:
    path = await started(phone)
    answer = await phone.patch(path, 0, PHOTO + b"more")
    assert (answer.status_code, code(answer)) == (413, "upload.too_large")
    assert not services.files.path(sha256_hex(PHOTO)).exists()


async def test_bytes_beyond_the_length_are_not_kept_and_the_rest_can_follow(
    phone: RawPhone, services: Services
) -> None:
    path = await started(phone)
    await phone.patch(path, 0, PHOTO[:30_000])
    answer = await phone.patch(path, 30_000, PHOTO[30_000:] + b"!")
    assert (answer.status_code, code(answer)) == (413, "upload.too_large")
    held = await phone.held(path)
    assert held == 30_000
    assert (await phone.patch(path, held, PHOTO[held:])).status_code == 204
    assert services.files.read(sha256_hex(PHOTO)) == PHOTO


@pytest.mark.parametrize(
    "changes",
    [
        {"Upload-Length": ""},
        {"Upload-Length": "-1"},
        {"Upload-Length": "0"},
        {"Upload-Length": "1e3"},
        {"Upload-Length": b"\xb2"},
        {"Upload-Metadata": ""},
        {"Upload-Metadata": "sha256"},
        {"Upload-Metadata": "sha256 !!!"},
        {"Upload-Metadata": b"sha256 \xe9"},
        {"Upload-Metadata": "sha256 Li4vLi4="},
    ],
)
async def test_creation_with_bad_headers_is_a_400(phone: RawPhone, changes: dict[str, str]) -> None:
    answer = await phone.create_upload(PHOTO, **changes)
    assert (answer.status_code, code(answer)) == (400, "upload.bad_metadata")


async def test_a_photo_above_the_limit_is_refused_before_a_byte_of_it(phone: RawPhone) -> None:
    answer = await phone.create_upload(PHOTO, **{"Upload-Length": str(wire.MAX_PHOTO_BYTES + 1)})
    assert (answer.status_code, code(answer)) == (413, "upload.too_large")


async def test_creating_the_same_upload_again_finds_the_first(phone: RawPhone) -> None:
    path = await started(phone)
    await phone.patch(path, 0, PHOTO[:100])
    assert await started(phone) == path
    assert await phone.held(path) == 100


async def test_creation_with_the_whole_body_stores_it_at_once(
    phone: RawPhone, services: Services
) -> None:
    headers = {**TUS, **upload_headers(PHOTO), "Content-Type": "application/offset+octet-stream"}
    answer = await phone.ask("POST", "/v1/uploads", headers=headers, content=PHOTO)
    assert (answer.status_code, answer.headers["upload-offset"]) == (201, str(len(PHOTO)))
    assert "doorstep-receipt" in answer.headers
    assert services.files.read(sha256_hex(PHOTO)) == PHOTO


async def test_creation_with_a_body_over_an_earlier_try_begins_at_byte_zero(
    phone: RawPhone, services: Services
) -> None:
    await phone.patch(await started(phone), 0, PHOTO[:7000])
    headers = {**TUS, **upload_headers(PHOTO), "Content-Type": "application/offset+octet-stream"}
    answer = await phone.ask("POST", "/v1/uploads", headers=headers, content=PHOTO)
    assert answer.status_code == 201
    assert services.files.read(sha256_hex(PHOTO)) == PHOTO


async def test_a_wrong_hash_at_the_end_is_refused_and_the_upload_deleted(
    phone: RawPhone, services: Services
) -> None:
    path = await started(phone)
    flipped = PHOTO[:-1] + bytes([PHOTO[-1] ^ 1])
    answer = await phone.patch(path, 0, flipped)
    assert (answer.status_code, code(answer)) == (422, "photo.wrong_hash")
    assert (await phone.ask("HEAD", path, headers=TUS)).status_code == 404
    assert uploads_left(services) == []
    assert not services.files.path(sha256_hex(PHOTO)).exists()
    assert (await phone.patch(await started(phone), 0, PHOTO)).status_code == 204


async def test_a_terminated_upload_is_gone(phone: RawPhone, services: Services) -> None:
    path = await started(phone)
    await phone.patch(path, 0, PHOTO[:100])
    assert (await phone.ask("DELETE", path, headers=TUS)).status_code == 204
    assert (await phone.ask("HEAD", path, headers=TUS)).status_code == 404
    assert uploads_left(services) == []


async def test_an_upload_belongs_to_its_phone_alone(
    phone: RawPhone, http: httpx.AsyncClient, services: Services
) -> None:
    path = await started(phone)
    other = await enrol(RawPhone(http), services, "01", "乙")
    assert (await other.ask("HEAD", path, headers=TUS)).status_code == 404
    assert (await other.patch(path, 0, PHOTO)).status_code == 404
    assert (await other.ask("DELETE", path, headers=TUS)).status_code == 404


async def test_two_phones_may_upload_the_same_photo(
    phone: RawPhone, http: httpx.AsyncClient, services: Services
) -> None:
    other = await enrol(RawPhone(http), services, "01", "乙")
    paths = [await started(p) for p in (phone, other)]
    assert paths[0] != paths[1]
    for p, path in zip((phone, other), paths, strict=True):
        assert (await p.patch(path, 0, PHOTO)).status_code == 204
    assert services.files.read(sha256_hex(PHOTO)) == PHOTO


async def slowly(data: bytes, pause_s: float) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 9000):
        yield data[start : start + 9000]
        await asyncio.sleep(pause_s)


class Server:
    """The app behind a real socket and the fault proxy."""

    def __init__(self, app: Litestar) -> None:
        self._uvicorn = uvicorn.Server(
            uvicorn.Config(cast(Any, app), port=0, log_level="error", lifespan="off")
        )
        self._thread = threading.Thread(target=self._uvicorn.run)

    def __enter__(self) -> int:
        self._thread.start()
        while not self._uvicorn.started:
            threading.Event().wait(0.01)
        return int(self._uvicorn.servers[0].sockets[0].getsockname()[1])

    def __exit__(self, *_: object) -> None:
        self._uvicorn.should_exit = True
        self._thread.join(60)


@pytest.fixture
def port(app: Litestar) -> Iterator[int]:
    with Server(app) as number:
        yield number


@pytest.fixture
async def wired(port: int, services: Services, county: list[str]) -> AsyncIterator[RawPhone]:
    """A phone on a real socket."""
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60
    ) as client:
        yield await enrol(RawPhone(client), services, "01")


async def test_of_concurrent_patches_one_wins_and_the_others_get_a_409(
    wired: RawPhone, services: Services
) -> None:
    path = await started(wired)
    answers = await asyncio.gather(*(wired.patch(path, 0, slowly(PHOTO, 0.05)) for _ in range(6)))
    assert sorted(a.status_code for a in answers) == [204] + [409] * 5
    assert {code(a) for a in answers if a.status_code == 409} <= {
        "upload.in_progress",
        "upload.offset_conflict",
    }
    assert services.files.read(sha256_hex(PHOTO)) == PHOTO


async def under_way(services: Services) -> None:
    """Wait until the server has begun to take an upload."""
    for _ in range(6000):
        if services.uploads_in_progress:
            return
        await asyncio.sleep(0.005)
    raise AssertionError("the upload never began")


async def test_a_second_patch_is_refused_while_the_first_is_under_way(
    wired: RawPhone, services: Services
) -> None:
    path = await started(wired)
    sending = asyncio.create_task(wired.patch(path, 0, slowly(PHOTO, 0.1)))
    await under_way(services)
    second = await wired.patch(path, await wired.held(path), PHOTO)
    assert (second.status_code, code(second)) == (409, "upload.in_progress")
    assert (await sending).status_code == 204
    assert services.files.read(sha256_hex(PHOTO)) == PHOTO


async def test_an_upload_under_way_cannot_be_terminated(
    wired: RawPhone, services: Services
) -> None:
    path = await started(wired)
    sending = asyncio.create_task(wired.patch(path, 0, slowly(PHOTO, 0.1)))
    await under_way(services)
    assert (await wired.ask("DELETE", path, headers=TUS)).status_code == 409
    assert (await sending).status_code == 204
    assert services.files.read(sha256_hex(PHOTO)) == PHOTO


async def send_cut(
    port: int, phone: RawPhone, path: str, offset: int, data: bytes, announced: int
) -> int:
    """A PATCH that announces more than it sends, then hangs up; what the server holds just before."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    head = (
        f"PATCH {path} HTTP/1.1\r\nHost: server\r\nAuthorization: Bearer {phone.token}\r\nTus-Resumable: 1.0.0\r\n"
        f"Upload-Offset: {offset}\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: {announced}\r\n\r\n"
    )
    writer.write(head.encode() + data)
    await writer.drain()
    held = await stored_bytes(phone, path, offset + len(data))
    writer.transport.abort()
    return held


async def stored_bytes(phone: RawPhone, path: str, expected: int) -> int:
    """The bytes held, once they are as many as expected or half a minute has passed."""
    for _ in range(1500):
        if (held := await phone.held(path)) == expected:
            break
        await asyncio.sleep(0.02)
    return held


async def free(services: Services) -> None:
    """Wait until the server has noticed the cut."""
    for _ in range(6000):
        if not services.uploads_in_progress:
            return
        await asyncio.sleep(0.005)
    raise AssertionError("the cut was never noticed")


@about_folder(
    "what comes is seen at once; what S3 keeps of a cut, test_uploads_of_replicas.py asks"
)
async def test_a_cut_at_every_edge_keeps_what_came_and_stores_nothing_incomplete(
    wired: RawPhone, port: int, services: Services
) -> None:
    """P6: at every 4 KiB boundary and at random bytes; each time the photo is resumed to the next cut."""
    target = services.files.path(sha256_hex(PHOTO))
    cuts = sorted(
        {*EDGES, *(int.from_bytes(PHOTO[i : i + 2]) % len(PHOTO) for i in range(12))} - {0}
    )
    path = await started(wired)
    held = 0
    for cut in cuts:
        held = await send_cut(port, wired, path, held, PHOTO[held:cut], len(PHOTO) - held)
        assert (held, await wired.held(path)) == (cut, cut)
        assert not target.exists()
        await free(services)
    assert (await wired.patch(path, held, PHOTO[held:])).status_code == 204
    assert target.read_bytes() == PHOTO


async def test_an_upload_cut_by_the_network_resumes_at_the_byte(
    port: int, services: Services, county: list[str]
) -> None:
    proxy = FaultProxy(port)
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{await proxy.start()}", trust_env=False, timeout=60
    ) as client:
        phone = await enrol(RawPhone(client), services, "01")
        path = await started(phone)
        proxy.cut_request_after(20_000)
        with pytest.raises(httpx.TransportError):
            await phone.patch(path, 0, PHOTO)
        await free(services)
        held = await phone.held(path)
        assert 19_000 < held < 20_000
        assert (await phone.patch(path, held, PHOTO[held:])).status_code == 204
    await proxy.stop()
    assert services.files.read(sha256_hex(PHOTO)) == PHOTO


async def test_a_dead_connection_counts_as_cut_so_that_the_upload_is_free_again() -> None:
    got = []

    async def dead() -> AsyncIterator[bytes]:
        yield b"some"
        await asyncio.sleep(60)

    async def read() -> None:
        async for piece in chunks(dead(), stall_s=0.05):
            got.append(piece)

    with pytest.raises(CutError):
        await read()
    assert got == [b"some"]


async def test_a_body_kept_in_memory_may_take_long_while_it_moves_and_is_cut_when_it_stops() -> (
    None
):
    async def slow(pauses_s: list[float]) -> AsyncIterator[bytes]:
        for pause_s in pauses_s:
            yield b"piece "
            await asyncio.sleep(pause_s)

    lengths: list[int] = []
    assert await whole(slow([0.2] * 6), lengths.append, stall_s=1.0) == b"piece " * 6
    assert lengths == [6, 12, 18, 24, 30, 36]
    with pytest.raises(CutError):
        await whole(slow([0.01, 60]), lengths.append, stall_s=0.05)


async def test_a_photo_is_missing_until_it_is_stored_and_a_fact_names_it(
    phone: RawPhone, services: Services
) -> None:
    sha = sha256_hex(PHOTO)

    async def missing() -> wire.MissingReply:
        answer = await phone.ask(
            "POST", "/v1/photos/missing", content=msgspec.json.encode({"hashes": [sha, "junk\0"]})
        )
        return msgspec.json.decode(answer.content, type=wire.MissingReply)

    assert (await missing()).missing == [sha, "junk\0"]
    await phone.patch(await started(phone), 0, PHOTO)
    assert (await missing()).missing == [sha, "junk\0"]
    await refer_to(phone, services, PHOTO)
    reply = await missing()
    assert reply.missing == ["junk\0"]
    assert reply.receipt is not None
    assert [line.sha256 for line in phone.receipt(reply.receipt).items] == [sha]


async def test_no_more_than_500_hashes_are_asked_at_once(phone: RawPhone) -> None:
    answer = await phone.ask(
        "POST", "/v1/photos/missing", content=msgspec.json.encode({"hashes": ["a" * 64] * 501})
    )
    assert (answer.status_code, code(answer)) == (413, "request.too_large")


async def test_a_photo_is_served_as_an_attachment_without_type_sniffing(
    phone: RawPhone, services: Services
) -> None:
    await refer_to(phone, services, PHOTO)
    await phone.patch(await started(phone), 0, PHOTO)
    answer = await phone.ask("GET", f"/v1/photos/{sha256_hex(PHOTO)}")
    assert (answer.status_code, answer.content) == (200, PHOTO)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "name", ["x", "A" * 64, "..%2f..%2fdoorstep.db", "a" * 64, "%00", "a" * 63 + "%00"]
)
async def test_what_is_no_photo_of_ours_is_unknown(phone: RawPhone, name: str) -> None:
    answer = await phone.ask("GET", f"/v1/photos/{name}")
    assert answer.status_code == 404
    assert code(answer) in ("photo.unknown", "request.not_found")


async def test_a_case_that_moved_away_takes_no_photos_with_it_to_phones(
    phone: RawPhone, http: httpx.AsyncClient, services: Services
) -> None:
    """GET answers only whom a fact of the same school names the photo for."""
    await refer_to(phone, services, PHOTO)
    await phone.patch(await started(phone), 0, PHOTO)
    case = case_ids(services, "01")[0]
    placing.move(services, [case], "02", who="t", reason="搬家")
    other = await enrol(RawPhone(http), services, "02", "丙")
    assert (await other.ask("GET", f"/v1/photos/{sha256_hex(PHOTO)}")).status_code == 404
    assert (await phone.ask("GET", f"/v1/photos/{sha256_hex(PHOTO)}")).status_code == 200
