"""A photo's way to the server: with the request that begins it, and on from where it was cut."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from shared.digest import sha256_hex
from tests.support.copied_phone import Copied, Office
from tests.support.jpegs import random_jpeg


class Way(httpx.AsyncBaseTransport):
    """To the server; counts the requests for uploads, and cuts the first body after so many bytes."""

    def __init__(self, inner: httpx.AsyncBaseTransport, cut_after: int | None = None) -> None:
        self._inner, self._cut_after = inner, cut_after
        self.asked: list[str] = []
        self.sent_bytes = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.startswith("/v1/uploads"):
            return await self._inner.handle_async_request(request)
        self.asked.append(request.method)
        body = await request.aread()
        self.sent_bytes += len(body)
        if body and self._cut_after is not None:
            cut, self._cut_after = body[: self._cut_after], None
            self.sent_bytes -= len(body) - len(cut)

            async def stops() -> AsyncIterator[bytes]:
                yield cut

            headers = [h for h in request.headers.raw if h[0].lower() != b"content-length"]
            half = httpx.Request(request.method, request.url, headers=headers, content=stops())
            await self._inner.handle_async_request(half)
            raise httpx.ReadError("cut")
        return await self._inner.handle_async_request(request)


async def photo(phone: Copied, data: bytes) -> None:
    await phone.phone.store.photos.add(sha256_hex(data), data, phone.phone.now_ms())
    await phone.record(1, (sha256_hex(data),))


@pytest.mark.parametrize(
    ("cut_after", "asked"),
    [(None, ["POST"]), (0, ["POST", "POST", "PATCH"]), (20_000, ["POST", "POST", "PATCH"])],
)
async def test_a_photo_goes_with_the_request_that_begins_it_and_a_cut_one_goes_on_at_the_byte(
    phone: Copied, office: Office, cut_after: int | None, asked: list[str]
) -> None:
    inner = office.transport()
    assert inner is not None
    phone.phone.transport = way = Way(inner, cut_after)
    data = random_jpeg(30_000)
    await photo(phone, data)
    report = await phone.sync()
    assert (report.ok, report.photos, report.resumed) == (True, 1, int(bool(cut_after)))
    assert way.asked == asked
    assert way.sent_bytes == len(data), "only what was missing went up again"
    assert office.services.files.read(sha256_hex(data)) == data
    assert phone.phone.store.photos.waiting() == []


async def test_only_the_answer_was_lost(phone: Copied, office: Office) -> None:
    inner = office.transport()
    assert inner is not None
    data = random_jpeg(30_000)
    phone.phone.transport = way = Way(inner, len(data))
    await photo(phone, data)
    assert (await phone.sync()).photos == 1
    assert way.asked == ["POST"]
    assert way.sent_bytes == len(data)


class Refusing(Way):
    """Refuses the first requests that bring a photo: at once, its body unread, as a full server does."""

    def __init__(
        self, inner: httpx.AsyncBaseTransport, answers: list[httpx.Response | None]
    ) -> None:
        super().__init__(inner)
        self._answers = answers

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        is_photo = request.url.path.startswith("/v1/uploads") and request.method != "HEAD"
        if not is_photo or not self._answers:
            return await super().handle_async_request(request)
        self.asked.append(request.method)
        if (answer := self._answers.pop(0)) is None:
            raise httpx.WriteError("closed")
        return answer


def problem(status: int, code: str) -> httpx.Response:
    return httpx.Response(status, json={"code": code, "title": code, "status": status})


@pytest.mark.parametrize(
    "answers",
    [
        [problem(409, "upload.in_progress")],
        [problem(413, "request.too_large")],
        [problem(503, "disk.low")],
        [problem(429, "upload.quota")],
        # the connection is closed while the body goes up, so that nobody reads why
        [None, problem(429, "upload.quota")],
        [None, problem(503, "disk.full")],
    ],
)
async def test_a_photo_that_was_refused_at_first_goes_up_with_a_later_sync(
    phone: Copied, office: Office, answers: list[httpx.Response | None]
) -> None:
    inner = office.transport()
    assert inner is not None
    phone.phone.transport = way = Refusing(inner, list(answers))
    data = random_jpeg(30_000)
    await photo(phone, data)
    assert (await phone.sync()).photos == 0
    assert len(phone.phone.store.photos.waiting()) == 1
    assert len(way.asked) == len(answers), "nothing more is sent now"
    assert (await phone.sync()).photos == 1
    assert phone.phone.store.photos.waiting() == []
    assert office.services.files.read(sha256_hex(data)) == data
    assert way.sent_bytes == len(data)
