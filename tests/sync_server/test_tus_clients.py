"""tuspy, a client of tus that is not ours, uploads photos to the real server; and what tus asks of every answer."""

from __future__ import annotations

import asyncio
import io
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from litestar import Litestar
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError, TusUploadFailed

from shared.digest import sha256_hex
from sync_server.services import Services
from tests.support.devices import TUS, RawPhone, upload_headers
from tests.support.ended import until
from tests.support.serve import on_socket
from tests.support.tus_client import picture

PHOTO = picture()
OTHER = PHOTO[:-400] + PHOTO[-399:]


@pytest.fixture
def url(app: Litestar) -> Iterator[str]:
    with on_socket(app) as address:
        yield f"{address}/v1/uploads"


def uploader(
    server: str, phone: RawPhone, data: bytes = PHOTO, sha256: str = sha256_hex(PHOTO), **more: Any
) -> Any:
    client = TusClient(server, headers=phone.headers)
    metadata = {"sha256": sha256, "filetype": "image/jpeg"}
    return client.uploader(file_stream=io.BytesIO(data), metadata=metadata, **more)


def cut_off(url: str, phone: RawPhone, location: str, sent: int) -> None:
    """Begin to send the whole photo, and lose the connection."""
    host, port = url.removeprefix("http://").split("/")[0].split(":")
    path = "/" + location.split("/", 3)[3]
    head = (
        f"PATCH {path} HTTP/1.1\r\nHost: server\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
        f"Authorization: {phone.headers['Authorization']}\r\nContent-Length: {len(PHOTO)}\r\n"
        "Content-Type: application/offset+octet-stream\r\n\r\n"
    )
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(head.encode() + PHOTO[:sent])


async def test_a_whole_photo_arrives_with_a_receipt(
    url: str, phone: RawPhone, services: Services
) -> None:
    sending = uploader(url, phone)
    await asyncio.to_thread(sending.upload)
    assert services.files.read(sha256_hex(PHOTO)) == PHOTO
    assert "doorstep-receipt" in sending.request.response_headers


async def test_a_photo_in_pieces_arrives(url: str, phone: RawPhone, services: Services) -> None:
    sending = uploader(url, phone, chunk_size=len(PHOTO) // 7)
    await asyncio.to_thread(sending.upload)
    assert services.files.read(sha256_hex(PHOTO)) == PHOTO


async def test_an_upload_is_resumed_at_the_byte_after_a_cut(
    url: str, phone: RawPhone, services: Services
) -> None:
    first = uploader(url, phone)
    location = await asyncio.to_thread(first.create_url)
    await asyncio.to_thread(cut_off, url, phone, location, len(PHOTO) // 2)
    upload = location.rpartition("/")[2]
    await asyncio.to_thread(until, lambda: services.files.offset(upload) == len(PHOTO) // 2)
    second = await asyncio.to_thread(
        # the server may not know yet that the first connection is gone
        lambda: uploader(url, phone, url=location, retries=50, retry_delay=0.1)
    )
    assert second.offset == len(PHOTO) // 2
    await asyncio.to_thread(second.upload)
    assert services.files.read(sha256_hex(PHOTO)) == PHOTO


async def test_bytes_that_do_not_have_the_hash_are_refused(
    url: str, phone: RawPhone, services: Services
) -> None:
    sending = uploader(url, phone, OTHER)
    with pytest.raises(TusUploadFailed) as failed:
        await asyncio.to_thread(sending.upload)
    assert (failed.value.status_code, b"photo.wrong_hash" in failed.value.response_content) == (
        422,
        True,
    )
    assert not services.files.path(sha256_hex(PHOTO)).exists()


async def test_no_upload_begins_without_a_hash_or_a_token(url: str, phone: RawPhone) -> None:
    stranger = RawPhone()
    stranger.token = "x" * 43
    for sending, status in ((uploader(url, phone, sha256=""), 400), (uploader(url, stranger), 401)):
        with pytest.raises(TusCommunicationError) as refused:
            await asyncio.to_thread(sending.upload)
        assert refused.value.status_code == status


async def test_another_version_is_refused_with_the_one_that_is_spoken(phone: RawPhone) -> None:
    """tus 1.0.0: a 412 MUST name Tus-Version."""
    location = (await phone.create_upload(PHOTO)).headers["Location"]
    for method, path in (("POST", "/v1/uploads"), ("HEAD", location), ("PATCH", location)):
        for version in ({}, {"Tus-Resumable": "0.2.2"}):
            answer = await phone.ask(method, path, headers=version)
            assert (answer.status_code, answer.headers["Tus-Version"]) == (412, "1.0.0")


async def test_every_answer_names_the_protocol_and_is_kept_by_nobody(
    phone: RawPhone, http: httpx.AsyncClient
) -> None:
    """tus 1.0.0: Tus-Resumable in every response, no-store on HEAD."""
    made = await phone.create_upload(PHOTO)
    location = made.headers["Location"]
    answers = [
        made,
        await phone.ask("HEAD", location, headers=TUS),
        await phone.ask("HEAD", "/v1/uploads/unknown", headers=TUS),
        await phone.patch(location, 7, PHOTO),
        await phone.patch(location, 0, PHOTO, **{"Content-Type": "image/jpeg"}),
        await phone.ask("POST", "/v1/uploads", headers=TUS),
        await http.post("/v1/uploads", headers={**TUS, **upload_headers(PHOTO)}),
        await phone.patch(location, 0, PHOTO),
    ]
    assert [a.status_code for a in answers] == [201, 200, 404, 409, 415, 400, 401, 204]
    assert {a.headers["Tus-Resumable"] for a in answers} == {"1.0.0"}
    assert {a.headers["Cache-Control"] for a in answers} == {"no-store"}


async def test_a_post_may_stand_for_a_method_that_the_network_lets_not_through(
    phone: RawPhone, services: Services
) -> None:
    """tus 1.0.0: X-HTTP-Method-Override MUST be taken for the method."""
    location = (await phone.create_upload(PHOTO)).headers["Location"]
    body = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    half = len(PHOTO) // 2

    def naming(method: str, **more: str) -> dict[str, str]:
        return {**TUS, "X-HTTP-Method-Override": method, **more}

    patched = await phone.ask(
        "POST", location, headers=naming("PATCH", **body), content=PHOTO[:half]
    )
    assert (patched.status_code, patched.headers["Upload-Offset"]) == (204, str(half))
    asked = await phone.ask("POST", location, headers=naming("HEAD"))
    assert asked.headers["Upload-Offset"] == str(half)
    assert (await phone.ask("POST", location, headers=TUS)).status_code == 405
    assert (await phone.ask("POST", location, headers=naming("DELETE"))).status_code == 204
    assert (await phone.ask("HEAD", location, headers=TUS)).status_code == 404
