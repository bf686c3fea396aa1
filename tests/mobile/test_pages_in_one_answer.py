"""A list from its start comes as several pages in one answer; a bad line repeats a page and no more."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable

import httpx
import msgspec
import pytest

from mobile.sync import bounded, client
from mobile.sync.client import RemoteError, Server
from mobile.sync.pull import Pulled, pull
from mobile.sync.schedule import Retry
from shared.digest import scope_digest
from shared.problems import ProblemError
from shared.wire import Change, ChangesPage
from tests.mobile.conftest import Bench, case_state

PAGES = 7
Body = AsyncIterator[bytes]


class Office:
    """A server that gives up to `at_once` pages in an answer; `spoil` changes what it sends of them."""

    def __init__(
        self, bench: Bench, at_once: int = 20, spoil: Callable[[Body], Body] | None = None
    ) -> None:
        self.asked: list[tuple[str, bool]] = []
        self._at_once, self._spoil = at_once, spoil
        self._states = [case_state(n + 1, id=f"case-{n}") for n in range(PAGES)]
        bench.phone.transport = httpx.MockTransport(self._answer)

    def _page(self, at: int) -> bytes:
        state, last = self._states[at], at + 1 == PAGES
        page = ChangesPage(
            changes=[Change(seq=state.version, kind="case", ref=state.case.id, case=state)],
            next="end" if last else str(at + 1),
            more=not last,
            epoch="e",
            scope_count=PAGES if last else None,
            scope_digest=scope_digest((s.case.id, s.version) for s in self._states),
        )
        return msgspec.json.encode(page)

    async def _lines(self, at: int) -> Body:
        packer = zlib.compressobj(5, zlib.DEFLATED, 31)
        for number in range(at, min(PAGES, at + self._at_once)):
            line = self._page(number) + b"\n"
            yield packer.compress(line) + packer.flush(zlib.Z_SYNC_FLUSH)
            await asyncio.sleep(0)
        yield packer.flush()

    def _answer(self, request: httpx.Request) -> httpx.Response:
        after, many = request.url.params.get("after", ""), "many" in request.url.params
        self.asked.append((after, many))
        at = int(after or "0")
        if not many:
            return httpx.Response(200, content=self._page(at))
        lines = self._lines(at)
        body = self._spoil(lines) if self._spoil else lines
        return httpx.Response(200, headers={"Content-Encoding": "gzip"}, content=body)


async def pulled(bench: Bench, tries: int = 4) -> Pulled:
    async def no_wait(_: float) -> None:
        return None

    async with Server("https://school.example", transport=bench.phone.transport) as server:
        retry = Retry(lambda: 0.0, no_wait, tries)
        return await pull(bench.phone.store, server, retry, bench.phone.now, lambda *_: None)


@pytest.fixture
async def enrolled(bench: Bench) -> Bench:
    await bench.enrol()
    await bench.brief()
    return bench


async def test_a_whole_list_is_asked_for_once(enrolled: Bench) -> None:
    office = Office(enrolled)
    done = await pulled(enrolled)
    assert (done.received, done.complete) == (PAGES, True)
    assert office.asked == [("", True)]


@pytest.mark.parametrize("is_cut", [False, True])
async def test_an_answer_is_read_to_its_end_so_that_its_line_is_used_again(
    enrolled: Bench, is_cut: bool
) -> None:
    ends = list[bool]()

    async def noted(body: Body) -> Body:
        for _ in range(PAGES):
            yield await anext(body)
        if is_cut:
            raise httpx.ReadError("cut")
        async for piece in body:
            yield piece
        ends.append(True)

    Office(enrolled, spoil=noted)
    assert (await pulled(enrolled)).complete
    assert ends == [True] * (not is_cut)


async def test_an_answer_that_ends_early_is_gone_on_with(enrolled: Bench) -> None:
    office = Office(enrolled, at_once=3)
    assert (await pulled(enrolled)).complete
    assert office.asked == [("", True), ("3", True), ("6", True)]


async def test_a_server_that_gives_one_page_an_answer_is_asked_page_by_page(
    enrolled: Bench,
) -> None:
    office = Office(enrolled, at_once=1)
    assert (await pulled(enrolled)).complete
    assert office.asked == [("", True), *((str(n), False) for n in range(1, PAGES))]


def cut_after(pieces: int) -> Callable[[Body], Body]:
    async def cut(body: Body) -> Body:
        for _ in range(pieces):
            yield await anext(body)
        raise httpx.ReadError("cut")

    return cut


@pytest.mark.parametrize("pieces", [0, 1, 3, PAGES])
async def test_what_came_before_a_cut_is_kept_and_the_rest_is_asked_for_page_by_page(
    enrolled: Bench, pieces: int
) -> None:
    office = Office(enrolled, spoil=cut_after(pieces))
    done = await pulled(enrolled)
    assert (done.received, done.complete) == (PAGES, True)
    from_there = [("" if n == 0 else str(n), False) for n in range(pieces, PAGES)]
    assert office.asked == [("", True), *from_there]


async def test_a_cut_in_the_middle_of_a_page_loses_that_page_alone(enrolled: Bench) -> None:
    async def cut(body: Body) -> Body:
        yield await anext(body)
        yield (await anext(body))[:-20]
        raise httpx.ReadError("cut")

    office = Office(enrolled, spoil=cut)
    assert (await pulled(enrolled)).complete
    assert office.asked[:2] == [("", True), ("1", False)]


async def test_in_the_background_a_cut_before_the_first_page_is_not_tried_again(
    enrolled: Bench,
) -> None:
    office = Office(enrolled, spoil=cut_after(0))
    with pytest.raises(ProblemError, match=r"net\.unreachable"):
        await pulled(enrolled, tries=1)
    assert office.asked == [("", True)]


@pytest.mark.parametrize("rest", [b"no gzip", b""], ids=["damaged", "without an end"])
async def test_the_list_comes_page_by_page_where_the_rest_of_an_answer_is(
    enrolled: Bench, rest: bytes
) -> None:
    """Behind a box that calls a cut the end, or changes bytes, asking for all again would never do."""

    async def spoilt(body: Body) -> Body:
        yield await anext(body)
        yield rest

    office = Office(enrolled, spoil=spoilt)
    assert (await pulled(enrolled)).complete
    assert office.asked[:2] == [("", True), ("1", False)]


async def test_a_refusal_is_the_servers_own(bench: Bench) -> None:
    refusal = {"code": "device.revoked", "title": "x"}
    transport = httpx.MockTransport(lambda _: httpx.Response(403, json=refusal))
    async with Server("https://school.example", transport=transport) as server:
        with pytest.raises(RemoteError) as refused:
            await anext(server.pages(""))
    assert (refused.value.status, refused.value.code) == (403, "device.revoked")


async def test_a_line_longer_than_a_page_is_never_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "MAX_PAGE_BYTES", 100_000)
    for body in (b" " * 200_000, gzip.compress(b" " * 50_000_000, mtime=0)):
        packed = {"Content-Encoding": "gzip"} if body[:1] != b" " else {}

        async def pieces(body: bytes = body) -> Body:
            for at in range(0, len(body), 4096):
                yield body[at : at + 4096]

        answer = httpx.Response(200, headers=packed, content=pieces())
        transport = httpx.MockTransport(lambda _, answer=answer: answer)
        async with Server("https://school.example", transport=transport) as server:
            with pytest.raises(ProblemError, match=r"net\.bad_answer"):
                await anext(server.pages(""))


async def test_lines_are_found_however_they_are_cut_into_pieces() -> None:
    lines = [b"one", b"", b"three" * 50, b"last"]
    for size in (1, 2, 7, 1000):
        whole = b"\n".join(lines)

        async def pieces(size: int = size, whole: bytes = whole) -> Body:
            for at in range(0, len(whole), size):
                yield whole[at : at + size]

        answer = httpx.Response(200, content=pieces())
        assert [line async for line in bounded.lines_of(answer, 1000)] == lines


@pytest.mark.parametrize("body", [b"", b"\n", gzip.compress(b"", mtime=0)])
async def test_an_answer_without_a_page_is_not_our_servers(enrolled: Bench, body: bytes) -> None:
    packed = {"Content-Encoding": "gzip"} if len(body) > 1 else {}
    answer = httpx.Response(200, headers=packed, content=body)
    enrolled.phone.transport = httpx.MockTransport(lambda _: answer)
    with pytest.raises(ProblemError, match=r"net\.bad_answer"):
        await pulled(enrolled)


async def test_of_many_lines_one_is_made_at_a_time() -> None:
    packed = gzip.compress(b"\n" * 4_000_000, mtime=0)

    async def pieces() -> Body:
        yield packed

    answer = httpx.Response(200, headers={"Content-Encoding": "gzip"}, content=pieces())
    tracemalloc.start()
    try:
        assert await anext(bounded.lines_of(answer, 8_000_000)) == b""
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


async def test_a_pull_that_is_called_off_leaves_nothing_open(enrolled: Bench) -> None:
    pulling: list[asyncio.Task[Pulled]] = []

    async def call_off(body: Body) -> Body:
        yield await anext(body)
        pulling[0].cancel()
        async for piece in body:
            yield piece

    Office(enrolled, spoil=call_off)
    pulling.append(asyncio.create_task(pulled(enrolled)))
    with pytest.raises(asyncio.CancelledError):
        await pulling[0]
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}
